"""Is some category of items or group of users left worse off than with the champion?"""

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Verdict
from slipway.gates.offline_verdicts import segments_verdict

NAME = "segments"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """FAIL when a segment is harmed, PASS when none is; no segments: UNDECIDED."""
    return segments_verdict(NAME, "log-loss", m.segments, m.seed_spread_candidate, policy)
