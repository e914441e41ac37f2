"""Is enough harm excluded to show the candidate to more users?

One e-process over all stages of the release: what an early stage learned counts in the next.
"""

import math

from slipway.domain.comparison_id import PRIMARY
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence import comparisons
from slipway.gates import verdict_parts
from slipway.stats.eprocess import non_inferiority

NAME = "stage_evidence"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS when harm of the stage's size is excluded on enough exposures, else UNDECIDED."""
    rule, clicks = policy.rule(m.stage), comparisons.compared(m)
    if wait := verdict_parts.waiting(NAME, m, clicks):
        return wait
    design_effect = comparisons.design_effect(m)
    process = non_inferiority(
        clicks.data, margin=rule.harm_excluded, design_effect=design_effect, before=clicks.before
    )
    effect = verdict_parts.effect(PRIMARY, clicks, policy, design_effect)
    here = m.exposures_in_stage()
    evidence = (
        verdict_parts.e_value(
            f"harm of {rule.harm_excluded:.0%} excluded", process.log_e, policy.advance_e
        ),
        Evidence("exposures in stage", here, "exposures", threshold=policy.min_exposures),
        *effect,
    )
    enough = here >= policy.min_exposures
    proven = process.log_e >= math.log(policy.advance_e)
    reason = (
        f"harm of {rule.harm_excluded:.0%} {'is' if proven else 'is not yet'} excluded"
        f"{verdict_parts.seen(effect)}: evidence {evidence[0].estimate:.3g}, needs {policy.advance_e:g}; "
        f"{verdict_parts.counted(here)} of {verdict_parts.counted(policy.min_exposures)} exposures in this stage"
    )
    conclusion = Conclusion.PASS if proven and enough else Conclusion.UNDECIDED
    return Verdict(NAME, conclusion, reason, evidence)
