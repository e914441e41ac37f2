"""Measurements of candidate, champion and rules that give one answer a request, on the same rows."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from slipway.domain.errors import NotComputable
from slipway.domain.offline import Difference, Ratio, Segment, numbers_in
from slipway.domain.stability import Chance


class SegmentBias(NamedTuple):
    """Mean answer over mean outcome, less 1, in one segment of ``rows``: of both models."""

    name: str
    champion: float
    candidate: float
    rows: int


@dataclass(frozen=True, slots=True)
class PredictionMeasurements:
    """All offline measurements of one candidate; arms are ``candidate``, ``champion``, ``rules``.

    ``outcome`` is the primary outcome's name, ``loss_name`` how it is scored. ``loss`` is the mean loss
    of each arm, ``miscalibration`` the expected calibration error (binary, in probability) or
    |mean answer / mean outcome - 1|. ``details`` are further numbers by name and arm, for people.
    ``shift`` is how far candidate and champion lie apart (0 to 1), ``flips`` the share of decisions at
    ``threshold`` that are others; ``chance`` the noise floor by name (:class:`Chance`), of the loss
    relative, found with ``refits`` small fits. What is measured against the champion is ``None``
    without one. Raises NotComputable for a number that is not finite.
    """

    interval_end: datetime
    rows: int
    users: int
    has_champion: bool
    outcome: str
    loss_name: str
    loss: Mapping[str, float]
    miscalibration: Mapping[str, float]
    loss_diff_rules: Difference
    parity_rows: int
    parity_mismatches: int
    seed_spread_candidate: float = 0.0
    loss_diff_champion: Difference | None = None
    seed_spread_champion: float | None = None
    segments: tuple[Segment, ...] = ()
    biases: tuple[SegmentBias, ...] = ()
    details: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shift: float | None = None
    flips: float | None = None
    threshold: float | None = None
    chance: Mapping[str, Chance] = field(default_factory=dict)
    refits: int = 0
    recipe_changed: bool = False
    seeds_unknown: bool = False
    latency_ratio: Ratio | None = None
    calibration_curve: tuple[tuple[float, float, int], ...] = ()

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
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self) | {"interval_end": self.interval_end.isoformat()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        clean = dict(raw)
        clean["interval_end"] = datetime.fromisoformat(raw["interval_end"])
        for name in ("loss_diff_rules", "loss_diff_champion"):
            clean[name] = Difference(*raw[name]) if raw.get(name) else None
        clean["segments"] = tuple(Segment(*item) for item in raw["segments"])
        clean["biases"] = tuple(SegmentBias(*item) for item in raw["biases"])
        clean["chance"] = {name: Chance(*part) for name, part in raw["chance"].items()}
        clean["latency_ratio"] = Ratio(*raw["latency_ratio"]) if raw["latency_ratio"] else None
        clean["calibration_curve"] = tuple(
            (float(said), float(seen), int(rows)) for said, seen, rows in raw["calibration_curve"]
        )
        return cls(**clean)
