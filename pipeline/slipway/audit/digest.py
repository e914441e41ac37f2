"""Digests of rows over chosen columns: equal rows, equal digests."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Digest = NDArray[np.uint64]
Column = NDArray[np.float64] | NDArray[np.int32] | NDArray[np.int64]
_ODD = np.uint64(0x9E3779B97F4A7C15)


def mix(key: Digest) -> Digest:
    """SplitMix64 (Steele, Lea and Flood 2014): well spread, the same on any machine.

    >>> hex(mix(np.array([0], dtype=np.uint64))[0])
    '0xe220a8397b1dcdaf'
    """
    z = key + _ODD
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def distinct(of: Digest) -> int:
    """How many different digests there are; np.unique hashes them, which takes a hundred times as long.

    >>> distinct(np.array([3, 7, 3], dtype=np.uint64))
    2
    """
    in_order = np.sort(of)
    return min(len(of), 1) + int(np.count_nonzero(in_order[1:] != in_order[:-1]))


def of_rows(columns: Iterable[Column], rows: int) -> Digest:
    """uint64[rows] over numbers (bit for bit, every NaN alike) and codes, in the given order."""
    found = np.zeros(rows, dtype=np.uint64)
    for column in columns:
        plain = (
            np.where(np.isnan(column), np.nan, column + 0.0) if column.dtype.kind == "f" else column
        )
        bits = plain.view(np.uint64) if plain.dtype.itemsize == 8 else plain.astype(np.uint64)  # noqa: PLR2004
        found = mix(found ^ bits)
    return found
