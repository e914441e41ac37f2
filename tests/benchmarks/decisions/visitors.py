"""Users of simulated releases: how many came to which arm, and how the control's users cluster."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from slipway.domain.policy import Policy
from slipway.gates.sample_ratio import TESTS
from slipway.stats.deff import of_sums
from slipway.stats.srm import sample_ratio

from .crowd import JOINING, Ints
from .scene import HOUR_S, Floats, Scene, groups

PANEL = 20_000  # control users of each release whose clicks tell the design effect
FIRST = 1_000  # of them are there at the first look, as on a line of millions
EARLY_HOURS, EVERY_HOURS = 6, 6
STAGES = JOINING + 1


class Visitors:
    """Distinct users by stage and arm, and a panel of control users, of R releases."""

    def __init__(self, scene: Scene, policy: Policy, size: int, *, seed: int) -> None:
        self.scene, self.policy = scene, policy
        self.kappa, self.suspect = np.ones(size), np.zeros(size, bool)
        self._rng = np.random.default_rng([seed, 20_000])
        shares = np.append(groups(policy), policy.explore_share)
        self._people = np.rint(scene.users * shares).astype(np.int64)
        self._came = np.zeros((size, STAGES, len(shares)), np.int64)
        self._counted = np.zeros((size, STAGES, 4), np.int64)
        self._clustered = scene.active < 1
        users = PANEL if self._clustered else 2
        self._trials = np.ones((size, users), np.int32)
        self._clicks = np.tile(np.arange(users, dtype=np.int32) % 2, (size, 1))
        self._sums = np.zeros((size, 6))
        if self._clustered:
            self._clicker = self._rng.random((size, users)) < scene.active
            self._trials[:], self._clicks[:] = 0, 0
            self._visit(np.repeat(np.arange(size), FIRST), np.tile(np.arange(FIRST), size))

    def hour(self, rows: Ints, stage: Ints, hour: int) -> None:
        """Count who came in the hour before ``hour`` (of the release) at ``stage`` [n]."""
        if hour:
            self._arrive(rows, stage)
        if self._clustered and (hour < EARLY_HOURS or not hour % EVERY_HOURS):
            hours = 1 if hour <= EARLY_HOURS else EVERY_HOURS
            came = self._rng.poisson(PANEL * self.scene.visits * hours / 24, len(rows))
            self._visit(np.repeat(rows, came), self._rng.integers(PANEL, size=came.sum()))

    def panel(self, row: int) -> tuple[Ints, Ints]:
        """Trials and clicks of control users of one release."""
        return self._trials[row], self._clicks[row]

    def arrived(self, row: int, upto: int) -> Iterator[tuple[int, tuple[int, int, int, int]]]:
        """Stage and distinct users of champion, candidate, rules and explore, up to a stage."""
        for place in range(upto + 1):
            champion, candidate, rules, explore = (int(n) for n in self._counted[row, place])
            yield place, (champion, candidate, rules, explore)

    def expected(self, stage: int) -> tuple[float, float, float, float]:
        """The fractions of users that the assignment gives at a stage."""
        policy = self.policy
        rest = 1 - policy.rules_share - policy.explore_share
        share = policy.canary[min(stage, JOINING - 1)].share
        return rest * (1 - share), rest * share, policy.rules_share, policy.explore_share

    def _arrive(self, rows: Ints, stage: Ints) -> None:
        came = self._came[rows, stage]
        chance = -np.expm1(-self.scene.visits / 24)
        new = self._rng.binomial(np.maximum(0, self._people - came), chance)
        self._came[rows, stage] = came + new
        share = np.minimum(stage, JOINING - 1)
        ours = np.arange(JOINING + 1) <= share[:, None]
        taken = (new[:, : JOINING + 1] * ours).sum(axis=1)
        left = new[:, : JOINING + 1].sum(axis=1) - taken
        logged = self._rng.binomial(taken, 1 - self.scene.lost)
        self._counted[rows, stage] += np.stack((left, logged, new[:, -2], new[:, -1]), axis=1)
        self._suspect(rows, stage)

    def _suspect(self, rows: Ints, stage: Ints) -> None:
        """Who is out of ratio: asked exactly where the likelihood at its best would allow it."""
        found = self._counted[rows, stage]
        planned = np.array([self.expected(k) for k in range(STAGES)])[stage]
        total = np.maximum(1, found.sum(axis=1, keepdims=True))
        best = (found * np.log(np.maximum(found, 1) / total / planned)).sum(axis=1)
        limit = np.log(TESTS / self.policy.srm_alpha)
        for row in np.flatnonzero(best >= limit):
            tested = sample_ratio(found[row].tolist(), planned[row].tolist())
            self.suspect[rows[row]] |= tested.log_e >= limit

    def _visit(self, rows: Ints, users: Ints) -> None:
        """Users [V] of the panels ``rows`` [V] come once each; the design effect is known again."""
        scene, clicker = self.scene, self._clicker[rows, users]
        chance = scene.rate / scene.active * scene.in_time(1.0) * clicker
        clicks = self._rng.binomial(scene.session, chance)
        place, twice = np.unique(rows * PANEL + users, return_inverse=True)
        trials = scene.session * np.bincount(twice)
        clicks = np.bincount(twice, weights=clicks).astype(np.int64)
        row, user = np.divmod(place, PANEL)
        before = self._trials[row, user], self._clicks[row, user]
        after = before[0] + trials, before[1] + clicks
        self._trials[row, user], self._clicks[row, user] = after
        for column, gained in enumerate((_powers(*after) - _powers(*before)).T):
            self._sums[:, column] += np.bincount(row, weights=gained, minlength=len(self._sums))
        for row in np.unique(rows):
            self.kappa[row] = max(1.0, of_sums(self._sums[row]))


def _powers(n: NDArray[np.int32], c: NDArray[np.int32]) -> Floats:
    """What :func:`slipway.stats.deff.user_sums` adds up, of each user: float64[U, 6]."""
    each = n > 0, n, c, n * n, n * c, c * c
    return np.stack(each, axis=1).astype(np.float64)


def hours_of(scene: Scene, block: int) -> int:
    """Whole hours from a release's start to the beginning of ``block``."""
    return block * scene.block_s // HOUR_S
