"""Is the candidate proven better than the hand-written rules on live traffic?"""

import math

from slipway.domain.comparison_id import OVER_RULES
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence import comparisons
from slipway.gates import verdict_parts
from slipway.stats.eprocess import superiority

NAME = "beats_rules_live"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS when the evidence against "not better than the rules" stands at 1 / beta."""
    clicks = comparisons.compared(m, OVER_RULES)
    if wait := verdict_parts.waiting(NAME, m, clicks):
        return wait
    design_effect, limit = comparisons.design_effect(m), 1 / policy.beta
    process = superiority(
        clicks.data,
        effects=policy.harm_effects,
        weights=policy.harm_weights,
        design_effect=design_effect,
        before=clicks.before,
    )
    effect = verdict_parts.effect(OVER_RULES, clicks, policy, design_effect)
    evidence = verdict_parts.e_value("better than the rules", process.log_e, limit)
    proven = process.log_e >= math.log(limit)
    reason = (
        f"{'' if proven else 'not yet '}proven better than the rules{verdict_parts.seen(effect)}: "
        f"evidence {evidence.estimate:.3g}, needs {limit:g}"
    )
    conclusion = Conclusion.PASS if proven else Conclusion.UNDECIDED
    return Verdict(NAME, conclusion, reason, (evidence, *effect))
