"""What amount is usual, such as money or time of a user's day, from counts that add up.

Counts of sizes in buckets of an eighth of an octave (9 %) say which size all but a few stay below, whatever
the unit; they add up in any order, and take the same room for ten amounts and for a billion.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.stats.split import Floats
from slipway.stats.user_cap import HEAVIEST

Ints = NDArray[np.int64]

_AN_OCTAVE, _LOWEST, _HIGHEST = 8, -24, 56
SIZES = _AN_OCTAVE * (_HIGHEST - _LOWEST)
"""How many buckets there are: from a sixteen-millionth to 7e16; beyond them the first and the last count."""


def sizes(amounts: ArrayLike) -> Ints:
    """Counts int64[..., SIZES] of the sizes of amounts [N, ...]; those of 0 have none.

    >>> int(sizes([0.0, -2.0, 2.0]).sum())
    2
    """
    found = np.abs(np.asarray(amounts, dtype=np.float64))
    columns = found.reshape(len(found), math.prod(found.shape[1:])).T
    counts = [np.bincount(_bucket(column[column > 0]), minlength=SIZES) for column in columns]
    shape = (*found.shape[1:], SIZES)
    return np.array(counts, np.int64).reshape(shape)


def usual_amount(counts: Ints, quantile: float) -> float:
    """What no more than 1 - ``quantile`` of the amounts that are none of 0 exceed, to a bucket's end.

    ``counts`` int64[SIZES]. Nor do the largest three as soon as the quantile tells any apart; before, it
    is the largest. 0 where none is known.

    >>> usual_amount(sizes([1.0] * 99 + [1e9]), 0.95) < 1.1, usual_amount(sizes([]), 0.95)
    (True, 0.0)
    """
    known = int(counts.sum())
    if not known:
        return 0.0
    enough = known * (1 - quantile) >= 1 - 1e-9
    beyond = max(HEAVIEST, math.floor((1 - quantile) * known + 1e-9)) if enough else 0
    above = known - np.cumsum(counts)
    bucket = int(np.flatnonzero(above <= beyond)[0])
    return float(2.0 ** (_LOWEST + (bucket + 1) / _AN_OCTAVE))


def _bucket(size: Floats) -> Ints:
    place = np.floor((np.log2(size) - _LOWEST) * _AN_OCTAVE)
    found: Ints = np.clip(place, 0, SIZES - 1).astype(np.int64)
    return found
