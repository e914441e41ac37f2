"""Is the candidate better than anybody would believe? Then something is broken until explained.

Gains of that size are double counted clicks, robots, or an arm that shows the control's misses.
"""

import math

from slipway.domain.comparison_id import PRIMARY
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence import comparisons
from slipway.gates import verdict_parts
from slipway.stats.eprocess import mixture

NAME = "too_good_live"

BEYOND = (1.1, 1.5)
"""Looked for: gains a tenth and a half again above the cap."""


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when a gain above ``too_good_live`` is proven at 1 / alpha, else PASS."""
    clicks = comparisons.compared(m)
    if wait := verdict_parts.waiting(NAME, m, clicks):
        return wait
    cap, design_effect, limit = (
        1 + policy.too_good_live,
        comparisons.design_effect(m),
        1 / policy.alpha,
    )
    process = mixture(
        clicks.data,
        null_ratio=cap,
        ratios=[cap * step for step in BEYOND],
        weights=[1 / len(BEYOND)] * len(BEYOND),
        design_effect=design_effect,
        before=clicks.before,
    )
    effect = verdict_parts.effect(PRIMARY, clicks, policy, design_effect)
    evidence = verdict_parts.e_value(f"gain above {policy.too_good_live:.0%}", process.log_e, limit)
    failed = process.log_e >= math.log(limit)
    word = "too good to be true until explained" if failed else "no unbelievable gain"
    reason = (
        f"{word}{verdict_parts.seen(effect)}: evidence of more than {policy.too_good_live:+.0%} is "
        f"{evidence.estimate:.3g}, limit {limit:g}"
    )
    return Verdict(
        NAME, Conclusion.FAIL if failed else Conclusion.PASS, reason, (evidence, *effect)
    )
