"""Anytime-valid evidence about two models' losses on the same rows: the paired shadow.

Where an outcome is the same whichever model answered, both models meet it on every row, and what the
row itself adds to both losses cancels. With D the sum of (candidate's loss - champion's), C that of the
champion's, and theta the relative difference, the sum W = D - theta C has mean 0. For rows whose
differences are W_u when summed over a user u,

    exp(t W - t^2 V / 2),   V = sum_u W_u^2,

has mean at most 1 for symmetric W_u (de la Pena 1999), and for any with a variance as users grow in
number (Delyon 2009, Bercu and Touati 2008: t^2 ([M] / 3 + 2 <M> / 3) / 2 in place of t^2 [M] / 2). With
t = a C / V it is the normal likelihood ratio of theta = a in :mod:`slipway.stats.mixtures` at the
score S = C D / V and the information I = C^2 / V.

**No single user decides**: a user with W_u adds at most t W_u - t^2 W_u^2 / 2 <= 1/2 to the logarithm,
whatever t is, because what is extreme of it stands in V, too. Shocks that all users of a day share
(weather, a strike) are no independent news either: V is the largest of those over users and over days.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from slipway.stats.mixtures import NI_WEIGHTS, log_evidence
from slipway.stats.split import Floats

LARGE, LARGE_WEIGHT = (0.5, 2.0, 8.0), 0.3
"""Losses that nobody looks for, and the share of the evidence that looks for them: V grows with what a
difference adds to it, so that a large one is seen by alternatives of its own size alone."""

BETTER, BETTER_WEIGHT = (-0.1, -0.3, -0.9), 0.2
"""Gains that exclude a loss, and their share, for the same reason."""


class Moments(NamedTuple):
    """Sums over clusters of squares and products of their totals D_u and C_u; ``clusters`` how many."""

    dd: float
    dc: float
    cc: float
    clusters: int

    def at(self, theta: float) -> float:
        """V: the sum of (D_u - theta C_u)^2."""
        return max(0.0, self.dd - 2 * theta * self.dc + theta**2 * self.cc)


class PairedLosses(NamedTuple):
    """All that rows say of two models' losses.

    ``difference`` is D, ``control`` C, in the loss's unit; ``users`` and ``days`` the moments.
    """

    rows: int
    difference: float
    control: float
    users: Moments
    days: Moments

    @classmethod
    def of(cls, parts: Sequence[Any]) -> Self:
        """The five parts in their order, the moments as any sequences: what JSON makes of them."""
        rows, difference, control, users, days = parts
        return cls(rows, difference, control, Moments(*users), Moments(*days))

    def variance(self, theta: float) -> float:
        """The larger of both sums of squares."""
        return max(self.users.at(theta), self.days.at(theta))

    @property
    def effect(self) -> float:
        """D / C: below 0 where the candidate errs less. Raises ValueError without any loss."""
        if not self.control > 0:
            raise ValueError("the champion has no loss: a relative difference is undefined")
        return self.difference / self.control


def paired_losses(
    control: ArrayLike, candidate: ArrayLike, user: ArrayLike, day: ArrayLike
) -> PairedLosses:
    """Sums of losses [n] of both models on the same rows; ``user`` and ``day`` [n] name clusters.

    Raises ValueError for shapes that differ, or a loss that is negative or not finite.

    >>> paired_losses([1.0, 2.0], [1.5, 2.0], ["a", "b"], [1, 1]).effect
    0.1666...
    """
    a, b = np.asarray(control, dtype=np.float64), np.asarray(candidate, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"losses of shapes {a.shape} and {b.shape}, must be equal [n]")
    if not np.isfinite(a + b).all() or (a < 0).any() or (b < 0).any():
        raise ValueError("losses must be finite and not negative")
    return PairedLosses(
        len(a),
        float((b - a).sum()),
        float(a.sum()),
        moments(b - a, a, user),
        moments(b - a, a, day),
    )


def moments(difference: Floats, control: Floats, cluster: ArrayLike) -> Moments:
    """Of differences [n] and of the control's losses [n], summed over what ``cluster`` [n] names."""
    names, code = np.unique(np.asarray(cluster), return_inverse=True)
    d = np.bincount(code.reshape(-1), difference, len(names))
    c = np.bincount(code.reshape(-1), control, len(names))
    return Moments(float(d @ d), float(d @ c), float(c @ c), len(names))


def _log_e(
    found: PairedLosses, null: float, alternatives: Sequence[float], weights: Sequence[float]
) -> float:
    """Ln E of relative differences ``alternatives`` against ``null``; 0 before anything was seen."""
    variance = found.variance(null)
    if variance == 0:
        return 0.0
    score = found.control * found.difference / variance
    information = found.control**2 / variance
    return float(
        log_evidence(score, information, null=null, alternatives=alternatives, weights=weights)
    )


def harm(found: PairedLosses, *, effects: Sequence[float], weights: Sequence[float]) -> float:
    """Log-evidence against "the loss did not grow"; effects .02 look for 2 % more loss.

    >>> harm(paired_losses([], [], [], []), effects=[0.1], weights=[1.0])
    0.0
    """
    shares = [(1 - LARGE_WEIGHT) * weight for weight in weights]
    large = [LARGE_WEIGHT / len(LARGE)] * len(LARGE)
    return _log_e(found, 0.0, [*effects, *LARGE], [*shares, *large])


def non_inferiority(found: PairedLosses, *, margin: float) -> float:
    """Log-evidence against "a loss greater by ``margin`` or more"; alternatives: equal, as much less."""
    shares = [(1 - BETTER_WEIGHT) * weight for weight in NI_WEIGHTS]
    better = [BETTER_WEIGHT / len(BETTER)] * len(BETTER)
    return _log_e(found, margin, [0.0, -margin, *BETTER], [*shares, *better])


def bounds(found: PairedLosses, *, alpha: float, scale: float) -> tuple[float, float, float]:
    """The relative difference with bounds that hold at all looks at once.

    Robbins' normal mixture with tau = ``scale``, the difference that is expected; the variance is taken
    at the estimate. Raises ValueError where nothing was lost or nothing varies.
    """
    middle = found.effect
    variance = found.variance(middle)
    if not variance > 0 or not scale > 0:
        raise ValueError("the losses do not vary: a difference has no error")
    info, rho = found.control**2 / variance, scale**-2
    half = float(np.sqrt((info + rho) * np.log((info + rho) / (rho * alpha**2))) / info)
    return middle, middle - half, middle + half
