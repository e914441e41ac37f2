"""The machine-code loop behind :mod:`slipway.artifact.trees`; importing it loads numba."""

import numpy as np
from numba import njit

from slipway.artifact.tree_checks import CATEGORICAL, MISSING_LEFT

BLOCK = 64
"""Rows that go down a tree together."""


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
def raw_scores(
    rows: np.ndarray,
    baseline: float,
    roots: np.ndarray,
    depths: np.ndarray,
    nodes: np.ndarray,
    values: np.ndarray,
    bitsets: np.ndarray,
) -> np.ndarray:
    """Log-odds float64[n]: the baseline plus one leaf per tree, added in scikit-learn's order.

    ``rows`` float64[n, width] come from :func:`encode`, the trees from ``tree_layout.pack``. A block of
    rows goes down a tree level by level, without a branch on the comparison: the processor works on
    many rows at once instead of guessing the way of one. Rows that have arrived stay where they
    are. Each row adds its leaves in tree order, which keeps the sum bit-exact.
    """
    out = np.full(rows.shape[0], baseline)
    at = np.empty(BLOCK, np.int64)
    for first in range(0, rows.shape[0], BLOCK):
        size = min(BLOCK, rows.shape[0] - first)
        for tree in range(roots.shape[0]):
            at[:size] = roots[tree]
            for _ in range(depths[tree]):
                for row in range(size):
                    node = nodes[at[row]]
                    value = rows[first + row, node.feature]
                    missing_right = (node.flags & MISSING_LEFT) == 0
                    if node.flags & CATEGORICAL and value == value:  # noqa: PLR0124 - not missing
                        code = np.int64(value)
                        word = bitsets[np.int64(node.threshold), code >> 5]
                        right = np.int64(1 - ((word >> np.uint32(code & 31)) & 1))
                    else:
                        missing = value != value  # noqa: PLR0124 - NaN
                        above = np.int64(not (value <= node.threshold))
                        right = above & (np.int64(missing_right) | np.int64(not missing))
                    at[row] = node.left + right
            for row in range(size):
                out[first + row] += values[at[row]]
    return out
