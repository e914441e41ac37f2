"""Does the served model answer what the fitted one does?"""

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Evidence, Verdict

NAME = "parity"


def judge(m: OfflineMeasurements | PredictionMeasurements, policy: Policy) -> Verdict:  # noqa: ARG001 - exact: no threshold
    """PASS when every row compared agrees; no rows: UNDECIDED."""
    evidence = Evidence("rows that differ", m.parity_mismatches, "rows", threshold=0)
    if not m.parity_rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no row was compared", (evidence,))
    reason = f"{m.parity_mismatches} of {m.parity_rows} rows differ between served and fitted"
    conclusion = Conclusion.FAIL if m.parity_mismatches else Conclusion.PASS
    return Verdict(NAME, conclusion, reason, (evidence,))
