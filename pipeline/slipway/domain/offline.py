"""Measurements of candidate, champion and rules on the same held-out week."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple, Self

from slipway.domain.errors import NotComputable
from slipway.domain.stability import Chance, Turnover, Worth


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
    """Relative log-loss difference to the champion in one segment (``"genre=3"``) of ``rows``."""

    name: str
    mean: float
    se: float
    rows: int


@dataclass(frozen=True, slots=True)
class OfflineMeasurements:
    """All offline measurements of one candidate; arms are ``candidate``, ``champion``, ``rules``.

    Everything measured against the champion is ``None`` where the line has none
    (``has_champion`` is false). ``seed_spread_*`` are standard deviations over the seeds of a
    recipe's log-loss, relative to that arm's log-loss; ``ndcg_seed_spread`` is that of the
    candidate's NDCG. ``ece`` is the expected calibration error (probability) of each arm.
    ``overlap_floor`` and ``genre_mix_floor`` are overlap and distance between seeds of the
    candidate's own recipe. Shares, overlaps and distances are fractions in [0, 1].
    ``latency_ratio`` is the paired ratio of medians over the champion.

    ``chance`` is the noise floor by measurement (:class:`Chance`), found with ``refits`` small fits;
    ``moved`` are distances to the champion by the same names. ``turnover`` names the genres and user
    groups whose places changed; ``pairs_won`` and ``pairs_lost`` are shares of (clicked, unclicked)
    pairs of a list that only the candidate, or only the champion, puts in the right order.
    ``recipe_changed`` says that the fit's knobs are not the champion's: a claim to be better;
    ``seeds_unknown`` that the candidate was fitted elsewhere, so that the floor is another model's.

    Raises NotComputable for a number that is not finite.
    """

    interval_end: datetime
    rows: int
    requests: int
    has_champion: bool
    log_loss: Mapping[str, float]
    ndcg: Mapping[str, float]
    ece: Mapping[str, float]
    log_loss_diff_rules: Difference
    ndcg_diff_rules: Difference
    seed_spread_candidate: float
    parity_rows: int
    parity_mismatches: int
    log_loss_diff_champion: Difference | None = None
    ndcg_diff_champion: Difference | None = None
    seed_spread_champion: float | None = None
    ndcg_seed_spread: float = 0.0
    segments: tuple[Segment, ...] = ()
    top_k_overlap: float | None = None
    overlap_floor: float | None = None
    genre_mix_distance: float | None = None
    genre_mix_floor: float | None = None
    genre_mix_by_genre: tuple[tuple[str, float, float], ...] = ()  # genre, champion, candidate
    churn: float | None = None
    latency_ratio: Ratio | None = None
    calibration_curve: tuple[tuple[float, float, int], ...] = ()  # predicted, clicked, rows
    chance: Mapping[str, Chance] = field(default_factory=dict)
    refits: int = 0
    recipe_changed: bool = False
    seeds_unknown: bool = False
    moved: Mapping[str, float] = field(default_factory=dict)
    turnover: tuple[Turnover, ...] = ()
    pairs_won: float | None = None
    pairs_lost: float | None = None
    worth: Worth | None = None

    def __post_init__(self) -> None:
        for where, number in numbers_in("offline", asdict(self)):
            if not math.isfinite(number):
                raise NotComputable(
                    where,
                    found=number,
                    expected="a finite number",
                    next_step="look at the held-out week; no verdict is given on it",
                )

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self) | {"interval_end": self.interval_end.isoformat()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        clean = dict(raw)
        clean["interval_end"] = datetime.fromisoformat(raw["interval_end"])
        for measure, other in product(("log_loss", "ndcg"), ("rules", "champion")):
            key = f"{measure}_diff_{other}"
            clean[key] = Difference(*raw[key]) if raw.get(key) else None
        clean["segments"] = tuple(Segment(*item) for item in raw.get("segments", ()))
        clean["genre_mix_by_genre"] = tuple(
            (str(genre), float(champion), float(candidate))
            for genre, champion, candidate in raw.get("genre_mix_by_genre", ())
        )
        clean["calibration_curve"] = tuple(
            (float(said), float(seen), int(rows))
            for said, seen, rows in raw.get("calibration_curve", ())
        )
        clean["chance"] = {name: Chance(*part) for name, part in raw.get("chance", {}).items()}
        clean["turnover"] = tuple(Turnover(*item) for item in raw.get("turnover", ()))
        clean["worth"] = Worth(*raw["worth"]) if raw.get("worth") else None
        clean["latency_ratio"] = Ratio(*raw["latency_ratio"]) if raw.get("latency_ratio") else None
        return cls(**clean)


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
