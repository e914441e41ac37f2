"""Rules of statistics, on the very paths that Slipway is given; tools' rules are in ``tools``.

All of them ramp like Slipway, 1, 5, 25 and 50 % for a day each, and ship what was not returned by
then: none of them asks for proof. Differences of rates are summed over the stages, so that no rule
is punished for drift.
"""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from scipy.stats import norm
from slipway.domain.policy import Policy
from slipway.stats.eprocess import log_path, split

from .classical import obrien_fleming
from .crowd import Day
from .scene import Scene, groups

STAGES = 4


class Sums(NamedTuple):
    """After each look [R, B]: weighted difference of rates, its variance, control rate, units."""

    delta: np.ndarray
    variance: np.ndarray
    rate: np.ndarray
    units: np.ndarray


class Peer(ABC):
    """A rule on R releases; ``returns`` says at which looks of a day it would return each."""

    name = ""
    every_h = 0.0  # 0: at every block

    def __init__(self, scene: Scene, policy: Policy, size: int) -> None:
        self.scene, self.policy, self.size = scene, policy, size
        self.alive, self.returned = np.ones(size, bool), np.zeros(size, bool)
        self.exposures, self.nats = np.zeros(size), np.zeros(size)
        self.days = np.full(size, float(STAGES))
        self._past = np.zeros((4, size, 1))

    def day(self, day: Day, number: int) -> None:
        """One stage of the ramp."""
        rows = np.flatnonzero(self.alive)
        if number >= STAGES or not len(rows):
            return
        ours, theirs = (part[:, number, rows] for part in (day.candidate, day.control))
        hit = self.returns(ours.astype(float), theirs.astype(float), rows, number)
        hit &= self._asked(hit.shape[1])
        blocks = hit.shape[1]
        upto = np.where(hit.any(axis=1), hit.argmax(axis=1), blocks - 1)
        taken = np.arange(blocks) <= upto[:, None]
        useful = ours[0] * theirs[0] / np.maximum(1, ours[0] + theirs[0])
        self.exposures[rows] += (ours[0] * taken).sum(axis=1)
        self.nats[rows] += (useful * day.nats[rows] * taken).sum(axis=1)
        gone = rows[hit.any(axis=1)]
        self.days[gone] = number + (upto[hit.any(axis=1)] + 1) / blocks
        self.alive[gone], self.returned[gone] = False, True

    @abstractmethod
    def returns(self, ours, theirs, rows, number) -> np.ndarray:
        """bool[n, B]; ``ours`` and ``theirs`` are trials, clicks and slow answers [3, n, B]."""

    def sums(self, ours, theirs, rows) -> Sums:
        """Differences of rates so far, stage by stage weighted by n1 n0 / (n1 + n0)."""
        (n1, x1), (n0, x0) = np.cumsum(ours[:2], axis=2), np.cumsum(theirs[:2], axis=2)
        weight = n1 * n0 / np.maximum(1, n1 + n0)
        pooled = (x0 + x1) / np.maximum(1, n0 + n1)
        delta = weight * (x1 / np.maximum(1, n1) - x0 / np.maximum(1, n0))
        now = np.stack((delta, weight * pooled * (1 - pooled), weight, n0 + n1))
        total = self._past[:, rows] + now
        self._past[:, rows] = total[..., -1:]
        weights = np.maximum(total[2], 1e-9)
        return Sums(total[0] / weights, total[1] / weights**2, pooled, total[3])

    def _asked(self, blocks: int) -> np.ndarray:
        each = max(1, round(self.every_h * blocks / 24))
        return (np.arange(blocks) + 1) % each == 0


class PeekedZ(Peer):
    """One-sided z at 5 %, looked at after every block as if it were the only look."""

    name = "naive z, peeked"

    def returns(self, ours, theirs, rows, number):
        """Below the one-sided bound."""
        seen = self.sums(ours, theirs, rows)
        return seen.delta < -norm.ppf(1 - self.policy.alpha) * np.sqrt(seen.variance)


class FixedHorizon(PeekedZ):
    """The same z once, when the ramp is over."""

    name = "fixed horizon"

    def returns(self, ours, theirs, rows, number):
        """Only at the last look."""
        hit = super().returns(ours, theirs, rows, number)
        hit[:, :-1] = False
        return hit & (number == STAGES - 1)


class GroupSequential(Peer):
    """Lan and DeMets' spending of O'Brien-Fleming type, a look at the end of each stage."""

    name = "group sequential (Lan-DeMets OBF)"

    def __init__(self, scene: Scene, policy: Policy, size: int) -> None:
        super().__init__(scene, policy, size)
        share = groups(policy)
        ours = np.cumsum(share[:STAGES])
        left = share[:-1].sum() - ours
        information = np.cumsum(ours * left / (ours + left))
        self.bounds = obrien_fleming(information / information[-1], policy.alpha)

    def returns(self, ours, theirs, rows, number):
        """Below the stage's bound, at its end."""
        seen = self.sums(ours, theirs, rows)
        hit = seen.delta < -self.bounds[number] * np.sqrt(seen.variance)
        hit[:, :-1] = False
        return hit


class MixtureSprt(Peer):
    """Johari, Pekelis and Walsh: normal mixture, two-sided 5 %, tau = 5 % of the rate."""

    name = "mSPRT"
    tau = 0.05

    def returns(self, ours, theirs, rows, number):
        """Mixture ratio above 1 / alpha, on the side of harm."""
        seen = self.sums(ours, theirs, rows)
        prior, v = (self.tau * seen.rate) ** 2, np.maximum(seen.variance, 1e-18)
        log_e = 0.5 * np.log(v / (v + prior)) + prior * seen.delta**2 / (2 * v * (v + prior))
        return (log_e >= math.log(1 / self.policy.alpha)) & (seen.delta < 0)


class Oracle(Peer):
    """Wald's test for the true effect on the same blocks: what nobody can do."""

    name = "Wald with the true effect"

    def __init__(self, scene: Scene, policy: Policy, size: int) -> None:
        super().__init__(scene, policy, size)
        self._sum = np.zeros((size, 1))

    def returns(self, ours, theirs, rows, number):
        """Wald's upper bound."""
        data = split(*theirs[:2], *ours[:2])
        path = self._sum[rows] + log_path(
            data, null_ratio=1.0, ratios=[1 + self.scene.effect], weights=[1.0]
        )
        self._sum[rows] = path[:, -1:]
        return path >= math.log((1 - self.policy.beta) / self.policy.alpha)
