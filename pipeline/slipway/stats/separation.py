"""How well one score tells two classes apart, inside strata of like rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

FEWEST_UNITS = 3
FEW_UNITS = 10
"""Units below which their spread is known too badly to believe a small one: five folds may agree by chance."""
CLOSEST = 1e-6
"""AUC is kept this far from 0 and 1 before it becomes a distance."""


class Separation(NamedTuple):
    """``auc`` in [0, 1] (.5: nothing), its standard error, and the pairs that were compared."""

    auc: float
    se: float
    pairs: float

    def above(self, z: float) -> float:
        """The bound that the AUC exceeds by ``z`` standard errors, at least .5."""
        return max(0.5, self.auc - z * self.se)


def within(
    negatives: Floats, positives: Floats, scores: Floats, units: NDArray[np.intp]
) -> Separation:
    """AUC of ``scores`` pooled over strata: only rows of the same stratum are compared.

    ``negatives``, ``positives``, ``scores`` are [S, B]: counts and the score of each bin in each of
    S strata; ``units`` intp[S] says which strata belong together (a time block, a fold). With U_s
    the Mann-Whitney count of stratum s and M_s = n0 n1 its pairs, AUC = sum U / sum M, ties half.
    The standard error is that of the ratio over units (Cochran 1977, section 6.4); with fewer than
    ten units that hold pairs it is at least Hanley and McNeil's (1982). No pairs: AUC .5, infinite error.
    """
    order = np.argsort(scores, axis=1, kind="stable")
    n0, n1, s = (np.take_along_axis(a, order, axis=1) for a in (negatives, positives, scores))
    wins = _wins(n0, n1, s)
    pairs = n0.sum(axis=1) * n1.sum(axis=1)
    total = float(pairs.sum())
    if total <= 0:
        return Separation(0.5, float("inf"), 0.0)
    count = int(units.max()) + 1
    by_unit = [np.bincount(units, amount, count).astype(float) for amount in (wins, pairs)]
    found = ratio(*by_unit)
    if np.count_nonzero(by_unit[1]) >= FEW_UNITS:
        return found
    drawn = hanley_mcneil(found.auc, n0.sum(), n1.sum())
    return found._replace(se=max(found.se, drawn) if np.isfinite(found.se) else drawn)


def ratio(wins: Floats, pairs: Floats) -> Separation:
    """AUC and its error from Mann-Whitney counts and pairs of independent units [U].

    The error is infinite with fewer than three units that hold pairs.

    >>> ratio(np.array([3.0, 4.0, 3.0]), np.array([4.0, 5.0, 4.0])).auc.__round__(3)
    0.769
    """
    total = float(pairs.sum())
    used = int(np.count_nonzero(pairs))
    if total <= 0:
        return Separation(0.5, float("inf"), 0.0)
    auc = float(wins.sum() / total)
    if used < FEWEST_UNITS:
        return Separation(auc, float("inf"), total)
    gap = wins - auc * pairs
    return Separation(auc, float(np.sqrt(used / (used - 1) * (gap**2).sum()) / total), total)


def _wins(n0: Floats, n1: Floats, s: Floats) -> Floats:
    """Mann-Whitney counts [S] of bins in rising order of score; equal scores count one half."""
    below = np.cumsum(n0, axis=1) - n0
    new = np.ones(s.shape, dtype=bool)
    new[:, 1:] = s[:, 1:] != s[:, :-1]
    tie = np.cumsum(new, axis=1) - 1 + (np.arange(len(s)) * s.shape[1])[:, None]
    tied = np.bincount(tie.ravel(), n0.ravel(), s.size)[tie]
    first = np.full(s.size, np.inf)
    np.minimum.at(first, tie.ravel(), below.ravel())
    wins: Floats = (n1 * (first[tie] + tied / 2)).sum(axis=1)
    return wins


def hanley_mcneil(auc: float, negatives: float, positives: float) -> float:
    """Standard error of an AUC from its class sizes (Hanley and McNeil 1982, equation 2).

    >>> round(hanley_mcneil(0.8, 100, 100), 4)
    0.0314
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return float(np.sqrt(max(spread, 0.0) / (negatives * positives)))


def distance(auc: float) -> float:
    """Distance d' = sqrt(2) Phi^-1(AUC), in standard deviations of two normal classes.

    Negative below .5. Distances compare gains near .5 and near 1 on one scale (Green and Swets
    1966).

    >>> round(distance(0.9), 3)
    1.812
    """
    return float(np.sqrt(2) * ndtri(min(max(auc, CLOSEST), 1 - CLOSEST)))
