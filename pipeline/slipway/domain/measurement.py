"""What the gates judge: measurements of live traffic and of the held-out week."""

from slipway.domain.blocks import Counts, StageUsers, Traffic
from slipway.domain.live import LiveMeasurements
from slipway.domain.offline import Difference, OfflineMeasurements, Ratio, Segment
from slipway.domain.past import MeanTotals, Past

__all__ = [
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
