"""The machine-code loop behind :mod:`slipway.artifact.trees`; importing it loads numba."""

import math

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
    """Log-odds [n]: the baseline plus one leaf per tree, added in scikit-learn's order.

    They are of the type of ``baseline`` and ``values``: float64, or float32 as XGBoost adds.

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


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def c_exp(values: np.ndarray) -> np.ndarray:
    """E to the power of float32[n], by the C library's ``expf``: numpy's own ends in other bits."""
    out = np.empty_like(values)
    for place in range(values.shape[0]):
        out[place] = math.exp(values[place])
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def single_log(value: np.float32) -> np.float32:
    """The logarithm of a float32, by the C library's ``logf``."""
    return np.float32(math.log(value))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def additive_scores(
    rows: np.ndarray,
    base: float,
    is_category: np.ndarray,
    start: np.ndarray,
    codes: np.ndarray,
    effects: np.ndarray,
    at: np.ndarray,
    slope: np.ndarray,
    missing: np.ndarray,
) -> np.ndarray:
    """The base plus one effect per column float64[n], added in the order of the columns.

    ``rows`` float64[n, width]. Of a category the effect of its code, of a number ``slope * (x - at)``, of
    what is missing or not among ``codes`` that of ``missing``; the rest as ``additive.Additive`` says.
    """
    out = np.full(rows.shape[0], base)
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            value = rows[row, column]
            if not is_category[column]:
                known = value == value  # noqa: PLR0124 - NaN
                out[row] += slope[column] * (value - at[column]) if known else missing[column]
                continue
            low, last = start[column], start[column + 1]
            high = last
            while low < high:
                middle = (low + high) >> 1
                if codes[middle] < value:
                    low = middle + 1
                else:
                    high = middle
            known = low < last and codes[low] == value
            out[row] += effects[low] if known else missing[column]
    return out
