"""Bounds of a share: Wilson's (1927) score interval, of one share and of many."""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.stats.paired import Bounds

Floats = NDArray[np.float64]


def wilson(successes: int, trials: int, alpha: float) -> Bounds:
    """One-sided bounds of a share, each at error ``alpha``.

    Raises ValueError for no trials or counts that cannot be.

    >>> [round(bound, 3) for bound in wilson(95, 100, 0.05)]
    [0.901, 0.975]
    """
    if not 0 <= successes <= trials or not trials:
        raise ValueError(f"{successes} of {trials}: a share needs 0 <= successes <= trials > 0")
    low, high = wilson_bounds(successes, trials, z=NormalDist().inv_cdf(1 - alpha))
    return Bounds(float(low), float(high))


def wilson_bounds(successes: ArrayLike, trials: ArrayLike, *, z: float) -> tuple[Floats, Floats]:
    """The bounds of each rate, at ``z`` standard errors; trials 0 give (0, 1).

    Counts may be fractional (effective counts); shapes broadcast.

    >>> [round(float(b), 4) for b in wilson_bounds(10, 10, z=1.96)]
    [0.7225, 1.0]
    """
    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(trials, float))
    if (k < 0).any() or (k > n * (1 + 1e-9)).any() or not z > 0:
        raise ValueError("successes must lie in [0, trials], z above 0")
    some = np.maximum(n, 1e-9)
    share, spread = np.minimum(k / some, 1.0), z * z / some
    middle = share + spread / 2
    half = z * np.sqrt(share * (1 - share) / some + spread / (4 * some))
    empty, width = n <= 0, 1 + spread
    return (
        np.where(empty, 0.0, np.maximum((middle - half) / width, 0.0)),
        np.where(empty, 1.0, np.minimum((middle + half) / width, 1.0)),
    )
