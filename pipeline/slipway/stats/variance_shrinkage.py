"""Many variances from few observations each: what the others say of one (Smyth 2004, limma).

If s_k^2 ~ sigma_k^2 chi^2_d / d and 1 / sigma_k^2 is scaled chi^2 with d0 degrees of freedom around
1 / s0^2, then (d0 s0^2 + d s_k^2) / (d0 + d) has d0 + d degrees of freedom: a t statistic with it is
exact. d0 and s0 follow from mean and variance of ln s_k^2 by the method of moments.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, polygamma

FEWEST = 4
"""Fewer variances than this say nothing of each other."""
MOST_DEGREES = 1e3
"""Of the prior: beyond it a t distribution is the normal one."""
_STEPS = 50


class Prior(NamedTuple):
    """A variance and how many degrees of freedom it is worth; 0: nothing is known."""

    variance: float
    degrees: float


NOTHING_KNOWN = Prior(1.0, 0.0)


def prior_of(variances: ArrayLike, degrees: float) -> Prior:
    """The prior that variances [K] of ``degrees`` each come from; zeros say nothing and are left out.

    >>> prior_of([1.0, 1.0], 5) == NOTHING_KNOWN
    True
    """
    found = np.asarray(variances, dtype=np.float64)
    found = found[np.isfinite(found) & (found > 0)]
    if len(found) < FEWEST or degrees < 1:
        return NOTHING_KNOWN
    half = degrees / 2
    logs = np.log(found) - float(digamma(half)) + np.log(half)
    excess = float(logs.var(ddof=1)) - float(polygamma(1, half))
    if excess <= 0:
        return Prior(float(np.exp(logs.mean())), MOST_DEGREES)
    d0 = 2 * _inverse_trigamma(excess)
    scale = float(np.exp(logs.mean() + digamma(d0 / 2) - np.log(d0 / 2)))
    return Prior(scale, min(d0, MOST_DEGREES))


def shrunken(variances: ArrayLike, degrees: float, prior: Prior) -> NDArray[np.float64]:
    """Each variance with the prior's share in it; its degrees are ``prior.degrees + degrees``.

    >>> shrunken([4.0], 2, Prior(1.0, 2)).tolist()
    [2.5]
    """
    found = np.asarray(variances, dtype=np.float64)
    together: NDArray[np.float64] = (prior.degrees * prior.variance + degrees * found) / (
        prior.degrees + degrees
    )
    return together


def _inverse_trigamma(value: float) -> float:
    """Newton's method on 1 / trigamma, which is convex and nearly linear (Smyth 2004, appendix)."""
    y = 0.5 + 1 / value
    for _ in range(_STEPS):
        tri = float(polygamma(1, y))
        step = tri * (1 - tri / value) / float(polygamma(2, y))
        y += step
        if -step / y < 1e-8:  # noqa: PLR2004 - floating point, not a threshold
            break
    return y
