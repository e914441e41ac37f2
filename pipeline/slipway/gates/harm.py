"""Is the candidate worse than the control, in clicks, in a segment or in a guardrail?

The family's weighted average of e-values (:mod:`slipway.stats.mixtures`) stops the release at
1 / alpha over the whole release. At every look it also holds each member's own peak: v_k E_k never
exceeds the family, so both together still err with at most alpha.
"""

import math

from slipway.domain.comparison_id import PRIMARY
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence import comparisons
from slipway.evidence.family import family, log_evidence, strongest
from slipway.gates import verdict_parts

NAME = "harm"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when the family's evidence of harm reaches 1 / alpha, else PASS; no data: UNDECIDED."""
    clicks = comparisons.compared(m)
    if wait := verdict_parts.waiting(NAME, m, clicks):
        return wait
    everything = family(m, policy)
    worst, primary = strongest(everything), everything[0]
    log_e = log_evidence(everything)
    limit = 1 / policy.alpha
    effect = verdict_parts.effect(PRIMARY, clicks, policy, comparisons.design_effect(m))
    evidence = (
        verdict_parts.e_value("harm, whole family", log_e, limit),
        verdict_parts.alarm(primary, policy)[1],
        verdict_parts.e_value(
            f"strongest: {worst.label}", worst.process.log_peak, limit / worst.weight
        ),
        *effect,
    )
    on = f"on {verdict_parts.counted(clicks.exposed)} exposures"
    if log_e >= math.log(limit):
        return Verdict(
            NAME,
            Conclusion.FAIL,
            f"worse than the control in {worst.label}{verdict_parts.seen(effect)}: evidence "
            f"{evidence[0].estimate:.3g} >= {limit:g} {on}",
            evidence,
        )
    return Verdict(
        NAME,
        Conclusion.PASS,
        f"no harm proven{verdict_parts.seen(effect)}: evidence {evidence[0].estimate:.3g} < {limit:g} {on}",
        evidence,
    )
