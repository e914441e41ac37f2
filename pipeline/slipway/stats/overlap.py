"""How alike are two rankings, and two mixes?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Exchange(NamedTuple):
    """Places by class [G]: those the first lists ``had``, those of them ``gone`` from the second;
    those the second lists ``have``, those of them ``new``.
    """

    had: Floats
    gone: Floats
    have: Floats
    new: Floats


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


def discounts(k: int) -> Floats:
    """How much a place counts, [k]: 1 / log2(1 + rank) as in NDCG, summing to 1.

    >>> discounts(2).round(3).tolist()
    [0.613, 0.387]
    """
    weight = 1 / np.log2(np.arange(2.0, k + 2))
    share: Floats = weight / weight.sum()
    return share


def weighted_churn(first: ArrayLike, second: ArrayLike, weight: ArrayLike) -> Floats:
    """Weight of the places whose item the other list lacks, float64[R], both lists averaged.

    ``weight`` [k] sums to 1. Equal weights give the symmetric difference over 2 k: the churn.

    >>> weighted_churn([[1, 2]], [[2, 3]], [0.75, 0.25]).tolist()
    [0.5]
    """
    a, b = _lists(first, second)
    share = np.asarray(weight, dtype=np.float64)
    same = a[:, :, None] == b[:, None, :]
    found: Floats = (~same.any(axis=2) @ share + ~same.any(axis=1) @ share) / 2
    return found


def exchange(
    first: ArrayLike, second: ArrayLike, first_class: ArrayLike, second_class: ArrayLike, size: int
) -> Exchange:
    """Which classes lost and won places: items [R, k] and class codes [R, k] below ``size``.

    >>> found = exchange([[1, 2]], [[2, 3]], [[0, 1]], [[1, 0]], 2)
    >>> found.gone.tolist(), found.new.tolist()
    ([1.0, 0.0], [1.0, 0.0])
    """
    a, b = _lists(first, second)
    same = a[:, :, None] == b[:, None, :]
    counts = []
    for code, lost in ((first_class, ~same.any(axis=2)), (second_class, ~same.any(axis=1))):
        codes = np.asarray(code, dtype=np.int64)
        counts += [np.bincount(part, minlength=size) for part in (codes.ravel(), codes[lost])]
    return Exchange(*(np.asarray(part, dtype=np.float64) for part in counts))


def mix_shift(first_class: ArrayLike, second_class: ArrayLike, size: int) -> Floats:
    """Total variation distance of the class mixes of each pair of lists: codes [R, k], float64[R].

    >>> mix_shift([[0, 0, 1, 1]], [[0, 1, 1, 1]], 2).tolist()
    [0.25]
    """
    a, b = _lists(first_class, second_class)
    rows = np.arange(len(a))[:, None] * size
    cells = len(a) * size
    change = np.bincount((rows + a).ravel(), minlength=cells) - np.bincount(
        (rows + b).ravel(), minlength=cells
    )
    distance: Floats = np.abs(change.reshape(len(a), size)).sum(axis=1) / (2 * a.shape[1])
    return distance


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
