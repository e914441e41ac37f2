"""Is harm excluded on working days, and on weekends, each by itself? Full release needs both.

A candidate that gains on working days and loses on weekends passes any four days from Monday on, and
the loss of two days in seven hides in the margin of a week. No day speaks for the other kind.
"""

import math

from slipway.domain.comparison_id import ComparisonId
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence import comparisons
from slipway.gates import verdict_parts
from slipway.stats.eprocess import non_inferiority

NAME = "kinds_of_day"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS when the evidence against the harm stands at ``day_e`` on both kinds, else UNDECIDED."""
    if wait := verdict_parts.waiting(NAME, m, comparisons.compared(m)):
        return wait
    kinds = {of.label: _excluded(m, policy, of) for of in comparisons.KINDS_OF_DAY}
    open_ = [name for name, log_e in kinds.items() if log_e < math.log(policy.day_e)]
    evidence = tuple(
        verdict_parts.e_value(
            f"harm of {policy.day_harm_excluded:.0%} excluded, {name}", log_e, policy.day_e
        )
        for name, log_e in kinds.items()
    )
    e_values = ", ".join(
        f"{name} {e.estimate:.3g}" for name, e in zip(kinds, evidence, strict=True)
    )
    reason = (
        f"harm of {policy.day_harm_excluded:.0%} is {'not yet ' if open_ else ''}excluded in "
        f"{' and in '.join(open_ or kinds)}: evidence {e_values}; each needs {policy.day_e:g}"
    )
    conclusion = Conclusion.UNDECIDED if open_ else Conclusion.PASS
    return Verdict(NAME, conclusion, reason, evidence)


def _excluded(m: LiveMeasurements, policy: Policy, kind: ComparisonId) -> float:
    """Log-evidence against the harm on one kind of day; 0 where none was seen."""
    seen = comparisons.compared(m, kind)
    process = non_inferiority(
        seen.data,
        margin=policy.day_harm_excluded,
        design_effect=comparisons.design_effect(m),
        before=seen.before,
    )
    return process.log_e
