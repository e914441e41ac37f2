"""The machine-code loop behind :mod:`pipeline.training.compiled`; importing it loads numba."""

import numpy as np
from numba import njit

from pipeline.training.walkable import CATEGORICAL, LEAF, MISSING_LEFT


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def encode(
    rows: np.ndarray, is_categorical: np.ndarray, cat_start: np.ndarray, categories: np.ndarray
) -> np.ndarray:
    """A copy of ``rows`` with each category value replaced by its index, unknown ones by NaN."""
    out = rows.copy()
    for column in range(rows.shape[1]):
        if not is_categorical[column]:
            continue
        first, last = cat_start[column], cat_start[column + 1]
        for row in range(rows.shape[0]):
            value = rows[row, column]
            low, high = first, last
            while low < high:
                middle = (low + high) >> 1
                if categories[middle] < value:
                    low = middle + 1
                else:
                    high = middle
            known = low < last and categories[low] == value
            out[row, column] = low - first if known else np.nan
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def raw_scores(  # noqa: PLR0917 - machine code takes arrays by place
    rows: np.ndarray,
    baseline: float,
    roots: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    flags: np.ndarray,
    bitset: np.ndarray,
    bitsets: np.ndarray,
) -> np.ndarray:
    """Log-odds float64[n]: the baseline plus one leaf per tree, added in scikit-learn's order.

    ``rows`` float64[n, width] come from :func:`encode`. Trees are the outer loop, so that a tree
    stays in the cache for all rows of a request; each row still adds its leaves in tree order,
    which keeps the sum bit-exact.
    """
    out = np.full(rows.shape[0], baseline)
    for tree in range(roots.shape[0]):
        root = roots[tree]
        for row in range(rows.shape[0]):
            node = root
            while not flags[node] & LEAF:
                value = rows[row, feature[node]]
                if np.isnan(value):
                    goes_left = (flags[node] & MISSING_LEFT) != 0
                elif flags[node] & CATEGORICAL:
                    code = np.int64(value)
                    goes_left = (bitsets[bitset[node], code >> 5] >> np.uint32(code & 31)) & 1 != 0
                else:
                    goes_left = value <= threshold[node]
                node = left[node] if goes_left else right[node]
            out[row] += threshold[node]
    return out
