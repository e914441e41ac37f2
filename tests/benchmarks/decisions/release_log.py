"""What simulated releases logged: counts of every block at the stage in force."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from slipway.domain.policy import Policy
from slipway.stats.eprocess import Split, split

from .crowd import FRIDAY_END_S, JOINING, Bools, Day, Ints
from .scene import DAY_S, WEEK_S, Scene

Ints8 = NDArray[np.int8]

COLUMNS = 8  # as benchmarks.decisions.simulated_release.COLUMNS


class MaturedBlocks(NamedTuple):
    """Blocks that become old enough to be judged at C looks of n releases; zero where not new.

    Splits [n, C] of clicks against the control, against the rules, and of slow answers; ``parts``
    [n, S, C] of segments. ``exposed`` int64[n, C] candidate trials, ``stage`` int64[n, C] in which.
    """

    clicks: Split
    rules: Split
    slow: Split
    parts: Split | None
    exposed: Ints
    stage: Ints
    weekend: Bools


class ReleaseLog:
    """Counts of R releases by block; rows can be rewritten until a look has used them."""

    def __init__(self, scene: Scene, policy: Policy, monday_s: Ints, *, seed: int) -> None:
        self.scene, self._monday_s, size = scene, monday_s, len(monday_s)
        blocks = (math.ceil(2 * policy.timeout_days) + 1) * scene.blocks_per_day
        self._counts = np.zeros((size, blocks, COLUMNS), np.int32)
        self._stage = np.zeros((size, blocks), np.int8)
        self._parts = np.zeros((size, blocks if scene.segments else 0, scene.segments, 4), np.int32)
        self._joined = np.zeros((size, JOINING), np.int64)
        self._rng = np.random.default_rng([seed, 10_000])

    def write(
        self, day: Day, part: slice, first: int, *, rows: Ints, stage: Ints, new: Bools
    ) -> None:
        """Put down blocks of ``part`` from ``first`` on as they are at ``stage``, where ``new``."""
        share = np.minimum(stage, JOINING - 1)
        candidate, control = day.candidate[:, share, rows, part], day.control[:, share, rows, part]
        if self.scene.unease:
            candidate[1] = self._uneasy(day, part, first, rows, share)
        n1, x1, s1 = candidate
        n0, x0, s0 = control
        nr, xr = day.rules[:, rows, part]
        counts = np.stack((n0, x0, n1, x1, nr, xr, s0, s1), axis=-1)
        here = slice(first, first + new.shape[1])
        self._counts[rows, here] = np.where(new[..., None], counts, self._counts[rows, here])
        self._stage[rows, here] = np.where(new, stage[:, None], self._stage[rows, here])
        if self.scene.segments:
            parts = self._split_up(counts)
            old = self._parts[rows, here]
            self._parts[rows, here] = np.where(new[..., None, None], parts, old)

    def enter(self, row: int, stage: int, block: int) -> None:
        """A group of users joins the candidate from ``block`` on."""
        if stage < JOINING:
            self._joined[row, stage] = block

    def evidence(self, rows: Ints, first: int, new: Bools) -> MaturedBlocks:
        """What the looks from ``first`` on judge for the first time."""
        at = first - self.scene.wait_blocks + np.arange(new.shape[1])
        fresh = new & (at >= 0)
        place = np.maximum(at, 0)
        counts = self._counts[rows[:, None], place] * fresh[..., None]
        n0, x0, n1, x1, nr, xr, s0, s1 = np.moveaxis(counts, -1, 0)
        parts = None
        if self.scene.segments:
            kept = self._parts[rows[:, None], place] * fresh[..., None, None]
            parts = split(*np.moveaxis(kept, (3, 2), (0, 2)))
        seconds = self._monday_s[rows, None] + place * self.scene.block_s
        return MaturedBlocks(
            clicks=split(n0, x0, n1, x1),
            rules=split(nr, xr, n1, x1),
            slow=split(n0, s0, n1, s1),
            parts=parts,
            exposed=n1.astype(np.int64),
            stage=self._stage[rows[:, None], place].astype(np.int64),
            weekend=(seconds % WEEK_S) >= FRIDAY_END_S,
        )

    def shown(self, row: int, upto: int) -> tuple[Ints, Ints8, Ints | None]:
        """Counts, stages and segments of one release up to block ``upto`` (inclusive)."""
        kept = slice(0, max(0, upto + 1))
        parts = self._parts[row, kept].astype(np.int64) if self.scene.segments else None
        return self._counts[row, kept].astype(np.int64), self._stage[row, kept], parts

    def exposures(self, blocks: Ints) -> Ints:
        """Candidate impressions of each release in its first ``blocks`` [R] blocks."""
        under_way = np.arange(self._counts.shape[1]) < blocks[:, None]
        total: Ints = (self._counts[:, :, 2] * under_way).sum(axis=1)
        return total

    def _uneasy(self, day: Day, part: slice, first: int, rows: Ints, share: Ints) -> Ints:
        """Candidate clicks where users who just moved click less for a while."""
        scene = self.scene
        groups = np.diff(day.candidate[1][:, rows, part], axis=0, prepend=0)
        at = first + np.arange(groups.shape[2])
        hours = (at - self._joined[rows].T[..., None]) * scene.block_s * 24 / DAY_S
        kept = 1 - scene.unease * 0.5 ** (np.maximum(hours, 0) / scene.unease_hours)
        joined = np.arange(JOINING)[:, None, None] <= share[:, None]
        clicks: Ints = (self._rng.binomial(groups, kept) * joined).sum(axis=0)
        return clicks

    def _split_up(self, counts: Ints) -> Ints:
        """Segments int64[n, C, S, 4] of equal size: clicks and the other trials fall at random."""
        even = np.full(self.scene.segments, 1 / self.scene.segments)
        n0, x0, n1, x1 = np.moveaxis(counts[..., :4], -1, 0)
        won0, won1 = self._rng.multinomial(x0, even), self._rng.multinomial(x1, even)
        lost0, lost1 = self._rng.multinomial(n0 - x0, even), self._rng.multinomial(n1 - x1, even)
        return np.stack((won0 + lost0, won0, won1 + lost1, won1), axis=-1)
