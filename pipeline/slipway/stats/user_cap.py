"""What is usual among users, and which requests of a user come before its caps."""

import math

import numpy as np
from numpy.typing import NDArray

from slipway.stats.split import Floats

HEAVIEST = 3
"""Users who are never asked what is usual, however few there are: three robots must not be."""

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def usual(counts: Floats, quantile: float) -> tuple[float, ...] | None:
    """What no more than 1 - ``quantile`` of the users exceed, and the heaviest three: of each column.

    ``counts`` float64[U, C] are of users who came. None for fewer users than the quantile tells apart.

    >>> usual(np.arange(1.0, 201.0)[:, None], 0.99)
    (197.0,)
    """
    users = len(counts)
    beyond = max(
        HEAVIEST, math.floor((1 - quantile) * users + 1e-9)
    )  # 1 - .99 is not .01 in binary
    if users * (1 - quantile) < 1 - 1e-9 or users <= beyond:
        return None
    place = users - 1 - beyond
    return tuple(float(x) for x in np.partition(counts, place, axis=0)[place])


def before_cap(user: Ints, counts: Floats, so_far: Floats, cap: Floats) -> Bools:
    """bool[N]: which requests come before their user has reached a cap.

    Rows are requests in the order of time within each ``user`` int64[N] (sorted); ``counts``
    float64[N, C] of each, ``so_far`` float64[U, C] of each user before them, ``cap`` float64[C].

    >>> who, one = np.array([0, 0, 0, 1]), np.ones((4, 1))
    >>> before_cap(who, one, np.array([[1.0], [3.0]]), np.array([3.0])).tolist()
    [True, True, False, False]
    """
    total = np.cumsum(counts, axis=0) - counts
    first = np.flatnonzero(np.diff(user, prepend=-1))
    begins = total[first][np.cumsum(np.diff(user, prepend=-1) != 0) - 1]
    reached: Bools = ((so_far[user] + total - begins) >= cap).any(axis=1)
    return ~reached
