"""Is the candidate worse than the control, in clicks, in a segment or in a guardrail?

The family's weighted average of e-values (:mod:`pipeline.stats.family`) stops the release at
1 / alpha over the whole release. At every look it also holds each member's own peak: v_k E_k never
exceeds the family, so both together still err with at most alpha.
"""

import math

from pipeline.domain.measurement import LiveMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.verdict import Conclusion, Verdict
from pipeline.gates import members
from pipeline.stats.family import weighted_log_e

NAME = "harm"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when the family's evidence of harm reaches 1 / alpha, else PASS; no data: UNDECIDED."""
    data = members.clicks(m.clicks)
    if not members.exposed(data):
        return members.undecided(NAME, "no exposure of the candidate beside the control yet")
    family = members.family(m, policy)
    now = weighted_log_e([k.process.log_e for k in family], [k.weight for k in family])
    worst = max(family, key=lambda k: k.process.log_peak + math.log(k.weight))
    log_e = max(now, worst.process.log_peak + math.log(worst.weight))
    limit = 1 / policy.alpha
    effect = members.effect("clicks", data, policy, members.clustering(m))
    evidence = (
        members.e_value("harm, whole family", log_e, limit),
        *(members.alarm(k, policy)[1] for k in family if k.weight == policy.primary_weight),
        members.e_value(f"strongest: {worst.name}", worst.process.log_peak, limit / worst.weight),
        *effect,
    )
    on = f"on {members.counted(members.exposed(data))} exposures"
    if log_e >= math.log(limit):
        return Verdict(
            NAME,
            Conclusion.FAIL,
            f"worse than the control in {worst.name}{members.seen(effect)}: evidence "
            f"{evidence[0].estimate:.3g} >= {limit:g} {on}",
            evidence,
        )
    return Verdict(
        NAME,
        Conclusion.PASS,
        f"no harm proven{members.seen(effect)}: evidence {evidence[0].estimate:.3g} < {limit:g} {on}",
        evidence,
    )
