"""Normalised discounted cumulative gain of many short lists at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Ndcg(NamedTuple):
    """``values`` float64[G] in [0, 1] of the lists whose ``groups`` [G] had any gain."""

    values: NDArray[np.float64]
    groups: NDArray[np.int64]


def ndcg(gains: ArrayLike, scores: ArrayLike, group: ArrayLike, *, k: int) -> Ndcg:
    """NDCG at ``k`` of each group of rows: gains >= 0 [n], scores [n], group codes >= 0 [n].

    DCG = sum gain / log2(1 + rank) over the first k (Jarvelin and Kekalainen 2002, linear gain).
    Equal scores share the mean of their places' discounts (McSherry and Najork 2008), so the order
    of the rows never counts. A list without gain is undefined and left out; compare two models on
    equal lists.

    Raises ValueError for a number that is not finite or a negative gain.

    >>> round(float(ndcg([1, 0], [0.2, 0.9], [7, 7], k=10).values[0]), 4)
    0.6309
    """
    gain, score = np.asarray(gains, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    groups, code = np.unique(np.asarray(group, dtype=np.int64), return_inverse=True)
    if not (np.isfinite(gain).all() and np.isfinite(score).all()) or (gain < 0).any():
        raise ValueError("gains and scores must be finite, gains >= 0")
    code = code.reshape(-1)
    found = _dcg(gain, score, code, len(groups), k)
    best = _dcg(gain, gain, code, len(groups), k)
    some = best > 0
    return Ndcg(found[some] / best[some], groups[some])


def _dcg(
    gain: NDArray[np.float64],
    score: NDArray[np.float64],
    code: NDArray[np.intp],
    lists: int,
    k: int,
) -> NDArray[np.float64]:
    order = np.lexsort((-score, code))
    ranked, value = code[order], score[order]
    first = np.searchsorted(ranked, np.arange(lists))
    rank = np.arange(len(ranked)) - first[ranked] if len(ranked) else np.zeros(0, np.int64)
    discount = np.where(rank < k, 1 / np.log2(rank + 2), 0.0)
    new = np.ones(len(ranked), dtype=bool)
    new[1:] = (ranked[1:] != ranked[:-1]) | (value[1:] != value[:-1])
    tie = np.cumsum(new) - 1
    shared = np.bincount(tie, weights=discount) / np.maximum(np.bincount(tie), 1)
    sums = np.bincount(ranked, weights=gain[order] * shared[tie], minlength=lists)
    return sums.astype(np.float64)
