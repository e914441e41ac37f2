"""Measurements of candidate, champion and rules that give one answer a request, on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from slipway.domain.held_out import Difference, HeldOutMeasurements, Ratio, Segment, typed_parts
from slipway.domain.stability import Chance


class SegmentBias(NamedTuple):
    """Mean answer over mean outcome, less 1, in one segment of ``rows``: of both models."""

    name: str
    champion: float
    candidate: float
    rows: int


@dataclass(frozen=True, slots=True)
class PredictionMeasurements(HeldOutMeasurements):
    """All offline measurements of one candidate; arms are ``candidate``, ``champion``, ``rules``.

    ``outcome`` is the primary outcome's name, ``loss_name`` how it is scored. ``loss`` is the mean loss
    of each arm, ``miscalibration`` the expected calibration error (binary, in probability) or
    |mean answer / mean outcome - 1|. ``details`` are further numbers by name and arm, for people.
    ``shift`` is how far candidate and champion lie apart (0 to 1), ``flips`` the share of decisions at
    ``threshold`` that are others; ``chance`` the noise floor by name (:class:`Chance`), of the loss
    relative, found with ``refits`` small fits. What is measured against the champion is ``None``
    without one. Raises NotComputable for a number that is not finite.
    """

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

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        clean = typed_parts(raw)
        clean["biases"] = tuple(SegmentBias(*item) for item in raw["biases"])
        return cls(**clean)
