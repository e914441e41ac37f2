"""Does the candidate answer slowly more often than the control, at p95 or at p99?

How long an answer took is known at once: every request that has arrived is judged. In the watch the control
is the hold-back, and evidence begins again, as that of clicks does.
"""

import math

from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence import watch
from slipway.evidence.family import latencies, slow
from slipway.gates import verdict_parts
from slipway.stats.histogram import LATENCY_EDGES_MS

NAME = "latency"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when answers above one of the champion's reference quantiles are proven more frequent."""
    m, watched = m.without_outcomes(), m.stage is Stage.CHAMPION
    if watched and not m.held_back:
        return verdict_parts.undecided(NAME, "nobody is held back to be as fast as")
    if not m.has_champion:
        return verdict_parts.undecided(NAME, "no champion to be as fast as")
    buckets = slow(m, policy)
    if not buckets:
        return verdict_parts.undecided(
            NAME,
            f"{verdict_parts.counted(m.reference_latency.sum())} champion answers in the reference, "
            f"{policy.latency_min_reference} needed",
        )
    answered = m.latency.sum(axis=1)
    if not answered.all():
        return verdict_parts.undecided(NAME, "no answers of candidate and control to compare yet")
    judged = watch.latencies(m, policy) if watched else latencies(m, policy)
    alarms = [verdict_parts.alarm(member, policy) for member in judged]
    failed = any(alarmed for alarmed, _ in alarms)
    slowest = max(range(len(alarms)), key=lambda k: alarms[k][1].estimate)
    worst, place = alarms[slowest][1], buckets[judged[slowest].id][0]
    shares = m.latency[:, place:].sum(axis=1) / answered
    reason = (
        f"{shares[1]:.2%} of the candidate's answers take "
        f"{LATENCY_EDGES_MS[max(0, place - 1)]:.3g} ms or more, {shares[0]:.2%} of the control's "
        f"({worst.name}): evidence {worst.estimate:.3g}, limit {worst.threshold or math.inf:g}"
    )
    conclusion = Conclusion.FAIL if failed else Conclusion.PASS
    return Verdict(NAME, conclusion, reason, tuple(evidence for _, evidence in alarms))
