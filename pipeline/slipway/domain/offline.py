"""Measurements of candidate, champion and rules on the same held-out week."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from slipway.domain import former_names
from slipway.domain.held_out import Difference, HeldOutMeasurements, Ratio, Segment, typed_parts
from slipway.domain.stability import Chance, Turnover, Worth


@dataclass(frozen=True, slots=True)
class OfflineMeasurements(HeldOutMeasurements):
    """All offline measurements of one candidate; arms are ``candidate``, ``champion``, ``rules``.

    Everything measured against the champion is ``None`` where the line has none
    (``has_champion`` is false). ``seed_spread_*`` are standard deviations over the seeds of a
    recipe's log-loss, relative to that arm's log-loss; ``ndcg_seed_spread`` is that of the
    candidate's NDCG. ``ece`` is the expected calibration error (probability) of each arm.
    ``overlap_floor`` and ``category_mix_floor`` are overlap and distance between seeds of the
    candidate's own recipe; ``category_mix_by_category`` are shares of each category in the lists of
    champion and candidate. Shares, overlaps and distances are fractions in [0, 1].
    ``latency_ratio`` is the paired ratio of medians over the champion.

    ``chance`` is the noise floor by measurement (:class:`Chance`), found with ``refits`` small fits;
    ``moved`` are distances to the champion by the same names. ``turnover`` names the categories and user
    groups whose places changed; ``pairs_won`` and ``pairs_lost`` are shares of (clicked, unclicked)
    pairs of a list that only the candidate, or only the champion, puts in the right order.
    ``recipe_changed`` says that the fit's knobs are not the champion's: a claim to be better;
    ``seeds_unknown`` that the candidate was fitted elsewhere, so that the floor is another model's.

    Raises NotComputable for a number that is not finite.
    """

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
    category_mix_distance: float | None = None
    category_mix_floor: float | None = None
    category_mix_by_category: tuple[tuple[str, float, float], ...] = ()
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

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON, or by an older version."""
        clean = typed_parts(_renamed(raw))
        clean["category_mix_by_category"] = tuple(
            (str(category), float(champion), float(candidate))
            for category, champion, candidate in clean.get("category_mix_by_category", ())
        )
        clean["turnover"] = tuple(Turnover(*item) for item in raw.get("turnover", ()))
        clean["worth"] = Worth(*raw["worth"]) if raw.get("worth") else None
        return cls(**clean)


def _renamed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Fields and distances by their names of today."""
    now = {former_names.OFFLINE.get(name, name): value for name, value in raw.items()}
    for by_name in ("chance", "moved"):
        found = now.get(by_name) or {}
        now[by_name] = {former_names.OFFLINE.get(name, name): v for name, v in found.items()}
    return now
