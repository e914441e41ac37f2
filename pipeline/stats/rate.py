"""One arm's rate against a fixed limit: errors that must stay rare."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.eprocess import EProcess

RATIOS = (1.5, 2.0, 4.0, 10.0, 30.0)
SURE = 0.999


def above(
    trials: ArrayLike, successes: ArrayLike, *, limit: float, ratios: Sequence[float] = RATIOS
) -> EProcess:
    """Evidence against "the rate is at most ``limit``" from blocks of trials [B], successes [B].

    A mixture of likelihood ratios of the rates ``limit`` x ``ratios`` (capped below 1) with equal
    weights: a supermartingale from 1 while every trial's chance is at most the limit, so
    P(sup E >= 1/a) <= a. No data: E = 1.

    Raises ValueError for counts that cannot be, or a limit outside (0, 1).

    >>> above([100], [0], limit=0.01).log_e < 0 < above([100], [10], limit=0.01).log_e
    True
    """
    n, x = np.asarray(trials, dtype=np.float64), np.asarray(successes, dtype=np.float64)
    if n.shape != x.shape or not np.isfinite(n + x).all() or (x > n).any() or (x < 0).any():
        raise ValueError("counts must be finite, >= 0, and successes at most trials")
    if not 0 < limit < SURE:
        raise ValueError(f"limit == {limit}, must be in (0, {SURE})")
    if not len(n):
        return EProcess(0.0, 0.0, np.zeros(0))
    rates = np.minimum(limit * np.asarray(ratios), SURE)[:, None]
    path = np.cumsum(
        x * np.log(rates / limit) + (n - x) * np.log((1 - rates) / (1 - limit)), axis=1
    )
    top = path.max(axis=0)
    log_path = top + np.log(np.exp(path - top).mean(axis=0))
    return EProcess(float(log_path[-1]), max(0.0, float(log_path.max())), log_path)
