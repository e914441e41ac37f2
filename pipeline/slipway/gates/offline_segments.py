"""Does some segment lose by the candidate, beside the champion?"""

from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Verdict
from slipway.gates.offline_verdicts import segments_verdict

NAME = "offline_segments"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """FAIL when a segment is harmed, PASS when none is; no segments: UNDECIDED."""
    segments = m.segments if m.rows else ()
    return segments_verdict(NAME, m.loss_name, segments, m.seed_spread_candidate, policy)
