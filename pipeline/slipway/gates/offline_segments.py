"""Does some segment lose by the candidate, beside the champion?

A segment counts as harmed when its loss is worse by more than the margin and proven worse at all, with
the error shared by all segments (Bonferroni).
"""

from slipway.domain.measurement import Difference
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates.offline import bounded, lower_of, range_of

NAME = "offline_segments"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """FAIL when a segment is harmed, PASS when none is; no segments: UNDECIDED."""
    filled = [segment for segment in m.segments if segment.rows]
    if not filled or not m.rows:
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
    harmed = [e for e in evidence if e.estimate > policy.segment_margin and lower_of(e) > 0]
    worst = max(harmed or evidence, key=lambda e: e.estimate)
    reason = (
        f"{len(harmed)} of {len(evidence)} segments harmed; worst {worst.name}: {m.loss_name} "
        f"{range_of(worst)} against the champion, margin {100 * policy.segment_margin:g} %"
    )
    return Verdict(NAME, Conclusion.FAIL if harmed else Conclusion.PASS, reason, evidence)
