"""Is some category of items or group of users left worse off than with the champion?

A segment counts as harmed when its loss is worse by more than the margin and proven worse at all,
with the error shared by all segments (Bonferroni): small segments are noisy, and a panel of many
must not refuse equal models.
"""

from slipway.domain.measurement import Difference, OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import bounded, lower_of, range_of

NAME = "segments"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """FAIL when a segment is harmed, PASS when none is; no segments: UNDECIDED."""
    filled = [segment for segment in m.segments if segment.rows]
    if not filled:
        return Verdict(NAME, Conclusion.UNDECIDED, "no segment was measured")
    evidence = tuple(
        bounded(
            segment.name,
            Difference(segment.mean, segment.se),
            (m.seed_spread_candidate,),
            policy.quality_alpha / len(filled),
            threshold=policy.segment_margin,
        )
        for segment in filled
    )
    harmed = [e for e in evidence if _harmed(e, policy)]
    worst = max(harmed or evidence, key=lambda e: e.estimate)
    reason = (
        f"{len(harmed)} of {len(evidence)} segments harmed; worst {worst.name}: log-loss "
        f"{range_of(worst)} against the champion, margin {100 * policy.segment_margin:g} %"
    )
    return Verdict(NAME, Conclusion.FAIL if harmed else Conclusion.PASS, reason, evidence)


def _harmed(evidence: Evidence, policy: Policy) -> bool:
    return evidence.estimate > policy.segment_margin and lower_of(evidence) > 0
