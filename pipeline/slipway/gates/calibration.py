"""Do clicks happen as often as the candidate predicts?"""

from slipway.domain.errors import NotComputable
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Arm
from slipway.domain.verdict import Conclusion, Evidence, Verdict

NAME = "calibration"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS when the expected calibration error is within the margin, else FAIL."""
    if Arm.CANDIDATE not in m.ece:
        raise NotComputable(
            "offline.ece",
            found=sorted(m.ece),
            expected="the candidate's calibration error",
            next_step="measure it on the held-out week",
        )
    error = m.ece[Arm.CANDIDATE]
    evidence = Evidence(
        "expected calibration error", error, "probability", threshold=policy.calibration_margin
    )
    reason = f"predictions are off by {error:.4f} on average, {policy.calibration_margin:g} allowed"
    if not m.rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no held-out rows", (evidence,))
    conclusion = Conclusion.PASS if error <= policy.calibration_margin else Conclusion.FAIL
    return Verdict(NAME, conclusion, reason, (evidence,))
