"""The machine-code loops behind :mod:`slipway.artifact.trees`; importing them loads numba."""

import math

import numpy as np
from numba import njit

from slipway.artifact import tree_layout

NOTHING = np.uint64(tree_layout.NOTHING)
_FEATURE, _CUT, _LEFT = map(np.uint64, (tree_layout.FEATURE, tree_layout.CUT, tree_layout.LEFT))
_SPLITS_CATEGORIES, _GOES_LEFT = map(
    np.uint64, (tree_layout.SPLITS_CATEGORIES, tree_layout.GOES_LEFT)
)
_CUTS, _WORD, _BIT, _ONE = map(np.uint64, (tree_layout.NOTHING, 5, 31, 1))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def encode(
    rows: np.ndarray, is_categorical: np.ndarray, first: np.ndarray, edges: np.ndarray
) -> np.ndarray:
    """The rank uint32[n, width] of each value of ``rows`` float64[n, width] among its column's edges.

    A category's rank is its place; NaN and unknown categories are NOTHING.
    """
    out = np.empty(rows.shape, np.uint32)
    for column in range(rows.shape[1]):
        begin, end = first[column], first[column + 1]
        for row in range(rows.shape[0]):
            value = rows[row, column]
            low, size = begin, end - begin
            while size > 0:  # halved without a branch on the comparison
                half = (size + 1) >> 1
                low += half * np.int32(edges[low + half - 1] < value)
                size -= half
            known = value == value  # noqa: PLR0124 - not NaN
            if is_categorical[column]:
                known = low < end and edges[low] == value
            out[row, column] = low - begin if known else NOTHING
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def raw_scores(
    ranks: np.ndarray,
    baseline: float,
    roots: np.ndarray,
    nodes: np.ndarray,
    values: np.ndarray,
    bitsets: np.ndarray,
) -> np.ndarray:
    """Log-odds [n]: the baseline plus one leaf per tree, added in scikit-learn's order.

    They are of the type of ``baseline`` and ``values``: float64, or float32 as XGBoost adds.

    ``ranks`` uint32[n, width] come from :func:`encode`, the trees from ``tree_layout.pack``. All rows go
    down one tree before the next, so that its nodes stay near; each row adds its leaves in tree order,
    which keeps the sum bit-exact. Unsigned numbers, as signed ones are looked at for being negative.
    """
    out = np.full(ranks.shape[0], baseline)
    for tree in range(roots.shape[0]):
        for row in range(ranks.shape[0]):
            mine = ranks[row]
            at = np.uint64(roots[tree])
            node = nodes[at]
            left = node >> _LEFT
            while left != at:
                rank = np.uint64(mine[node & _FEATURE])
                cut = node >> _CUT & _CUTS
                missing = rank == NOTHING
                if node & _SPLITS_CATEGORIES and not missing:
                    word = np.uint64(bitsets[cut, rank >> _WORD])
                    right = _ONE - (word >> (rank & _BIT) & _ONE)
                else:
                    right = np.uint64(rank > cut)
                    right &= np.uint64(node & _GOES_LEFT == 0) | np.uint64(not missing)
                at = left + right
                node = nodes[at]
                left = node >> _LEFT
            out[row] += values[at]
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
