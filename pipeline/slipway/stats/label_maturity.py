"""Does a rate fall at the end of its history as it never fell before?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NORMAL_MAD = 1.4826
"""Standard deviations of a normal number in its median absolute deviation."""

RECENT = 0.15
"""Share of the rows, at the end, that is no history: they may all be touched by one fall."""

FEWEST = 3
"""Ends of the history that say what is usual."""

FEWEST_HITS = 10.0
"""Expected hits from which an earlier fall is more than chance."""


class Fall(NamedTuple):
    """The last rows against those before: ``z`` usual changes, ``ratio`` of the rates.

    ``deepest`` is the lowest ratio that the history knows.
    """

    z: float
    ratio: float
    deepest: float


def fall(yes: Floats, width: int, before: int) -> Fall:
    """How far the rate of ``yes`` [n] (0 or 1, in time order) falls in the last ``width`` rows.

    Every stretch of ``width`` rows is compared with the ``before`` times as many rows in front of
    it: Anscombe's (1948) roots 2 (sqrt(hits + 3/8) - sqrt(expected + 3/8)) over sqrt(1 + 1/before)
    have deviation 1 if hits are independent. Earlier stretches, half overlapping, say how much it
    really is: their median absolute deviation, at least 1. (0, 1, 1) where the history is too short.

    >>> fall(np.tile([0.0, 1.0], 500), 100, 4).z.__round__(6)
    0.0
    """
    total = np.concatenate([[0.0], np.cumsum(yes)])
    end = np.arange(len(yes), (1 + before) * width - 1, -max(1, width // 2))
    if not len(end):
        return Fall(0.0, 1.0, 1.0)
    start, first = end - width, end - (1 + before) * width
    hits = total[end] - total[start]
    expected = (total[start] - total[first]) / before
    root = 2 * (np.sqrt(hits + 3 / 8) - np.sqrt(expected + 3 / 8)) / np.sqrt(1 + 1 / before)
    usual = end <= len(yes) - max(width, int(RECENT * len(yes)))
    if usual.sum() < FEWEST:
        return Fall(0.0, 1.0, 1.0)
    middle = float(np.median(root[usual]))
    spread = max(1.0, NORMAL_MAD * float(np.median(np.abs(root[usual] - middle))))
    ratio = (hits + 0.5) / (expected + 0.5)
    known = usual & (expected >= FEWEST_HITS)
    deepest = float(ratio[known].min(initial=1.0))
    return Fall((float(root[0]) - min(middle, 0.0)) / spread, float(ratio[0]), deepest)
