"""A histogram of numbers that needs no edges: the head of a float32 says which cell a value is in.

Sign, exponent and four bits of the mantissa of ``value - centre`` are 13 bits; turned so that order is
kept they number 8,192 cells, each at most 1/16 of its distance from the centre wide. So equal values of
any time fall into equal cells, histograms of hours, days and machines add up, and a unit that is off by
1,000 lands elsewhere than it did. (The idea of a sketch of bounded relative error: Masson, Rim and Lee,
DDSketch, VLDB 2019; here the logarithm is the one that the number's own format holds.)
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CELLS = 8192
"""Cells of numbers, in their order; infinities have cells of their own."""
MISSING = CELLS
"""The cell of NaN, after all others."""

_DROPPED = 19
_HALF = CELLS // 2
_SIGN, _REST = 31, 0x7FFFFFFF


def cells_of(values: ArrayLike, centre: float = 0.0) -> NDArray[np.int32]:
    """The cell int32[n] of each value float[n]; NaN is :data:`MISSING`.

    >>> cells_of([0.0, 1.0, 1.01, float("nan")]).tolist()
    [4096, 6128, 6128, 8192]
    """
    given = np.asarray(values)
    with np.errstate(over="ignore", invalid="ignore"):  # beyond float32 is infinite
        near = (given - centre).astype(np.float32) + np.float32(0.0)  # and no -0
    bits = near.view(np.int32)
    ordered = bits ^ ((bits >> _SIGN) & _REST)
    found: NDArray[np.int32] = (ordered >> _DROPPED) + _HALF
    found[np.isnan(near)] = MISSING
    return found


def lower_edges(centre: float = 0.0) -> Floats:
    """The least value float64[CELLS] of each cell, infinities included (cells of NaN bits: NaN)."""
    ordered = (np.arange(CELLS, dtype=np.int64) - _HALF) << _DROPPED
    narrow = ordered.astype(np.int32)
    bits = narrow ^ ((narrow >> _SIGN) & _REST)
    with np.errstate(invalid="ignore"):
        edges: Floats = bits.view(np.float32).astype(np.float64) + centre
    return edges


def quantile(counts: ArrayLike, share: float, centre: float = 0.0) -> float:
    """The value below which ``share`` of counts [CELLS] lie, to a cell; NaN without any.

    >>> round(quantile(np.bincount(cells_of(np.arange(1.0, 101.0)), minlength=CELLS), 0.5))
    50
    """
    found = np.asarray(counts, dtype=np.float64)[:CELLS]
    if not found.sum():
        return float("nan")
    place = int(np.searchsorted(np.cumsum(found), share * found.sum()))
    return float(lower_edges(centre)[min(place, CELLS - 1)])
