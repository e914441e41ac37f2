"""Rules of other tools, from their public descriptions, on the very paths that Slipway is given.

All of them ramp like Slipway, 1, 5, 25 and 50 % for a day each, and ship what was not returned by
then: none of them asks for proof. Where a tool leaves a number to its user, the default or the
example of its documentation is taken; where a choice had to be made it is the kinder one.
Differences of rates are summed over the stages, so that no rule is punished for drift.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, rankdata

from pipeline.domain.policy import Policy
from pipeline.simulation.crowd import Day
from pipeline.simulation.scene import Scene, groups
from pipeline.stats.eprocess import log_path, split

STAGES = 4
RAMP = "1, 5, 25, 50 %"


class Sums(NamedTuple):
    """After each look [R, B]: weighted difference of rates, its variance, control rate, units."""

    delta: np.ndarray
    variance: np.ndarray
    rate: np.ndarray
    units: np.ndarray


class Peer:
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

    def returns(self, ours, theirs, rows, number) -> np.ndarray:
        """bool[n, B]; ``ours`` and ``theirs`` are trials, clicks and slow answers [3, n, B]."""
        raise NotImplementedError

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


class GrowthBook(Peer):
    """Safe Rollout: one-sided asymptotic confidence sequence, tuned to 5,000 units (its default).

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, arXiv 2103.06476, one-sided form; asked at
    every block, which is more often than the product does and speeds it up.
    """

    name = "GrowthBook Safe Rollout"
    tuning = 5_000

    def returns(self, ours, theirs, rows, number):
        """The upper end of the sequence is below 0."""
        seen, alpha = self.sums(ours, theirs, rows), self.policy.alpha
        log_alpha = -2 * math.log(2 * alpha)
        rho2 = (log_alpha + math.log(log_alpha + 1)) / self.tuning
        n = np.maximum(seen.units, 1)
        grown = n * rho2 + 1
        factor = 2 * grown / (n**2 * rho2) * np.log1p(np.sqrt(grown) / (2 * alpha))
        return seen.delta + np.sqrt(n * seen.variance * factor) < 0


class Kayenta(Peer):
    """The Netflix judge, hourly on all 5-minute rates since the start: Mann-Whitney at 98 %.

    "Low" when the upper bound of the shift lies below -25 % of the Hodges-Lehmann estimate. The
    baseline is as large as the canary, as its guide asks for: drawn from the control.
    """

    name = "Kayenta judge"
    every_h = 1.0
    confidence, tolerance = 0.98, 0.25

    def __init__(self, scene: Scene, policy: Policy, size: int) -> None:
        super().__init__(scene, policy, size)
        self._series = np.zeros((2, size, 0))
        self._rng = np.random.default_rng(98)

    def returns(self, ours, theirs, rows, number):
        """The judge says "Low"."""
        n0, x0 = theirs[:2].astype(np.int64)
        n1 = np.minimum(ours[0].astype(np.int64), n0)
        baseline = self._rng.hypergeometric(x0, n0 - x0, n1)
        rates = np.full((2, self.size, ours.shape[2]), np.nan)
        rates[:, rows] = np.stack((ours[1] / np.maximum(1, ours[0]), baseline / np.maximum(1, n1)))
        past = self._series.shape[2]
        self._series = np.concatenate((self._series, rates), axis=2)
        hit = np.zeros(ours.shape[1:], bool)
        waiting = np.arange(len(rows))
        for look in np.flatnonzero(self._asked(ours.shape[2])):
            seen = self._series[:, rows[waiting], : past + look + 1]
            low = self._low(*seen)
            hit[waiting[low], look] = True
            waiting = waiting[~low]
        return hit

    def _low(self, ours, theirs):
        edge = norm.ppf((1 - self.confidence) / 2)
        low = mann_whitney_z(ours, theirs, np.zeros(len(ours))) < edge
        at = np.flatnonzero(low)
        if len(at):
            shift = hodges_lehmann(ours[at], theirs[at])
            z = mann_whitney_z(ours[at], theirs[at], -self.tolerance * np.abs(shift))
            low[at] = (shift < 0) & (z < edge)
        return low


class Flagger(Peer):
    """Progressive delivery by threshold: hourly, ratio of rates of the step so far >= .95.

    Returned at the tenth failed check, as in the documentation's examples.
    """

    name = "Flagger threshold"
    every_h = 1.0
    lowest, checks = 0.95, 10

    def __init__(self, scene: Scene, policy: Policy, size: int) -> None:
        super().__init__(scene, policy, size)
        self._failed = np.zeros((size, 1), np.int64)

    def returns(self, ours, theirs, rows, number):
        """So many checks have failed."""
        (n1, x1), (n0, x0) = np.cumsum(ours[:2], axis=2), np.cumsum(theirs[:2], axis=2)
        bad = (x1 * n0 < self.lowest * x0 * n1) & self._asked(ours.shape[2])
        failed = self._failed[rows] + np.cumsum(bad, axis=1)
        self._failed[rows] = failed[:, -1:]
        return failed >= self.checks


class Argo(Peer):
    """An analysis in the background, hourly on the last hour, ratio >= .95, failureLimit 0."""

    name = "Argo threshold"
    every_h = 1.0
    lowest = 0.95

    def returns(self, ours, theirs, rows, number):
        """One check has failed."""
        n, blocks, hours = ours.shape[1], ours.shape[2], 24
        hourly = [part[:2].reshape(2, n, hours, -1).sum(axis=3) for part in (ours, theirs)]
        (n1, x1), (n0, x0) = hourly
        bad = x1 * n0 < self.lowest * x0 * n1
        hit = np.zeros((n, blocks), bool)
        hit[:, self._asked(blocks)] = bad
        return hit


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


def all_peers(scene: Scene, policy: Policy, size: int) -> list[Peer]:
    """Every rule; the oracle only where there is harm to know of."""
    kinds = [
        PeekedZ, FixedHorizon, GroupSequential, MixtureSprt, GrowthBook, Kayenta, Flagger, Argo
    ]  # fmt: skip
    if scene.effect < 0:
        kinds.append(Oracle)
    return [kind(scene, policy, size) for kind in kinds]


def obrien_fleming(fractions, alpha: float, *, steps: int = 2000) -> np.ndarray:
    """One-sided bounds that spend 2 - 2 Phi(z / sqrt t) of ``alpha`` (Lan and DeMets 1983).

    The density of the score that has not crossed is carried from look to look on a grid
    (Armitage, McPherson and Rowe 1969).
    """
    fractions = np.asarray(fractions, float)
    spent = np.diff(2 - 2 * norm.cdf(norm.ppf(1 - alpha / 2) / np.sqrt(fractions)), prepend=0)
    score = np.linspace(-8, 8, steps)
    step, density, before, bounds = score[1] - score[0], None, 0.0, []
    for t, cost in zip(fractions, spent, strict=True):
        sd = math.sqrt(t - before)
        if density is None:
            density = norm.pdf(score, scale=sd)
        else:
            density = norm.pdf(score[:, None] - score, scale=sd) @ density * step
        tail = np.cumsum(density[::-1])[::-1] * step
        edge = float(np.interp(-cost, -tail, score))
        density, before = np.where(score < edge, density, 0), t
        bounds.append((edge - step / 2) / math.sqrt(t))
    return np.array(bounds)


def mann_whitney_z(ours, theirs, shift):
    """Standardised rank sum of ``ours`` - ``shift``, ties and continuity corrected, [n] of [n, m]."""
    m, k = ours.shape[1], theirs.shape[1]
    both = np.concatenate((ours - shift[:, None], theirs), axis=1)
    ranks = rankdata(both, axis=1)
    excess = ranks[:, :m].sum(axis=1) - m * (m + 1) / 2 - m * k / 2
    ordered = np.sort(ranks, axis=1)
    new = np.diff(ordered, axis=1, prepend=-1) != 0
    place = np.cumsum(new, axis=1) - 1 + np.arange(len(ranks))[:, None] * (m + k)
    ties = np.bincount(place.reshape(-1), minlength=ranks.size).reshape(ranks.shape).astype(float)
    lost = (ties**3 - ties).sum(axis=1) / ((m + k) * (m + k - 1))
    sigma = np.sqrt(m * k / 12 * np.maximum(m + k + 1 - lost, 1e-9))
    return (excess - 0.5 * np.sign(excess)) / sigma


def hodges_lehmann(ours, theirs):
    """The shift at which the rank sum is even, [n]: bisection."""
    low, high = ours.min(axis=1) - theirs.max(axis=1), ours.max(axis=1) - theirs.min(axis=1)
    for _ in range(20):
        middle = (low + high) / 2
        above = mann_whitney_z(ours, theirs, middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2
