"""Is the champion worse than whom it replaced, or than the rules, since any day of its watch?

Evidence begins again over the watch (:mod:`slipway.evidence.watch`), so that a good first week buys nothing
later, and its error budget alpha is shared over all starts, both comparisons and all segments.
"""

import math
from datetime import UTC, datetime

from slipway.domain.comparison_id import OVER_RULES, PRIMARY
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence import comparisons, watch
from slipway.evidence.family import strongest
from slipway.gates import verdict_parts
from slipway.stats.mixtures import weighted_log_e

NAME = "watch_harm"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when the evidence of harm since some start reaches its share of 1 / alpha; no data: UNDECIDED."""
    clicks = comparisons.compared(m)
    if wait := verdict_parts.waiting(NAME, m, clicks):
        return wait
    everything = watch.click_members(m, policy)
    now = weighted_log_e([k.process.log_e for k in everything], [k.weight for k in everything])
    worst = strongest(everything)
    log_e = max(now, worst.process.log_peak + math.log(worst.weight))
    limit = 1 / policy.alpha
    failed = log_e >= math.log(limit)
    named = worst if failed else everything[0]
    told = watch.since_start(m, policy, named.id)
    effect = verdict_parts.effect(named.id, told.found, policy, comparisons.design_effect(m))
    evidence = (
        verdict_parts.e_value("harm in the watch", log_e, limit),
        verdict_parts.alarm(everything[0], policy)[1],
        verdict_parts.e_value(
            f"strongest: {worst.label}", worst.process.log_peak, limit / worst.weight
        ),
        *effect,
    )
    control = _control(m, over_rules=named.id == OVER_RULES)
    word = (
        f"worse than {control} in {worst.label}" if failed else f"no harm proven beside {control}"
    )
    reason = (
        f"{word} since {datetime.fromtimestamp(told.start_s, UTC):%Y-%m-%d %H:%M}"
        f"{verdict_parts.seen(effect)}: evidence {evidence[0].estimate:.3g} {'>=' if failed else '<'} "
        f"{limit:g}, {watch.planned(policy)} starts share it; {_exposed(m)}"
    )
    return Verdict(NAME, Conclusion.FAIL if failed else Conclusion.PASS, reason, evidence)


def _control(m: LiveMeasurements, *, over_rules: bool) -> str:
    """Beside whom the champion stands."""
    return f"version {m.held_back}" if m.held_back and not over_rules else "the rules"


def _exposed(m: LiveMeasurements) -> str:
    """How many exposures each control had while the champion had some, too."""
    arms = {PRIMARY: comparisons.CONTROL, OVER_RULES: comparisons.RULES}
    beside = arms if m.held_back else {PRIMARY: comparisons.CONTROL}
    shown = (
        f"{verdict_parts.counted(int(m.mature(m.clicks).trials[:, arm].sum()))} of "
        f"{_control(m, over_rules=of == OVER_RULES)}"
        for of, arm in beside.items()
    )
    return f"exposures: {', '.join(shown)}"
