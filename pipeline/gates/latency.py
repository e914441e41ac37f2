"""Does the candidate answer slowly more often than the control, on live traffic?"""

from pipeline.domain.measurement import LiveMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.verdict import Conclusion, Verdict
from pipeline.gates import members
from pipeline.stats.exceedance import threshold_bucket
from pipeline.stats.histogram import LATENCY_EDGES_MS

NAME = "latency"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when answers above the champion's reference quantile are proven more frequent."""
    member = members.latency(m, policy)
    answered = m.traffic.latency.sum(axis=(0, 2))
    if not m.has_champion:
        return members.undecided(NAME, "no champion to be as fast as")
    if member is None:
        return members.undecided(
            NAME,
            f"{members.counted(m.reference_latency.sum())} champion answers in the reference, "
            f"{policy.latency_min_reference} needed",
        )
    if not answered.all():
        return members.undecided(NAME, "no answers of candidate and control to compare yet")
    failed, evidence = members.alarm(member, policy)
    place = threshold_bucket(m.reference_latency, policy.latency_quantile)
    limit_ms = LATENCY_EDGES_MS[max(0, place - 1)]
    slow = m.traffic.latency[:, :, place:].sum(axis=(0, 2)) / answered
    reason = (
        f"{slow[1]:.2%} of the candidate's answers take {limit_ms:.3g} ms or more, {slow[0]:.2%} of "
        f"the control's: evidence {evidence.estimate:.3g}, limit {evidence.threshold:g}"
    )
    return Verdict(NAME, Conclusion.FAIL if failed else Conclusion.PASS, reason, (evidence,))
