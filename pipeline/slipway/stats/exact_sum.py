"""Is one number computed from others? Exact sums."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT, MOST_ROUNDED = 1e-7, 1e-4
"""Share of the variance that may stay open: of numbers as they are, and of numbers that were rounded."""

MOST_DECIMALS = 6
SPARE = 4.0
"""Times the variance that rounding leaves in the mean, for it is estimated from few rows."""

RIDGE = 1e-10


def sum_of(x: Floats, y: Floats, *, most: int) -> list[int]:
    """The fewest columns of ``x`` [n, d] whose weighted sum is ``y`` [n] to rounding; [] if none.

    Least squares on all columns (Gram matrix), then backward elimination. At most ``most`` columns
    count as a sum; n must exceed d many times, else anything fits. Numbers with few decimals were
    rounded before they were written down: what that leaves open (a twelfth of the squared step for
    each, weighted) is no noise.

    >>> x = np.random.default_rng(0).normal(size=(100, 4))
    >>> sum_of(x, x[:, 0] + 2 * x[:, 3], most=3)
    [0, 3]
    """
    z, target = standard(x), standard(y[:, None])[:, 0]
    if not target.any():
        return []
    gram, right = z.T @ z / len(z), z.T @ target / len(z)
    kept = [int(k) for k in np.flatnonzero(np.diag(gram) > 0)]
    if not kept:
        return []
    weight = _weights(gram, right, kept)
    rounded = rounding(y[:, None])[0] + float(weight**2 @ rounding(x[:, kept]))
    least = min(MOST_ROUNDED, max(EXACT, SPARE * rounded))
    if _open(gram, right, kept) > least:
        return []
    for k in sorted(kept, key=lambda k: abs(right[k])):
        rest = [j for j in kept if j != k]
        if rest and _open(gram, right, rest) <= least:
            kept = rest
    return kept if len(kept) <= most else []


def rounding(x: Floats) -> Floats:
    """Share [d] of each column's variance that is rounding to the decimals it is written with.

    0 for constants and for columns with more than six decimals.

    >>> rounding(np.array([[0.1, np.pi], [0.3, 1.0], [0.2, 2.0]])).round(4)
    array([0.125, 0.   ])
    """
    found = np.zeros(x.shape[1])
    for k, column in enumerate(x.T):
        variance = column.var()
        for decimals in range(MOST_DECIMALS + 1):
            scaled = column * 10.0**decimals
            if variance > 0 and (np.abs(scaled - np.rint(scaled)) <= EXACT).all():
                found[k] = 10.0 ** (-2 * decimals) / 12 / variance
                break
    return found


def standard(x: Floats) -> Floats:
    """Columns of ``x`` [n, d] with mean 0 and deviation 1; constants become 0."""
    gap = x - x.mean(axis=0)
    spread = gap.std(axis=0)
    # a constant has rounding as its spread
    flat = spread <= 1e-12 * np.maximum(np.abs(x).max(axis=0), 1e-300)
    found: Floats = np.where(flat, 0.0, gap / np.where(flat, 1.0, spread))
    return found


def _open(gram: Floats, right: Floats, kept: list[int]) -> float:
    """Share of the variance that columns ``kept`` leave open."""
    weight = _weights(gram, right, kept)
    return float(1 - 2 * weight @ right[kept] + weight @ gram[np.ix_(kept, kept)] @ weight)


def _weights(gram: Floats, right: Floats, kept: list[int]) -> Floats:
    """Weights of standardised columns ``kept``."""
    part = gram[np.ix_(kept, kept)] + RIDGE * np.eye(len(kept))
    return np.asarray(np.linalg.solve(part, right[kept]), dtype=np.float64)
