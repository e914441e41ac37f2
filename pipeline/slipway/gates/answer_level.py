"""Do outcomes come as high, or as often, as the candidate answers?"""

from slipway.domain.errors import NotComputable
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.release import Arm
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.stats.losses import LOG_LOSS

NAME = "answer_level"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """PASS when calibration error (binary) or bias is within the margin, else FAIL."""
    if Arm.CANDIDATE not in m.miscalibration:
        raise NotComputable(
            "offline.miscalibration",
            found=sorted(m.miscalibration),
            expected="the candidate's",
            next_step="measure it on the held-out rows",
        )
    error, binary = m.miscalibration[Arm.CANDIDATE], m.loss_name == LOG_LOSS
    limit = policy.calibration_margin if binary else policy.bias_margin
    unit = "probability" if binary else "of the mean outcome"
    evidence = Evidence("miscalibration", error, unit, threshold=limit)
    if not m.rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no held-out rows", (evidence,))
    what = "predictions are off" if binary else f"the mean answer for {m.outcome} is off"
    reason = f"{error:.4f} on average" if binary else f"{error:.2%} of the mean outcome"
    conclusion = Conclusion.PASS if error <= limit else Conclusion.FAIL
    return Verdict(NAME, conclusion, f"{what} by {reason}, {limit:g} allowed", (evidence,))
