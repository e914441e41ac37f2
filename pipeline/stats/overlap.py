"""How alike are two rankings, and two mixes?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def top_k_overlap(first: ArrayLike, second: ArrayLike) -> Floats:
    """Share of common items of each pair of lists: codes [R, k] and [R, k] give float64[R].

    The items of a list are distinct. 1 - overlap is the churn. Raises ValueError for lists of
    unequal shape or length 0.

    >>> top_k_overlap([[1, 2, 3, 4]], [[4, 9, 1, 8]]).tolist()
    [0.5]
    """
    a, b = _lists(first, second)
    shared: Floats = (a[:, :, None] == b[:, None, :]).any(axis=2).mean(axis=1)
    return shared


def rank_biased_overlap(first: ArrayLike, second: ArrayLike, *, p: float = 0.9) -> Floats:
    """Extrapolated rank-biased overlap of lists [R, k], float64[R] in [0, 1].

    RBO_ext = X_k / k p^k + (1 - p) / p sum_d X_d / d p^d, with X_d common items of the first d
    places (Webber, Moffat and Zobel 2010, equation 32 for equal depths). ``p`` in (0, 1) is the
    patience: .9 puts 86 % of the weight on the first ten places.

    >>> rank_biased_overlap([[1, 2, 3]], [[1, 2, 3]]).round(12).tolist()
    [1.0]
    """
    a, b = _lists(first, second)
    if not 0 < p < 1:
        raise ValueError(f"p == {p}, must be in (0, 1)")
    depth = np.arange(1, a.shape[1] + 1)
    # an item found at places i and j is common from depth max(i, j) on
    rows, i, j = np.nonzero(a[:, :, None] == b[:, None, :])
    common = np.zeros(a.shape)
    np.add.at(common, (rows, np.maximum(i, j)), 1.0)
    agreement = common.cumsum(axis=1) / depth
    tail: Floats = agreement[:, -1] * p ** depth[-1]
    head: Floats = (agreement * p**depth).sum(axis=1) * (1 - p) / p
    return head + tail


def total_variation(first: ArrayLike, second: ArrayLike) -> float:
    """Half the sum of |share - share| of two mixes [G] of non-negative amounts, in [0, 1].

    .15 means that 15 % of the places went to another class. Raises ValueError for an empty mix.

    >>> round(total_variation([50, 50], [80, 20]), 12)
    0.3
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    fine = a.shape == b.shape and np.isfinite(a).all() and np.isfinite(b).all()
    if not fine or (a < 0).any() or (b < 0).any() or not a.sum() > 0 or not b.sum() > 0:
        raise ValueError("mixes must be of equal shape, finite, >= 0 and not empty")
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)


def _lists(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 2 or not a.shape[1]:  # noqa: PLR2004 - lists of lists
        raise ValueError(f"lists of shape {a.shape} and {b.shape}, must be equal [R, k], k >= 1")
    return a, b
