"""How far one table of counts is from another: several distances, each with its chance error.

A distance of two samples is never zero: its own size under chance alone grows as 1 / sqrt(n). Each
:class:`Shift` therefore has ``se``, the standard error that independent rows would have; what rows of
one user or a wobbling world add is learnt from the history of the same distance, in units of it
(:mod:`slipway.stats.shift_evidence`).
"""

from collections.abc import Sequence
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


def tails(now: ArrayLike, before: ArrayLike, values: ArrayLike) -> tuple[Shift, Shift]:
    """How much further out the highest and the lowest hundredth of ordered counts [K] lie, in doublings.

    ``values`` [K] are those of the cells, in their order. A place z spreads from the middle of ``before`` is
    at asinh(z) / ln 2, so near it a step is a spread and far from it a doubling; positive is further out. Of
    fewer than a hundred rows it is the outermost one. The chance error is that of a normal tail, about.
    Not defined where the middle two thirds of ``before`` are in one cell.
    """
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    n1, n0 = current.sum(), past.sum()
    if not (n1 > 0 and n0 > 0):
        return NOT_DEFINED, NOT_DEFINED
    at = np.asarray(values, np.float64)
    low, middle, high = at[_ranked(past, (0.16, 0.5, 0.84))]
    spread = (high - low) / 2
    if not (spread > 0 and np.isfinite(spread)):
        return NOT_DEFINED, NOT_DEFINED
    out = [
        np.arcsinh(np.clip((at[_ranked(one, (TAIL, 1 - TAIL))] - middle) / spread, -FAR, FAR))
        / np.log(2)
        for one in (current, past)
    ]
    error = TAIL_ERROR * np.sqrt(sum(1 / max(TAIL * n, 1.0) for n in (n1, n0)))
    below, above = (out[0] - out[1]) * (-1, 1)
    return Shift(float(above), float(error)), Shift(float(below), float(error))


TAIL = 0.01
"""The share of rows that lie further out than what is said of a tail."""
TAIL_ERROR = 0.25
"""Standard error of a normal tail's place, in doublings, times the root of the rows that lie beyond."""
FAR = 1e30


def _ranked(counts: Floats, shares: Sequence[float]) -> NDArray[np.int64]:
    """The cells in which ranks lie: those of ``shares`` of all rows, the outermost one for very small ones."""
    total = counts.sum()
    ranks = [min(max(share * total, 0.5), total - 0.5) for share in shares]
    return np.searchsorted(np.cumsum(counts), ranks, side="right").astype(np.int64)


def most_risen(now: ArrayLike, before: ArrayLike, rows: tuple[float, float], least: float) -> Shift:
    """How many standard errors beyond ``least`` more of all rows the value has that rose most.

    Counts [K] of the same values in ``rows`` of now and before; not defined without values or rows. The error is,
    a little more than, that of the largest of K normal values.

    >>> round(most_risen([50, 50], [10, 90], (100, 100), 0.0).value, 2)
    6.17
    """
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    n1, n0 = rows
    if not (n1 > 0 and n0 > 0 and len(current)):
        return NOT_DEFINED
    pooled = np.minimum((current + past + 0.5) / (n1 + n0 + 1), 0.5)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    risen = float(((current / n1 - past / n0 - least) / error).max())
    return Shift(risen, float(1 / np.sqrt(1 + OF_MANY * np.log(len(current)))))


OF_MANY = 0.6
"""How the variance of the largest of K normal values falls with ln K, about."""


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
