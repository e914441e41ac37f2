"""What another policy would have earned, from logged answers with the probability of each: weights, clipped.

Sources: Horvitz and Thompson (1952) for the weights; Ionides (2008) for clipping; Jeunen and Ustimenko (RecSys 2024) for
the additive control variate, whose weight is the rate of the log itself; Kish (1965) for the effective size.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

Array = npt.NDArray[np.float64]


class WeightedValue(NamedTuple):
    """A policy's mean outcome an answer, with one-sided bounds.

    ``support`` is the policy's probability that the log can speak of, ``effective`` the answers of equal weight
    that the weighted ones are worth.
    """

    value: float
    lower: float
    upper: float
    support: float
    effective: float


def weighted_value(
    outcome: Array, weight: Array, cluster: npt.NDArray[np.intp], clip: float, alpha: float
) -> WeightedValue:
    """The mean of ``outcome`` [n] under a policy that is ``weight`` [n] times as likely to answer so.

    Weights count at most ``clip``; rows of one ``cluster`` [n] (codes from 0) vary together; each bound errs with ``alpha``.
    Raises ValueError without weight, as nothing logged is what the policy would do, or with one cluster.

    >>> weighted_value(np.array([1., 0.]), np.ones(2), np.arange(2), 9, .05).value
    0.5
    """
    clipped = np.minimum(weight, clip)
    groups = int(cluster.max(initial=-1)) + 1
    if not clipped.sum():
        raise ValueError("no overlap: the policy does nothing that was logged")
    if groups < 2:  # noqa: PLR2004 - a variance needs two
        raise ValueError("fewer than two clusters: no standard error")
    rate = float(outcome.mean())
    earned = clipped * (outcome - rate) + rate
    value = float(earned.mean())
    sums = np.bincount(cluster, weights=earned - value, minlength=groups)
    se = float(np.sqrt((sums**2).sum() * groups / (groups - 1)) / len(outcome))
    reach = float(student.isf(alpha, groups - 1)) * se
    return WeightedValue(
        value,
        value - reach,
        value + reach,
        min(1.0, float(clipped.mean())),
        float(clipped.sum() ** 2 / (clipped**2).sum()),
    )
