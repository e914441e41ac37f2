"""What the gates judge: measurements of live traffic and of the held-out week."""

from pipeline.domain.blocks import Counts, StageUsers, Traffic
from pipeline.domain.live import LiveMeasurements
from pipeline.domain.offline import Difference, OfflineMeasurements, Ratio, Segment
from pipeline.domain.past import MeanTotals, Past

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
