"""Sufficient statistics of live traffic in blocks, as numpy arrays.

A block is 5 minutes of request time x the stage in force. Arms never share a sum across blocks, so
a drift that both arms see cannot pass for an effect.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.domain.errors import NotComputable
from slipway.domain.stage import Stage
from slipway.stats.histogram import BUCKETS

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Words = NDArray[np.str_]

BLOCK_MINUTES = 5
BLOCK_S = 60 * BLOCK_MINUTES
DAY_S = 86_400
MONDAY_TO_FRIDAY, WEEK, THURSDAY = 5, 7, 3
"""Days; the POSIX epoch was a Thursday, the day 3 of a week from Monday on."""


def whole(where: str, values: ArrayLike, shape: tuple[int | None, ...]) -> Ints:
    """``values`` as whole counts of ``shape`` (None: any length); raises NotComputable."""
    sizes = [-1 if n is None else n for n in shape]
    if isinstance(values, np.ndarray) and values.dtype == np.int64 and not (values < 0).any():
        return values.reshape(sizes)
    raw = np.asarray(values, dtype=np.float64).reshape(sizes)
    if not np.isfinite(raw).all() or (raw < 0).any() or (raw != np.floor(raw)).any():
        raise NotComputable(
            where,
            found="NaN, infinite, negative or broken counts",
            expected="whole numbers >= 0",
            next_step="rebuild the rollup; no verdict is given on it",
        )
    return raw.astype(np.int64)


def check(holds: bool, where: str, found: object, expected: str) -> None:
    """Raise NotComputable at ``where`` unless ``holds``."""
    if not holds:
        raise NotComputable(
            where, found=found, expected=expected, next_step="rebuild the rollup of this release"
        )


def check_order(where: str, start_s: Ints, stage: Words) -> None:
    """Raise NotComputable unless blocks come in order of time, each (start, stage) once."""
    step = np.diff(start_s)
    check(bool((step >= 0).all()), f"{where}.start_s", "unsorted", "sorted")
    if (step == 0).any():
        distinct = len(set(zip(start_s.tolist(), stage.tolist(), strict=True)))
        check(distinct == len(stage), f"{where}.start_s", "a block twice", "each block once")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Trials (exposed items) and successes (clicks in time) of B blocks, in order of time.

    ``start_s`` int64[B] POSIX seconds, ``stage`` str[B], ``trials`` and ``successes`` int64[B, 3]
    with the arms control, candidate, rules. Raises NotComputable for counts that cannot be.
    """

    ARMS: ClassVar[tuple[str, ...]] = ("control", "candidate", "rules")
    start_s: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    stage: Words = field(default_factory=lambda: np.zeros(0, np.str_))
    trials: Ints = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    successes: Ints = field(default_factory=lambda: np.zeros((0, 3), np.int64))

    def __post_init__(self) -> None:
        blocks = len(np.asarray(self.start_s))
        object.__setattr__(self, "start_s", whole("counts.start_s", self.start_s, (None,)))
        object.__setattr__(self, "stage", np.asarray(self.stage, dtype=np.str_).reshape(-1))
        for name in ("trials", "successes"):
            value = whole(f"counts.{name}", getattr(self, name), (None, 3))
            check(len(value) == blocks, f"counts.{name}", len(value), f"{blocks} blocks")
            object.__setattr__(self, name, value)
        check(len(self.stage) == blocks, "counts.stage", len(self.stage), f"{blocks} blocks")
        check_order("counts", self.start_s, self.stage)
        worst = int((self.successes - self.trials).max(initial=0))
        check(worst <= 0, "counts.successes", f"{worst} above the trials", "<= trials")

    @classmethod
    def from_long(
        cls,
        start_s: ArrayLike,
        stage: ArrayLike,
        arm: ArrayLike,
        trials: ArrayLike,
        successes: ArrayLike,
    ) -> Self:
        """Pivot N long rows; ``arm`` holds places in :attr:`ARMS`. Equal cells add up."""
        keys, place = _block_keys(start_s, stage)
        return cls(
            keys["start"],
            keys["stage"],
            _pivot(place, arm, trials, len(keys), 3),
            _pivot(place, arm, successes, len(keys), 3),
        )

    @classmethod
    def of_parts(
        cls,
        part: ArrayLike,
        start_s: ArrayLike,
        stage: ArrayLike,
        arm: ArrayLike,
        trials: ArrayLike,
        successes: ArrayLike,
    ) -> list[Self]:
        """As :meth:`from_long` for the parts 0, 1, ... of the rows; blocks without trials are left out."""
        keys, place = _block_keys(start_s, stage)
        of = np.asarray(part, dtype=np.int64)
        parts, counts = int(of.max(initial=-1)) + 1, np.stack((trials, successes), axis=-1)
        cells = _pivot(of * len(keys) + place, arm, counts, parts * len(keys), 3)
        found = []
        for rows in cells.reshape(parts, len(keys), 3, 2):
            there = rows[..., 0].any(axis=-1)
            some = keys[there]
            found.append(cls(some["start"], some["stage"], rows[there, :, 0], rows[there, :, 1]))
        return found

    def in_stage(self, stage: Stage) -> Self:
        """Only the blocks of ``stage``."""
        return self.among(self.stage == stage.value)

    def on_weekends(self) -> Bools:
        """bool[B]: which blocks begin on a Saturday or a Sunday (UTC)."""
        found: Bools = (self.start_s // DAY_S + THURSDAY) % WEEK >= MONDAY_TO_FRIDAY
        return found

    def among(self, keep: Bools) -> Self:
        """Only the blocks where ``keep`` [B] is true."""
        return type(self)(
            self.start_s[keep], self.stage[keep], self.trials[keep], self.successes[keep]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """Requests of B blocks: errors and latency of the arms control and candidate, and the shadow.

    ``requests`` and ``fallbacks`` int64[B, 2]; ``latency`` int64[B, 2, K] counts in the K buckets
    of ``slipway.stats.histogram``; ``shadow_requests`` and ``shadow_errors`` int64[B];
    ``shadow_latency`` int64[B, K].
    """

    ARMS: ClassVar[tuple[str, ...]] = ("control", "candidate")
    start_s: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    stage: Words = field(default_factory=lambda: np.zeros(0, np.str_))
    requests: Ints = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    fallbacks: Ints = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    latency: Ints = field(default_factory=lambda: np.zeros((0, 2, BUCKETS), np.int64))
    shadow_requests: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    shadow_errors: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    shadow_latency: Ints = field(default_factory=lambda: np.zeros((0, BUCKETS), np.int64))

    def __post_init__(self) -> None:
        blocks = len(np.asarray(self.start_s))
        object.__setattr__(self, "stage", np.asarray(self.stage, dtype=np.str_).reshape(-1))
        shapes: dict[str, tuple[int, ...]] = {
            "start_s": (blocks,),
            "requests": (blocks, 2),
            "fallbacks": (blocks, 2),
            "latency": (blocks, 2, BUCKETS),
            "shadow_requests": (blocks,),
            "shadow_errors": (blocks,),
            "shadow_latency": (blocks, BUCKETS),
        }
        for name, shape in shapes.items():
            size, need = np.asarray(getattr(self, name)).size, int(np.prod(shape))
            check(size == need, f"traffic.{name}", f"{size} numbers", f"of shape {shape}")
            value = whole(f"traffic.{name}", getattr(self, name), shape)
            object.__setattr__(self, name, value)
        check(len(self.stage) == blocks, "traffic.stage", len(self.stage), f"{blocks} blocks")
        check_order("traffic", self.start_s, self.stage)
        worst = int((self.fallbacks - self.requests).max(initial=0))
        check(worst <= 0, "traffic.fallbacks", f"{worst} above the requests", "<= requests")
        worst = int((self.shadow_errors - self.shadow_requests).max(initial=0))
        check(worst <= 0, "traffic.shadow_errors", f"{worst} above the requests", "<= requests")

    @classmethod
    def from_long(
        cls,
        start_s: ArrayLike,
        stage: ArrayLike,
        arm: ArrayLike,
        requests: ArrayLike,
        fallbacks: ArrayLike,
        latency: ArrayLike,
        shadow: tuple[ArrayLike, ArrayLike, ArrayLike],
    ) -> Self:
        """Pivot N long rows; ``arm`` is 0 (control) or 1; ``latency`` is [N, K].

        ``shadow`` holds requests [N], errors [N] and latency [N, K].
        """
        keys, place = _block_keys(start_s, stage)
        size, zero = len(keys), np.zeros(np.asarray(arm).shape, np.int64)
        return cls(
            keys["start"],
            keys["stage"],
            _pivot(place, arm, requests, size, 2),
            _pivot(place, arm, fallbacks, size, 2),
            _pivot(place, arm, latency, size, 2),
            *(_pivot(place, zero, part, size, 1)[:, 0] for part in shadow),
        )


@dataclass(frozen=True, slots=True)
class StageUsers:
    """Distinct users who came in one stage, by arm: champion, candidate, rules, explore, and previous.

    ``expected`` are the fractions of users that the assignment gives to these arms; they sum to 1.
    The last one is there while users are held back for the previous champion.
    """

    stage: Stage
    expected: tuple[float, ...]
    users: tuple[int, ...]


def _block_keys(start_s: ArrayLike, stage: ArrayLike) -> tuple[NDArray[np.void], Ints]:
    """Distinct (start, stage), sorted, and the place of each row in them."""
    starts = np.asarray(start_s, dtype=np.int64)
    stages = np.asarray(stage, dtype=np.str_)
    width = max(1, stages.dtype.itemsize // 4)
    rows = np.zeros(len(starts), dtype=[("start", np.int64), ("stage", f"<U{width}")])
    rows["start"], rows["stage"] = starts, stages
    keys, place = np.unique(rows, return_inverse=True)
    return keys, place.reshape(-1).astype(np.int64)


def _pivot(place: Ints, arm: ArrayLike, values: ArrayLike, blocks: int, arms: int) -> Ints:
    """Sum ``values`` [N, ...] into int64[blocks, arms, ...]."""
    raw = np.asarray(values)
    numbers = whole("rollup", raw, raw.shape)
    out = np.zeros((blocks, arms, *numbers.shape[1:]), dtype=np.int64)
    np.add.at(out, (place, np.asarray(arm, dtype=np.int64)), numbers)
    return out
