"""The part of a release that was judged before: all its evidence, in sums that later blocks add to.

What a look costs follows from what is new, not from the age of the release.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.domain.blocks import Ints, check, whole
from slipway.domain.comparison_id import ComparisonId
from slipway.domain.errors import NotComputable
from slipway.stats.histogram import BUCKETS

Floats = NDArray[np.float64]

NOBODY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class ArmUsers(NamedTuple):
    """Impressions of an arm: all logged ones, those beyond users' caps, the heaviest user's, and nobody's.

    Nothing yet: all zero. Those without a user's id are nobody's.
    """

    impressions: float = 0.0
    beyond: float = 0.0
    heaviest: float = 0.0
    unnamed: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class AccumulatedEvidence:
    """Sums of every block that began before ``until_s`` (POSIX seconds).

    ``sums`` holds float64[W] of ``slipway.stats.ratio_sums`` by comparison, ``peaks`` the largest
    log-evidence of one at the end of any block. ``exposures`` are the candidate's
    by stage. ``requests`` and ``fallbacks`` int64[2] and ``latency`` int64[2, K] are totals of
    control and candidate. ``users`` are sums over control users u of 1, N, C, N^2, N C and C^2.
    ``candidate_users`` are those sums of the candidate's users; ``heavy`` is of control and candidate.
    ``hours`` int64[H, 3] are an hour's start (POSIX seconds) and the requests of control and candidate.
    ``trail`` float64[T, 3] has the end of each folded time (POSIX seconds), log-evidence of harm and
    of non-inferiority.
    """

    until_s: int = 0
    sums: Mapping[ComparisonId, Floats] = field(default_factory=dict)
    peaks: Mapping[ComparisonId, float] = field(default_factory=dict)
    exposures: Mapping[str, int] = field(default_factory=dict)
    requests: Ints = field(default_factory=lambda: np.zeros(2, np.int64))
    fallbacks: Ints = field(default_factory=lambda: np.zeros(2, np.int64))
    latency: Ints = field(default_factory=lambda: np.zeros((2, BUCKETS), np.int64))
    users: tuple[float, ...] = NOBODY
    candidate_users: tuple[float, ...] = NOBODY
    heavy: tuple[ArmUsers, ArmUsers] = (ArmUsers(), ArmUsers())
    trail: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    hours: Ints = field(default_factory=lambda: np.zeros((0, 3), np.int64))

    def __post_init__(self) -> None:
        for name, shape in (("requests", (2,)), ("fallbacks", (2,)), ("latency", (2, BUCKETS))):
            found = np.asarray(getattr(self, name))
            check(found.shape == shape, f"past.{name}", found.shape, f"of shape {shape}")
            object.__setattr__(self, name, whole(f"past.{name}", found, shape))
        sums = {name: finite(f"past.sums.{name}", part) for name, part in self.sums.items()}
        object.__setattr__(self, "sums", sums)
        object.__setattr__(self, "trail", finite("past.trail", self.trail).reshape(-1, 3))
        object.__setattr__(self, "hours", whole("past.hours", self.hours, (None, 3)))
        finite("past.peaks", list(self.peaks.values()))
        for name in ("users", "candidate_users"):
            sums_of = getattr(self, name)
            finite(f"past.{name}", sums_of)
            check(len(sums_of) == len(NOBODY), f"past.{name}", len(sums_of), "six sums")
        finite("past.heavy", self.heavy)
        whole("past.exposures", list(self.exposures.values()), (None,))
        whole("past.until_s", [self.until_s], (1,))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        raw = {item.name: getattr(self, item.name) for item in fields(self)}
        raw["sums"] = {str(of): part.tolist() for of, part in self.sums.items()}
        raw["peaks"] = {str(of): peak for of, peak in self.peaks.items()}
        for name in ("requests", "fallbacks", "latency", "trail", "hours"):
            raw[name] = raw[name].tolist()
        users = {name: list(getattr(self, name)) for name in ("users", "candidate_users")}
        return raw | users | {"heavy": [list(arm) for arm in self.heavy], "keyed_by": "id"}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON, and before there were ids."""
        clean = {**raw, "users": tuple(raw["users"])}
        clean["candidate_users"] = tuple(raw.get("candidate_users", NOBODY))
        heavy = raw.get("heavy", ((), ()))  # looks of before users had caps
        clean["heavy"] = tuple(ArmUsers(*arm) for arm in heavy)
        read = ComparisonId.parse if clean.pop("keyed_by", None) else ComparisonId.of_label
        for name in ("sums", "peaks"):
            clean[name] = {read(text): part for text, part in raw[name].items()}
        return cls(**clean)


@dataclass(frozen=True, slots=True)
class MeanTotals:
    """A declared mean, candidate beside control: sums of ``slipway.stats.means`` over the release.

    Of blocks: ``lists`` of the candidate, ``weight``, ``difference``, ``history`` and ``level``. Of
    control users: ``yy``, ``yc``, ``cc``, ``control_lists`` and ``users``, and the same of the candidate's,
    off their own arm's blocks. ``capped`` are users' hours of either arm with more than counts. Nothing
    yet: all zero.
    """

    lists: float = 0.0
    weight: float = 0.0
    difference: float = 0.0
    history: float = 0.0
    level: float = 0.0
    yy: float = 0.0
    yc: float = 0.0
    cc: float = 0.0
    control_lists: float = 0.0
    users: float = 0.0
    candidate_yy: float = 0.0
    candidate_yc: float = 0.0
    candidate_cc: float = 0.0
    candidate_lists: float = 0.0
    candidate_users: float = 0.0
    capped: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            finite(f"mean.{item.name}", [getattr(self, item.name)])


def finite(where: str, values: ArrayLike) -> Floats:
    """``values`` as float64; raises NotComputable for NaN or infinity."""
    found = np.asarray(values, dtype=np.float64)
    if not np.isfinite(found).all():
        raise NotComputable(
            where,
            found="NaN or infinite",
            expected="finite numbers",
            next_step="rebuild the evidence from the rollups; no verdict is given on it",
        )
    return found
