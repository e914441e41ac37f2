"""Rates: of errors that must stay rare, and of answers slower than the reference's quantile.

A latency tail that grew is a rate that grew, so the split e-process of :mod:`slipway.stats.eprocess`
judges it, upward: with 20 % more p99 it needs a third to a half of the samples of a quantile test, and
confidence bands on the distribution function never saw a regression of the tail alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.stats.eprocess import EProcess, Split, mixture
from slipway.stats.split import Floats

RATIOS = (1.5, 2.0, 4.0, 10.0, 30.0)
FEWER = (0.1, 0.3)
SURE = 0.999
NOTHING = (0.0, 0.0)


def above(
    trials: ArrayLike,
    successes: ArrayLike,
    *,
    limit: float,
    ratios: Sequence[float] = RATIOS,
    before: tuple[float, float] = NOTHING,
) -> EProcess:
    """Evidence against "the rate is at most ``limit``" from blocks of trials [B], successes [B].

    A mixture of likelihood ratios of the rates ``limit`` x ``ratios`` (capped below 1) with equal
    weights: a supermartingale from 1 while every trial's chance is at most the limit, so
    P(sup E >= 1/a) <= a. ``before`` are the trials and successes of all earlier blocks: their sums
    are all there is to know. No data: E = 1.

    Raises ValueError for counts that cannot be, or a limit outside (0, 1).

    >>> above([100], [0], limit=0.01).log_e < 0 < above([100], [10], limit=0.01).log_e
    True
    """
    return _against(trials, successes, limit, np.asarray(ratios), before)


def below(
    trials: ArrayLike,
    successes: ArrayLike,
    *,
    limit: float,
    before: tuple[float, float] = NOTHING,
) -> EProcess:
    """Evidence against "the rate is at least ``limit``": the mirror of :func:`above`.

    >>> below([1000], [0], limit=0.01).log_e > 4 > below([1000], [9], limit=0.01).log_e
    True
    """
    return _against(trials, successes, limit, np.asarray(FEWER), before)


def likelihoods(trials: ArrayLike, successes: ArrayLike, *, limit: float) -> Floats:
    """Log-likelihood ratios after each block, float64[J, B], of the J rates that :func:`above` mixes."""
    return _likelihoods(trials, successes, limit, np.asarray(RATIOS), NOTHING)[:, 1:]


def _against(
    trials: ArrayLike,
    successes: ArrayLike,
    limit: float,
    ratios: Floats,
    before: tuple[float, float],
) -> EProcess:
    path = _likelihoods(trials, successes, limit, ratios, before)
    top = path.max(axis=0)
    log_path = top + np.log(np.exp(path - top).mean(axis=0))
    return EProcess(float(log_path[-1]), max(0.0, float(log_path.max())), log_path[1:])


def _likelihoods(
    trials: ArrayLike,
    successes: ArrayLike,
    limit: float,
    ratios: Floats,
    before: tuple[float, float],
) -> Floats:
    """Before the first block and after each, float64[J, B + 1]."""
    n, x = np.asarray(trials, dtype=np.float64), np.asarray(successes, dtype=np.float64)
    if n.shape != x.shape or not np.isfinite(n + x).all() or (x > n).any() or (x < 0).any():
        raise ValueError("counts must be finite, >= 0, and successes at most trials")
    if (n != np.floor(n)).any() or (x != np.floor(x)).any():
        raise ValueError("counts must be whole")
    if not 0 < limit < SURE:
        raise ValueError(f"limit == {limit}, must be in (0, {SURE})")
    n, x = (np.append(first, part).cumsum() for first, part in zip(before, (n, x), strict=True))
    rates = np.minimum(limit * ratios, SURE)[:, None]
    path: Floats = x * np.log(rates / limit) + (n - x) * np.log((1 - rates) / (1 - limit))
    return path


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
