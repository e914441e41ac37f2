"""What the gates judge: measurements of live traffic and of the held-out week."""

from pipeline.domain.blocks import Counts, StageUsers, Traffic
from pipeline.domain.live import LiveMeasurements
from pipeline.domain.offline import Difference, OfflineMeasurements, Ratio, Segment

__all__ = [
    "Counts",
    "Difference",
    "LiveMeasurements",
    "OfflineMeasurements",
    "Ratio",
    "Segment",
    "StageUsers",
    "Traffic",
]
