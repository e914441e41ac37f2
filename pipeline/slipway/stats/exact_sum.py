"""Is one number computed from others? Exact sums."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT = 1e-7
"""Share of the variance that rounding may leave open."""

RIDGE = 1e-10


def sum_of(x: Floats, y: Floats, *, most: int) -> list[int]:
    """The fewest columns of ``x`` [n, d] whose weighted sum is ``y`` [n] to rounding; [] if none.

    Least squares on all columns (Gram matrix), then backward elimination. At most ``most`` columns
    count as a sum; n must exceed d many times, else anything fits.

    >>> x = np.random.default_rng(0).normal(size=(100, 4))
    >>> sum_of(x, x[:, 0] + 2 * x[:, 3], most=3)
    [0, 3]
    """
    z, target = standard(x), standard(y[:, None])[:, 0]
    if not target.any():
        return []
    gram, right = z.T @ z / len(z), z.T @ target / len(z)
    kept = [int(k) for k in np.flatnonzero(np.diag(gram) > 0)]
    if _open(gram, right, kept) > EXACT:
        return []
    for k in sorted(kept, key=lambda k: abs(right[k])):
        rest = [j for j in kept if j != k]
        if rest and _open(gram, right, rest) <= EXACT:
            kept = rest
    return kept if len(kept) <= most else []


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
    part = gram[np.ix_(kept, kept)] + RIDGE * np.eye(len(kept))
    weight = np.linalg.solve(part, right[kept])
    return float(1 - 2 * weight @ right[kept] + weight @ gram[np.ix_(kept, kept)] @ weight)
