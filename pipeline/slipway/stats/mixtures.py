"""Mixtures of e-values: of alternatives for one statistic, of many measurements in one error budget.

Where a statistic is normal one rule serves means, chains of champions and forecasts: from a score
S ~ N(theta I, I) of information I, the mixture over alternatives a_j with weights w_j against a null
n is

    E = sum_j w_j exp(d_j (S - n I) - d_j^2 I / 2),   d_j = a_j - n,

a martingale from 1 under theta = n in every sequence of looks (Robbins 1970; mixtures of points as
in Howard, Ramdas, McAuliffe and Sekhon 2021, arXiv 1810.08240).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from slipway.stats.split import Floats

NI_WEIGHTS = (0.75, 0.25)
"""Of non-inferiority's alternatives: as good as the control, and better by as much as may be lost."""


def log_sum(parts: Floats, weights: ArrayLike) -> Floats:
    """Logarithm of sum_j w_j exp(parts_j), float64[...] of parts [J, ...], without overflow."""
    top = parts.max(axis=0)
    shares = np.asarray(weights, dtype=np.float64)
    mixed: Floats = top + np.log(np.tensordot(shares, np.exp(parts - top), axes=1))
    return mixed


def log_evidence(
    score: ArrayLike,
    information: ArrayLike,
    *,
    null: ArrayLike,
    alternatives: ArrayLike,
    weights: ArrayLike,
) -> Floats:
    """Ln E of ``alternatives`` [J, ...] against ``null`` [...], elementwise in ``score`` [...].

    >>> float(log_evidence(2.0, 1.0, null=0.0, alternatives=[2.0], weights=[1.0]))
    2.0
    """
    info, against = np.asarray(information), np.asarray(null, dtype=np.float64)
    away = np.asarray(alternatives, dtype=np.float64) - against
    parts = away * (np.asarray(score) - against * info) - away**2 * info / 2
    return log_sum(parts, np.asarray(weights, dtype=np.float64))


def information_for(e: float, distance: float) -> float:
    """Information at which the expected log-evidence of no loss against ``distance`` is ln ``e``.

    >>> round(information_for(5.0, 0.02))
    9486
    """
    return 2 * (math.log(e) - math.log(NI_WEIGHTS[0])) / distance**2


def weighted_log_e(log_e: Sequence[float], weights: Sequence[float]) -> float:
    """Logarithm of sum_k v_k E_k from ln E_k and weights v_k > 0 that sum to at most 1.

    Valid under any dependence between the members, and never weaker than weighted Bonferroni: if
    one v_k E_k >= 1/a, so is the sum. (Products of correlated e-values are not valid: 23.5 % false
    alarms at 5 %.) An empty family knows nothing: 0.

    Raises ValueError for a NaN, or weights that are not positive or sum to more than 1.

    >>> round(weighted_log_e([np.log(50.0), 0.0], [0.4, 0.6]), 3)  # ln 20.6
    3.025
    """
    values, shares = np.asarray(log_e, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if values.shape != shares.shape or np.isnan(values).any():
        raise ValueError(f"{len(values)} e-values (none NaN) for {len(shares)} weights")
    if not len(values):
        return 0.0
    if (shares <= 0).any() or shares.sum() > 1 + 1e-9:  # floating point, not a threshold
        raise ValueError(f"weights {list(weights)}, must be > 0 and sum to at most 1")
    top = values.max()
    if np.isinf(top):
        return float(top)
    return float(top + np.log((shares * np.exp(values - top)).sum()))


def budget_used(log_e: float, alpha: float) -> float:
    """How much of an error budget ``alpha`` evidence of ln E has used: at 1 it is spent.

    >>> [round(budget_used(math.log(e), 0.05), 6) for e in (10, 8_000)]
    [0.5, 1.0]
    """
    return min(1.0, alpha * math.exp(min(log_e, -math.log(alpha))))
