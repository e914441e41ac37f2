"""Is every guardrail proven safe? Full release is intersection-union: each at full beta, no less.

Not to have proven harm is not enough there: errors must be proven below their limit, slow answers
not more frequent by ``latency_margin``, and every declared mean not worse by its margin.
"""

import math

from slipway.domain.comparison_id import ERRORS
from slipway.domain.comparison_id import mean as of_mean
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence.family import mean_evidence, means_of, slow
from slipway.gates import verdict_parts
from slipway.stats import means, rate
from slipway.stats.mixtures import NI_WEIGHTS
from slipway.stats.rate import not_slower

NAME = "guardrails"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS when every guardrail's evidence of safety stands at 1 / beta, else UNDECIDED."""
    proofs = {ERRORS: _errors(m, policy)}
    latency = slow(m, policy)
    if not latency or not m.latency.sum(axis=1).all():
        return verdict_parts.undecided(NAME, "no answers of candidate and champion to compare yet")
    for of, (_, found) in latency.items():
        proofs[of] = not_slower(found.data, limit=policy.latency_margin, before=found.before).log_e
    for mean in means_of(m, policy):
        evidence = mean_evidence(m, mean, policy)
        proofs[of_mean(mean.name)] = (
            means.non_inferiority(evidence, margin=mean.margin, weights=NI_WEIGHTS)
            if evidence is not None
            else 0.0
        )
    limit = 1 / policy.beta
    shown = tuple(
        verdict_parts.e_value(f"{of.label} is safe", e, limit) for of, e in proofs.items()
    )
    open_ones = [of.label for of, log_e in proofs.items() if log_e < math.log(limit)]
    if open_ones:
        weakest = min(shown, key=lambda item: item.estimate)
        reason = (
            f"not yet proven safe: {', '.join(open_ones)} "
            f"(least evidence {weakest.estimate:.3g}, needs {limit:g})"
        )
        return verdict_parts.undecided(NAME, reason, *shown)
    return Verdict(
        NAME, Conclusion.PASS, f"proven safe: {', '.join(of.label for of in proofs)}", shown
    )


def _errors(m: LiveMeasurements, policy: Policy) -> float:
    return rate.below(
        m.traffic.requests[:, 1],
        m.traffic.fallbacks[:, 1],
        limit=policy.max_error_rate,
        before=(float(m.past.requests[1]), float(m.past.fallbacks[1])),
    ).log_e
