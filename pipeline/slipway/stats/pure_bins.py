"""Is the label (nearly) decided in some bin of a column?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.stats.proportion import wilson_bounds

Floats = NDArray[np.float64]


def odds_multiple(
    positives: ArrayLike, rows: ArrayLike, expected: ArrayLike, *, z: float
) -> Floats:
    """How many times the odds of a bin differ from ``expected``, at least; 1 where it is unclear.

    ``expected`` is the rate in (0, 1) that comparable rows have. Both directions count: the answer
    for bins that are purely negative is as large as for purely positive ones.

    >>> odds_multiple([0, 500, 50], [500, 500, 100], 0.5, z=3.0).round(1).tolist()
    [55.6, 55.6, 1.0]
    """
    lower, upper = wilson_bounds(positives, rows, z=z)
    base = np.clip(np.asarray(expected, float), 1e-12, 1 - 1e-12)
    odds = base / (1 - base)
    with np.errstate(divide="ignore"):
        more = lower / np.maximum(1 - lower, 1e-300) / odds
        fewer = odds / np.maximum(upper / np.maximum(1 - upper, 1e-300), 1e-300)
    found: Floats = np.maximum(np.maximum(more, fewer), 1.0)
    return found


CHI_MEDIAN = 0.4549364
"""Median of a squared standard normal number."""

FEWEST_ROWS = 20.0
FEWEST_BINS = 8


def others_spread(hits: Floats, rows: Floats, expected: Floats, at: int) -> float:
    """Intraclass correlation of the bins other than ``at``: how far their rates differ by nature.

    ``hits``, ``rows`` and ``expected`` rates in (0, 1) are float64[bins]. With intraclass correlation
    r the squared gap (h - n p)^2 / (n p (1 - p)) is about 1 + (n - 1) r times a squared normal number
    (the design effect, Kish 1965): its median, weighted by rows, is solved for r, so that a few odd
    bins change little. Rates that pile up at 0 and 1 are no normal numbers: they give more than their
    r. Values in [0, 1]; 0 with fewer than eight other bins of 20 rows.

    >>> others_spread(np.tile([0.0, 100.0], 5), np.full(10, 100.0), np.full(10, 0.5), 0)
    1.0
    """
    some = rows >= FEWEST_ROWS
    some[at] = False
    if some.sum() < FEWEST_BINS:
        return 0.0
    n, p = rows[some], np.clip(expected[some], 1e-6, 1 - 1e-6)
    gap = (hits[some] - n * p) ** 2 / (n * p * (1 - p))
    each = (gap / CHI_MEDIAN - 1) / (n - 1)
    order = np.argsort(each)
    total = np.cumsum(n[order])
    middle = each[order][np.searchsorted(total, total[-1] / 2)]
    return float(np.clip(middle, 0.0, 1.0))
