"""What measurements on held-out rows are made of, whatever the kind of line."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from slipway.domain.errors import NotComputable
from slipway.domain.stability import Chance


class Difference(NamedTuple):
    """A relative difference (candidate - other) / other and its standard error.

    For a loss negative is better; for NDCG positive is better.
    """

    mean: float
    se: float


class Ratio(NamedTuple):
    """A ratio candidate / other with its confidence bounds."""

    median: float
    lower: float
    upper: float


class Segment(NamedTuple):
    """Relative log-loss difference to the champion in one segment (``"category=3"``) of ``rows``."""

    name: str
    mean: float
    se: float
    rows: int


@dataclass(frozen=True, slots=True)
class HeldOutMeasurements:
    """Measurements of a candidate on ``rows`` held-out rows of the interval that ends at ``interval_end``.

    Raises NotComputable for a number that is not finite.
    """

    interval_end: datetime
    rows: int

    def __post_init__(self) -> None:
        for where, number in numbers_in("offline", asdict(self)):
            if not math.isfinite(number):
                raise NotComputable(
                    where,
                    found=number,
                    expected="a finite number",
                    next_step="look at the held-out rows; no verdict is given on them",
                )

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; ``from_dict`` reads it back."""
        return asdict(self) | {"interval_end": self.interval_end.isoformat()}


def typed_parts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """``raw`` with the parts that all kinds of measurements have in their types."""
    curve, ratio = raw.get("calibration_curve", ()), raw.get("latency_ratio")
    differences = {
        name: Difference(*value) if value else None
        for name, value in raw.items()
        if "_diff_" in name
    }
    return {
        **raw,
        **differences,
        "interval_end": datetime.fromisoformat(raw["interval_end"]),
        "segments": tuple(Segment(*item) for item in raw.get("segments", ())),
        "chance": {name: Chance(*part) for name, part in raw.get("chance", {}).items()},
        "latency_ratio": Ratio(*ratio) if ratio else None,
        "calibration_curve": tuple((float(x), float(y), int(rows)) for x, y, rows in curve),
    }


def numbers_in(where: str, value: object) -> Iterator[tuple[str, float]]:
    """Every number inside ``value`` with the path to it."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from numbers_in(f"{where}.{key}", part)
    elif isinstance(value, tuple | list):
        for place, part in enumerate(value):
            yield from numbers_in(f"{where}[{place}]", part)
    elif isinstance(value, int | float):
        yield where, float(value)
