"""Users of simulated releases: how many came to which arm, and how the control's users cluster."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from slipway.domain.policy import Policy
from slipway.gates.sample_ratio import TESTS
from slipway.stats.design_effect import design_effect_of
from slipway.stats.srm import sample_ratio

from .crowd import JOINING, Ints
from .scene import HOUR_S, Floats, Scene, groups

PANEL = 20_000  # control users of each release whose clicks tell the design effect
FIRST = 1_000  # of them are there at the first look, as on a line of millions
EARLY_HOURS, EVERY_HOURS = 6, 6
STAGES = JOINING + 1


class Visitors:
    """Distinct users by stage and arm, and a panel of control users, of R releases."""

    def __init__(self, scene: Scene, policy: Policy, monday_s: Ints, *, seed: int) -> None:
        size, self._monday_s = len(monday_s), monday_s
        self.scene, self.policy = scene, policy
        self.design_effect, self.suspect = np.ones(size), np.zeros(size, bool)
        self._stage = np.zeros(size, np.int64)
        self._rng = np.random.default_rng([seed, 20_000])
        shares = np.append(groups(policy), policy.explore_share)
        self._people = np.rint(scene.users * shares).astype(np.int64)
        self._came = np.zeros((size, STAGES, len(shares)), np.int64)
        self._counted = np.zeros((size, STAGES, 4), np.int64)
        self._clustered = scene.active < 1
        self._control = Panel(scene, self._rng, size, PANEL if self._clustered else 2)
        self._candidate = Panel(
            scene, np.random.default_rng([seed, 30_000]), size, PANEL if self._clustered else 0
        )
        self._heavy = np.zeros((2, len(scene.heavy), size, 2))
        if self._clustered:
            self._control.visit(np.repeat(np.arange(size), FIRST), np.tile(np.arange(FIRST), size))
            self._widen(np.arange(size), np.zeros(size, np.int64))

    def hour(self, rows: Ints, stage: Ints, hour: int) -> None:
        """Count who came in the hour before ``hour`` (of the release) at ``stage`` [n]."""
        if hour:
            self._arrive(rows, stage)
        self._meet_heavy(rows, stage, hour)
        if self._clustered and (hour < EARLY_HOURS or not hour % EVERY_HOURS):
            hours = 1 if hour <= EARLY_HOURS else EVERY_HOURS
            self._control.come(rows, PANEL, hours)
            self._candidate.come(rows, np.minimum(PANEL, self._joined(stage)), hours)
            self._widen(rows, stage)

    def panel(self, row: int) -> tuple[Ints, Ints]:
        """Trials and clicks of control users of one release."""
        return self._control.trials[row], self._control.clicks[row]

    def sums_over_users(self, row: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The six sums of control and candidate that the design effect needs."""
        control, candidate = (part[0] for part in self._sums(np.array([row]), self._stage[[row]]))
        return tuple(control.tolist()), tuple(candidate.tolist())

    def _joined(self, stage: Ints) -> Ints:
        """Users of the candidate at a stage [n]."""
        every: Ints = np.cumsum(self._people[:JOINING])[np.minimum(stage, JOINING - 1)]
        return every

    def _sums(self, rows: Ints, stage: Ints) -> tuple[Floats, Floats]:
        """The sums of both arms, [n, 6]: the panels stand for all users, heavy ones for themselves."""
        if not self._clustered:
            return self._control.sums[rows], self._candidate.sums[rows]
        joined = self._joined(stage)
        rest = self._people[: JOINING + 1].sum() - joined
        control = self._control.sums[rows] * np.maximum(1.0, rest / PANEL)[:, None]
        candidate = self._candidate.sums[rows] * np.maximum(1.0, joined / PANEL)[:, None]
        heavy = [
            sum((_powers(*user[rows].T) for user in arm), np.zeros((len(rows), 6)))
            for arm in self._heavy
        ]
        return control + heavy[0], candidate + heavy[1]

    def _widen(self, rows: Ints, stage: Ints) -> None:
        """The design effect of the arm whose users cluster more."""
        self._stage[rows] = stage
        for row, *sums in zip(rows, *self._sums(rows, stage), strict=True):
            self.design_effect[row] = max(
                1.0, *(design_effect_of(part) for part in sums if part[1] > 0)
            )

    def _meet_heavy(self, rows: Ints, stage: Ints, hour: int) -> None:
        """What counts of heavy users in the hour before, in the arm that they are in."""
        scene = self.scene
        begin = self._monday_s[rows] + (hour - 1) * HOUR_S
        for place, user in enumerate(scene.heavy if hour else ()):
            age = np.full(len(rows), (hour - 1) / 24)
            shown = user.between(begin, begin + HOUR_S, age, scene.caps)
            clicks = shown * (scene.rate if user.clicks is None else user.clicks)
            arm = (user.group <= np.minimum(stage, JOINING - 1)).astype(np.int64)
            self._heavy[arm, place, rows] += np.stack((shown, np.floor(clicks)), axis=1)

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


class Panel:
    """Users of one arm whose clicks tell how they cluster, of R releases; without scene.active two alike."""

    def __init__(self, scene: Scene, rng: np.random.Generator, size: int, users: int) -> None:
        self._scene, self._rng, self._users = scene, rng, users
        self.trials = np.ones((size, users), np.int32)
        self.clicks = np.tile(np.arange(users, dtype=np.int32) % 2, (size, 1))
        self.sums = _powers(self.trials, self.clicks).sum(axis=1) if users else np.zeros((size, 6))
        if scene.active < 1:
            self._clicker = rng.random((size, users)) < scene.active
            self.trials[:], self.clicks[:], self.sums[:] = 0, 0, 0

    def come(self, rows: Ints, users: Ints | int, hours: int) -> None:
        """Visits of some hours of the first ``users`` ([n] or of all) of the panels ``rows`` [n]."""
        came = self._rng.poisson(users * self._scene.visits * hours / 24, len(rows))
        if isinstance(users, int):
            who = self._rng.integers(users, size=came.sum())
        else:
            who = self._rng.integers(np.repeat(users, came))
        self.visit(np.repeat(rows, came), who)

    def visit(self, rows: Ints, users: Ints) -> None:
        """Users [V] of the panels ``rows`` [V] come once each."""
        scene, clicker = self._scene, self._clicker[rows, users]
        chance = scene.rate / scene.active * scene.in_time(1.0) * clicker
        clicks = self._rng.binomial(scene.session, chance)
        place, twice = np.unique(rows * self._users + users, return_inverse=True)
        trials = scene.session * np.bincount(twice)
        clicks = np.bincount(twice, weights=clicks).astype(np.int64)
        row, user = np.divmod(place, self._users)
        before = self.trials[row, user], self.clicks[row, user]
        after = before[0] + trials, before[1] + clicks
        self.trials[row, user], self.clicks[row, user] = after
        for column, gained in enumerate((_powers(*after) - _powers(*before)).T):
            self.sums[:, column] += np.bincount(row, weights=gained, minlength=len(self.sums))


def _powers(trials: NDArray[Any], clicks: NDArray[Any]) -> Floats:
    """What :func:`slipway.stats.design_effect.sums_over_users` adds up, of each user: float64[..., 6]."""
    n, c = trials.astype(np.float64), clicks.astype(np.float64)
    return np.stack((n > 0, n, c, n * n, n * c, c * c), axis=-1)


def hours_of(scene: Scene, block: int) -> int:
    """Whole hours from a release's start to the beginning of ``block``."""
    return block * scene.block_s // HOUR_S
