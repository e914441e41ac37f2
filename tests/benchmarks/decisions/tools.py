"""Rules of release tools, from their public descriptions.

Where a tool leaves a number to its user, the default or the example of its documentation is taken;
where a choice had to be made it is the kinder one.
"""

import math

import numpy as np
from scipy.stats import norm
from slipway.domain.policy import Policy

from .classical import hodges_lehmann, mann_whitney_z
from .peers import FixedHorizon, GroupSequential, MixtureSprt, Oracle, PeekedZ, Peer
from .scene import Scene


class GrowthBook(Peer):
    """Safe Rollout: one-sided asymptotic confidence sequence, tuned to 5,000 units (its default).

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, arXiv 2103.06476, one-sided form. Results are
    refreshed every 6 hours, the product's default; its own ramp (10, 25, 50, 75 and 100 % of an
    even split within a quarter of the time) would show the candidate to more users than this one.
    """

    name = "GrowthBook Safe Rollout"
    every_h = 6.0
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


class GrowthBookWatched(GrowthBook):
    """The same sequence asked at every block, as the product never does."""

    name = "GrowthBook's sequence, every 5 minutes"
    every_h = 0.0


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
    """An analysis in the background, hourly on the last hour, ratio >= .95, failureLimit 0 (its default)."""

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


def all_peers(scene: Scene, policy: Policy, size: int) -> list[Peer]:
    """Every rule; the oracle only where there is harm to know of."""
    kinds: list[type[Peer]] = [
        PeekedZ,
        FixedHorizon,
        GroupSequential,
        MixtureSprt,
        GrowthBook,
        GrowthBookWatched,
        Kayenta,
        Flagger,
        Argo,
    ]
    if scene.effect < 0:
        kinds.append(Oracle)
    return [kind(scene, policy, size) for kind in kinds]
