"""What one answer costs beside what came of it: proper losses, so that lying never pays."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy
from scipy.stats import rankdata

from slipway.stats.split import Floats

LOWEST = 1e-6
"""Answers stay this far from 0 (and probabilities from 1): one wrong certainty decides nothing."""

LOG_LOSS = "log-loss"
"""The loss of probabilities by name: only they are calibrated in groups."""

TWEEDIE_POWER = 1.5
"""Between Poisson's 1 and gamma's 2: amounts that are often 0 and else spread like their mean."""


def log_loss(answer: ArrayLike, outcome: ArrayLike) -> Floats:
    """Negative log-likelihood float64[n] of a yes or no, in nats."""
    p, y = _both(answer, outcome)
    p = np.clip(p, LOWEST, 1 - LOWEST)
    found: Floats = -np.where(y > 0, np.log(p), np.log1p(-p))
    return found


def poisson_deviance(answer: ArrayLike, outcome: ArrayLike) -> Floats:
    """Unit deviance float64[n] of counts."""
    p, y = _both(answer, outcome, negative=False)
    p = np.maximum(p, LOWEST)
    found: Floats = np.maximum(0.0, 2 * (xlogy(y, y / p) - y + p))
    return found


def tweedie_deviance(answer: ArrayLike, outcome: ArrayLike) -> Floats:
    """Unit deviance float64[n] of amounts, of power :data:`TWEEDIE_POWER`."""
    p, y = _both(answer, outcome, negative=False)
    p, one, two = np.maximum(p, LOWEST), 1 - TWEEDIE_POWER, 2 - TWEEDIE_POWER
    found: Floats = np.maximum(0.0, 2 * (y**two / (one * two) - y * p**one / one + p**two / two))
    return found


def squared_error(answer: ArrayLike, outcome: ArrayLike) -> Floats:
    """Squared difference float64[n], in the outcome's unit squared.

    >>> squared_error([1.0, 2.0], [1.0, 5.0]).tolist()
    [0.0, 9.0]
    """
    p, y = _both(answer, outcome)
    found: Floats = (p - y) ** 2
    return found


def _both(answer: ArrayLike, outcome: ArrayLike, *, negative: bool = True) -> tuple[Floats, Floats]:
    """Both as float64[n]; raises ValueError for shapes that differ and numbers out of range."""
    p, y = np.asarray(answer, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if p.shape != y.shape or not np.isfinite(p).all() or not np.isfinite(y).all():
        raise ValueError(f"answers of shape {p.shape} and outcomes of {y.shape}, must be finite")
    if not negative and (y < 0).any():
        raise ValueError("a count or an amount is never negative")
    return p, y


def auc(answer: ArrayLike, outcome: ArrayLike) -> float:
    """Share of pairs of a 1 and a 0 that ``answer`` [n] orders rightly; ties count half.

    Raises ValueError where all outcomes are alike.
    """
    p, y = np.asarray(answer, dtype=np.float64), np.asarray(outcome) > 0
    ones, zeros = int(y.sum()), int((~y).sum())
    if not ones or not zeros:
        raise ValueError("all outcomes are alike: there is no pair to order")
    return float((rankdata(p)[y].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def lift(answer: ArrayLike, outcome: ArrayLike, share: float = 0.1) -> float:
    """How many times more of the outcome the ``share`` of highest answers holds than all rows do.

    Raises ValueError where nothing came of any row.
    """
    p, y = np.asarray(answer, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if not y.sum() > 0:
        raise ValueError("nothing came of any row: a lift is undefined")
    first = np.argsort(-p, kind="stable")[: max(1, round(share * len(p)))]
    return float(y[first].mean() / y.mean())


def shift(first: ArrayLike, second: ArrayLike) -> float:
    """How far two models' answers [n] lie apart: mean |difference| over the first's own mean deviation.

    0: equal; 1: they differ as much as the first's answers to different rows do, or more.

    >>> shift([1.0, 3.0], [1.5, 3.5])
    0.5
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    apart, own = float(np.abs(a - b).mean()), float(np.abs(a - a.mean()).mean())
    if apart == 0:
        return 0.0
    return min(1.0, apart / own) if own > 0 else 1.0


def flips(first: ArrayLike, second: ArrayLike, threshold: float) -> float:
    """Share of rows that are at or above ``threshold`` by one model and below it by the other."""
    return float(((np.asarray(first) >= threshold) != (np.asarray(second) >= threshold)).mean())
