"""Log-evidence where a statistic is normal: one rule for means, chains of champions and forecasts.

From a score S ~ N(theta I, I) of information I, the mixture over alternatives a_j with weights w_j
against a null n is

    E = sum_j w_j exp(d_j (S - n I) - d_j^2 I / 2),   d_j = a_j - n,

a martingale from 1 under theta = n in every sequence of looks (Robbins 1970; mixtures of points as
in Howard, Ramdas, McAuliffe and Sekhon 2021, arXiv 1810.08240).
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from slipway.stats.split import Floats

NI_WEIGHTS = (0.75, 0.25)
"""Of non-inferiority's alternatives: as good as the control, and better by as much as may be lost."""


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
    top = parts.max(axis=0)
    found: Floats = top + np.log(
        np.tensordot(np.asarray(weights, dtype=np.float64), np.exp(parts - top), axes=1)
    )
    return found


def information_for(e: float, distance: float) -> float:
    """Information at which the expected log-evidence of no loss against ``distance`` is ln ``e``.

    >>> round(information_for(5.0, 0.02))
    9486
    """
    return 2 * (math.log(e) - math.log(NI_WEIGHTS[0])) / distance**2
