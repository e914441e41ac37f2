"""Is the candidate proven not to be worse than the champion by the margin? Full release needs it."""

import math

from slipway.domain.comparison_id import PRIMARY
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence import comparisons
from slipway.gates import verdict_parts
from slipway.stats.eprocess import non_inferiority

NAME = "non_inferiority"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS when the evidence against "worse by the margin" stands at 1 / beta, else UNDECIDED."""
    clicks = comparisons.compared(m)
    if wait := verdict_parts.waiting(NAME, m, clicks):
        return wait
    design_effect, limit = comparisons.design_effect(m), 1 / policy.beta
    process = non_inferiority(
        clicks.data, margin=policy.margin, design_effect=design_effect, before=clicks.before
    )
    effect = verdict_parts.effect(PRIMARY, clicks, policy, design_effect)
    evidence = verdict_parts.e_value(f"harm of {policy.margin:.0%} excluded", process.log_e, limit)
    proven = process.log_e >= math.log(limit)
    reason = (
        f"{'' if proven else 'not yet '}proven to lose less than {policy.margin:.0%} to the "
        f"champion{verdict_parts.seen(effect)}: evidence {evidence.estimate:.3g}, needs {limit:g}"
    )
    conclusion = Conclusion.PASS if proven else Conclusion.UNDECIDED
    return Verdict(NAME, conclusion, reason, (evidence, *effect))
