"""One arm's rate against a fixed limit: errors that must stay rare."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from slipway.stats.eprocess import EProcess
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
