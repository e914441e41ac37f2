"""What the gates judge: measurements of live traffic and of the held-out week."""

from slipway.domain.blocks import Counts, StageUsers, Traffic
from slipway.domain.live import Arrived, LiveMeasurements
from slipway.domain.offline import Difference, OfflineMeasurements, Ratio, Segment
from slipway.domain.past import MeanTotals, Past

__all__ = [
    "Arrived",
    "Counts",
    "Difference",
    "LiveMeasurements",
    "MeanTotals",
    "OfflineMeasurements",
    "Past",
    "Ratio",
    "Segment",
    "StageUsers",
    "Traffic",
]
