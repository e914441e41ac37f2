"""How far one table of counts is from another: several distances, each with its chance error.

A distance of two samples is never zero: its own size under chance alone grows as 1 / sqrt(n). Each
:class:`Shift` therefore has ``se``, the standard error that independent rows would have; what rows of
one user or a wobbling world add is learnt from the history of the same distance, in units of it
(:mod:`slipway.stats.shift_evidence`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

BINS = 20
"""Bins of equal weight in the reference, in which two distributions of numbers are compared."""
_FOLDED = 1 - 2 / np.pi
"""Variance of |z| of a standard normal z."""


class Shift(NamedTuple):
    """A distance and its standard error for independent rows; NaN where it is not defined."""

    value: float
    se: float


NOT_DEFINED = Shift(float("nan"), float("nan"))


def share_change(now: tuple[float, float], before: tuple[float, float]) -> Shift:
    """Difference of two shares, each as (count, rows).

    >>> share_change((30, 100), (40, 100)).value
    -0.1
    """
    (x1, n1), (x0, n0) = now, before
    if not (n1 > 0 and n0 > 0):
        return NOT_DEFINED
    pooled = (x1 + x0 + 0.5) / (n1 + n0 + 1)
    return Shift(
        round(x1 / n1 - x0 / n0, 15), float(np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0)))
    )


def location_and_spread(now: ArrayLike, before: ArrayLike) -> tuple[Shift, Shift]:
    """Change of the mean normal score, and of the logarithm of its spread, of ordered counts [K].

    The normal score of a cell is that of its mid-rank in ``before`` (van der Waerden 1952), so both are
    in standard deviations of the reference, whatever its shape, and no single value decides. Not
    defined where all of ``before`` is in one cell.
    """
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    n1, n0 = current.sum(), past.sum()
    if not (n1 > 0 and n0 > 0) or past.max() == n0:
        return NOT_DEFINED, NOT_DEFINED
    edge = 0.5 / (n0 + 1)
    rank = np.clip((np.cumsum(past) - past / 2) / n0, edge, 1 - edge)
    score: Floats = ndtri(rank)
    mean = float((past * score).sum() / n0)
    spread = float((past * (score - mean) ** 2).sum() / n0)
    moved = float((current * score).sum() / n1)
    after = float((current * (score - moved) ** 2).sum() / n1)
    noise = float(np.sqrt(1 / n1 + 1 / n0))
    location = Shift((moved - mean) / np.sqrt(spread), noise)
    ratio = np.log(max(after, spread * edge) / spread) / 2
    return location, Shift(float(ratio), noise / np.sqrt(2))


def binned(now: ArrayLike, before: ArrayLike, bins: int = BINS) -> tuple[Floats, Floats]:
    """Ordered counts [K] of both in ``bins`` bins of about equal weight in ``before``."""
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    total = max(past.sum(), 1.0)
    place = np.minimum(((np.cumsum(past) - past / 2) / total * bins).astype(np.int64), bins - 1)
    return (
        np.bincount(place, weights=current, minlength=bins).astype(np.float64),
        np.bincount(place, weights=past, minlength=bins).astype(np.float64),
    )


def total_variation(now: ArrayLike, before: ArrayLike) -> Shift:
    """Half the sum of absolute differences of shares: the share of rows that went elsewhere.

    >>> total_variation([30, 70], [40, 60]).value
    0.1
    """
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    n1, n0 = current.sum(), past.sum()
    if not (n1 > 0 and n0 > 0):
        return NOT_DEFINED
    pooled = (current + past) / (n1 + n0)
    variance = _FOLDED / 4 * (pooled * (1 - pooled)).sum() * (1 / n1 + 1 / n0)
    distance = np.abs(current / n1 - past / n0).sum() / 2
    return Shift(round(float(distance), 15), float(np.sqrt(variance + 0.25 / (n1 * n1))))


def beyond(now: ArrayLike, before: ArrayLike) -> Shift:
    """Share of ordered counts [K] outside of the cells that ``before`` reached."""
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    there = np.flatnonzero(past)
    if not there.size or not current.sum():
        return NOT_DEFINED
    outside = current[: there[0]].sum() + current[there[-1] + 1 :].sum()
    return share_change((float(outside), float(current.sum())), (0.0, float(past.sum())))


def turnover(now: ArrayLike, before: ArrayLike, top: int) -> float:
    """Share of the ``top`` most frequent cells of ``before`` that are not among those of ``now``.

    Cells are in one order in both; NaN where ``before`` has no more than ``top`` of them.
    """
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    if np.count_nonzero(past) <= top:
        return float("nan")
    order = np.arange(len(past))
    leading = np.lexsort((order, -past))[:top]
    following = np.lexsort((order, -current))[:top]
    return 1 - len(np.intersect1d(leading, following)) / top
