"""What the gates judge: measurements of live traffic and of the held-out week."""

from slipway.domain.accumulated_evidence import AccumulatedEvidence, MeanTotals
from slipway.domain.blocks import Counts, StageUsers, Traffic
from slipway.domain.held_out import Difference, Ratio, Segment
from slipway.domain.live import Arrived, LiveMeasurements
from slipway.domain.offline import OfflineMeasurements

__all__ = [
    "AccumulatedEvidence",
    "Arrived",
    "Counts",
    "Difference",
    "LiveMeasurements",
    "MeanTotals",
    "OfflineMeasurements",
    "Ratio",
    "Segment",
    "StageUsers",
    "Traffic",
]
