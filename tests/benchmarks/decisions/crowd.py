"""What the users of many simulated releases would do, block by block, at every stage.

The outcomes are potential ones: each group of users has its clicks under the champion and under the
candidate, so every rule of decision that is compared sees the same people on the same days.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from slipway.domain.policy import Policy
from slipway.domain.stage import CANARY_STAGES

from .scene import DAY_S, WEEK_S, Floats, Scene, divergence, groups

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SLOW = 0.0095  # of the champion's answers lie above the reference quantile
FRIDAY_END_S = 5 * DAY_S
JOINING = len(CANARY_STAGES)


class Day(NamedTuple):
    """One day of R releases in B blocks.

    ``candidate`` and ``control`` int64[3, 4, R, B]: trials, clicks and slow answers of each arm if
    the release stood at the k-th canary stage; ``rules`` int64[2, R, B]: trials and clicks.
    ``weekend`` bool[R, B]; ``nats`` float64[R, B]: what one impression tells at best (0 without
    an effect).
    """

    candidate: Ints
    control: Ints
    rules: Ints
    weekend: Bools
    nats: Floats


class Crowd:
    """The users of ``releases`` releases; ``day`` must be asked for in order, from 0 on."""

    def __init__(self, scene: Scene, policy: Policy, *, seed: int, releases: int) -> None:
        rng = np.random.default_rng([seed, 0])
        self.scene, self.seed, self.size = scene, seed, releases
        begin = rng.integers(7 * scene.blocks_per_day, size=releases)
        if scene.begins_on is not None:
            begin = begin % scene.blocks_per_day + scene.begins_on * scene.blocks_per_day
        self.monday_s = begin * scene.block_s
        self._shares = groups(policy)[:, None, None]
        self._walk = np.zeros((releases, 1))
        people = np.maximum(1, np.rint(scene.users * self._shares[:, :, 0])).astype(np.int64)
        active = rng.binomial(people, scene.active, size=(len(people), releases))
        self._active = (active / people)[:, :, None]

    def day(self, number: int, rows: Ints | None = None) -> Day:
        """All blocks of one day, counted from each release's own start.

        Nobody comes to releases other than ``rows`` (all by default): they have ended.
        """
        scene, rng = self.scene, np.random.default_rng([self.seed, number + 1])
        rows = np.arange(self.size) if rows is None else rows
        first = self.monday_s[rows] + number * DAY_S
        at = first[:, None] + np.arange(scene.blocks_per_day) * scene.block_s
        weekend = (at % WEEK_S) >= FRIDAY_END_S
        rate, effect = self._rate(rng, at, weekend, rows), self._effect(number, weekend)
        visits = rng.poisson(self._traffic(at, weekend) * self._shares / scene.session)
        takers = visits if scene.active >= 1 else rng.binomial(visits, self._active[:, rows])
        trials, chances = visits * scene.session, takers * scene.session
        told = rate / scene.active * scene.in_time(1.0)
        slower = scene.in_time(scene.slower) / scene.in_time(1.0)
        before = rng.binomial(chances[:-1], told)
        after = rng.binomial(chances[:JOINING], told * slower * (1 + effect))
        ruled = rng.binomial(chances[-1], told * (1 + scene.rules_effect))
        self._add_heavy(number, first, rate, (trials, before, after))
        slow = rng.binomial(trials[:-1], SLOW)
        late = slow[:JOINING]
        if scene.slow_ratio != 1:
            late = rng.binomial(trials[:JOINING], SLOW * scene.slow_ratio)
        found = (
            np.stack([_joined(part) for part in (trials[:JOINING], after, late)]),
            np.stack([_left(part) for part in (trials[:-1], before, slow)]),
            np.stack((trials[-1], ruled)),
            weekend,
            divergence(rate, effect),
        )
        return Day(*(self._placed(part, rows) for part in found))

    def _add_heavy(
        self, number: int, first: Ints, rate: Floats, counts: tuple[Ints, Ints, Ints]
    ) -> None:
        """What counts of heavy users, as trials and clicks of the group that each is in."""
        scene, rng = self.scene, np.random.default_rng([self.seed, number + 1, 7])
        begin = first[:, None] + np.arange(scene.blocks_per_day) * scene.block_s
        age = number + np.arange(scene.blocks_per_day) / scene.blocks_per_day
        trials, before, after = counts
        for user in scene.heavy:
            shown = user.between(begin, begin + scene.block_s, age, scene.caps)
            clicks = rng.binomial(shown, rate if user.clicks is None else user.clicks)
            trials[user.group] += shown
            before[user.group] += clicks
            if user.group < JOINING:
                after[user.group] += clicks

    def _placed(self, part: NDArray[Any], rows: Ints) -> NDArray[Any]:
        """Releases ``rows`` among all of them, [..., R, B] of [..., n, B]."""
        if len(rows) == self.size:
            return part
        out = np.zeros((*part.shape[:-2], self.size, part.shape[-1]), part.dtype)
        out[..., rows, :] = part
        return out

    def _traffic(self, at: Ints, weekend: Bools) -> Floats:
        """Expected impressions of the whole line, [R, B]."""
        scene = self.scene
        clock = np.cos(2 * np.pi * (at % DAY_S) / DAY_S)
        level = np.where(weekend, scene.weekend_traffic, 1.0)
        mean = (5 + 2 * scene.weekend_traffic) / 7
        per_block = scene.daily / scene.blocks_per_day
        traffic: Floats = per_block * level / mean * (1 - scene.traffic_swing * clock)
        return traffic

    def _rate(self, rng: np.random.Generator, at: Ints, weekend: Bools, rows: Ints) -> Floats:
        """The champion's click rate, [R, B]: hour, weekday and a random walk that all arms share."""
        scene = self.scene
        steps = rng.normal(0, scene.drift / np.sqrt(scene.blocks_per_day), at.shape)
        walk = self._walk[rows] + np.cumsum(steps, axis=1)
        self._walk[rows] = walk[:, -1:]
        clock = np.sin(2 * np.pi * (at % DAY_S) / DAY_S)
        mean = (5 + 2 * scene.weekend_rate) / 7
        level = np.where(weekend, scene.weekend_rate, 1.0) / mean * (1 + scene.rate_swing * clock)
        highest = 0.9 * scene.active / (1 + max(0.0, scene.effect, scene.novelty))
        rate: Floats = np.clip(scene.rate * level * np.exp(walk), 1e-6, highest)
        return rate

    def _effect(self, number: int, weekend: Bools) -> Floats:
        """The candidate's relative effect, [R, B]."""
        scene = self.scene
        age = number + (np.arange(scene.blocks_per_day) + 0.5) / scene.blocks_per_day
        weekends = scene.effect if scene.weekend_effect is None else scene.weekend_effect
        effect = np.where(weekend, weekends, scene.effect)
        found: Floats = effect + scene.novelty * 0.5 ** (age / scene.novelty_days)
        return found


def _joined(parts: Ints) -> Ints:
    """Of groups [4, ...]: what the candidate has at each stage."""
    return np.cumsum(parts, axis=0)


def _left(parts: Ints) -> Ints:
    """Of groups [5, ...]: what the control keeps at each stage."""
    left: Ints = parts.sum(axis=0) - np.cumsum(parts, axis=0)[:JOINING]
    return left
