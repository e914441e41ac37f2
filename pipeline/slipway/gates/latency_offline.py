"""Is the candidate as fast as the champion on the same rows, measured in turns?"""

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import needed

NAME = "latency_offline"


def judge(m: OfflineMeasurements | PredictionMeasurements, policy: Policy) -> Verdict:
    """FAIL when the ratio of medians is proven above the limit, PASS when proven within."""
    ratio = needed(m.latency_ratio, "latency_ratio")
    limit = policy.latency_ratio_max
    evidence = Evidence(
        "latency, candidate over champion", ratio.median, "ratio", ratio.lower, ratio.upper, limit
    )
    reason = (
        f"scoring takes {ratio.median:.2f} x the champion's time ({ratio.lower:.2f} to "
        f"{ratio.upper:.2f}), {limit:g} x allowed"
    )
    if not 0 < ratio.lower <= ratio.upper:
        conclusion, reason = Conclusion.UNDECIDED, f"no usable timing: {reason}"
    elif ratio.upper <= limit:
        conclusion = Conclusion.PASS
    else:
        conclusion = Conclusion.FAIL if ratio.lower > limit else Conclusion.UNDECIDED
    return Verdict(NAME, conclusion, reason, (evidence,))
