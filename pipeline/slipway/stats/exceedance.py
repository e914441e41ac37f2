"""Latency as a rate: how often is an answer slower than the reference's quantile?

A tail that grew is a rate that grew, so the split e-process of :mod:`slipway.stats.eprocess` judges
it, upward: with 20 % more p99 it needs a third to a half of the samples of a quantile test, and
confidence bands on the distribution function never saw a regression of the tail alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.stats.eprocess import EProcess, Split, mixture
from slipway.stats.split import Floats

Ints = NDArray[np.int64]


def threshold_bucket(reference: ArrayLike, quantile: float) -> int:
    """The lowest bucket b with at most 1 - ``quantile`` of the reference in buckets >= b.

    ``reference`` are counts [K] in buckets of growing latency. The threshold is the lower edge of
    b. Raises ValueError for an empty reference, or where the last bucket alone holds more: its
    quantile lies beyond the histogram.

    >>> threshold_bucket([0, 90, 9, 1], 0.99)
    3
    """
    counts = np.asarray(reference, dtype=np.float64)
    if not np.isfinite(counts).all() or (counts < 0).any() or not counts.sum() > 0:
        raise ValueError("the reference histogram is empty or holds counts that cannot be")
    beyond = np.cumsum(counts[::-1])[::-1] / counts.sum()
    small = np.flatnonzero(beyond <= 1 - quantile + 1e-12)  # 1 - .99 is not .01 in binary
    if not len(small):
        raise ValueError(f"the {quantile} quantile lies beyond the last bucket")
    return int(small[0])


def exceedances(histograms: ArrayLike, bucket: int) -> Ints:
    """Counts in buckets >= ``bucket``; histograms [..., K] give [...].

    >>> exceedances([[5, 3, 2], [1, 0, 0]], 1).tolist()
    [5, 0]
    """
    beyond: Ints = np.asarray(histograms, dtype=np.int64)[..., bucket:].sum(axis=-1)
    return beyond


def slower(
    data: Split,
    *,
    ratios: Sequence[float],
    tolerance: float = 1.0,
    before: Floats | None = None,
) -> EProcess:
    """Evidence that the candidate exceeds the threshold over ``tolerance`` x as often.

    ``data`` counts requests and exceedances; ``ratios`` are the exceedance ratios looked for, with
    equal weights. Raises ValueError unless all of them lie above the tolerance.
    """
    if not ratios or min(ratios) <= tolerance:
        raise ValueError(f"ratios {list(ratios)}, must all be above the tolerance {tolerance}")
    weights = [1 / len(ratios)] * len(ratios)
    return mixture(data, null_ratio=tolerance, ratios=ratios, weights=weights, before=before)


def not_slower(data: Split, *, limit: float, before: Floats | None = None) -> EProcess:
    """Evidence against "exceeds the threshold ``limit`` x as often or more"; alternative: as often.

    Raises ValueError for a limit that is not above 1.
    """
    if not limit > 1:
        raise ValueError(f"limit == {limit}, must be above 1")
    return mixture(data, null_ratio=limit, ratios=[1.0], weights=[1.0], before=before)
