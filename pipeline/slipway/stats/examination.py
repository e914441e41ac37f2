"""How much a place of a list is looked at, from exposures and clicks by place that chance alone set.

Sources: Craswell et al., An experimental comparison of click position-bias models (WSDM 2008); James and
Stein (1961), positive part, for how far rates are drawn to a curve.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

STEEPEST = 3.0
"""Exponents tried: 0 is no position bias, 3 is a list of which only the first place is seen."""

LOWEST = 0.01
"""Nobody is sure that a place is never seen; an inverse of theta stays finite."""


def usual(length: int) -> Array:
    """1/sqrt(place), the usual prior of the places 1..length."""
    prior: Array = 1 / np.sqrt(np.arange(1.0, length + 1))
    return prior


def of_places(shown: Array, clicks: Array) -> Array:
    """Examination float64[places] relative to the first, from counts by place with at least one click.

    Rates are those of :func:`shrunken_rates`, made falling (isotonic regression weighted by exposures).
    """
    rates = falling(shrunken_rates(shown, clicks), np.maximum(shown, 1.0))
    theta: Array = np.clip(rates / rates[0], LOWEST, 1.0)
    return theta


def shrunken_rates(shown: Array, clicks: Array) -> Array:
    """Click rates by place, float64[places], drawn to a curve as far as the clicks allow.

    With 25 clicks a place (two weeks of a small line) a free rate is off by a fifth, and every
    prediction at that place with it. So rates move to :func:`power_curve` by (d - 2) / chi2, at
    most all the way (positive-part James-Stein; chi2 is Pearson's misfit of the curve, d its
    degrees of freedom): much where the curve fits, little where clicks contradict it, and not at
    all in the limit of many clicks. Places never shown get the curve.
    """
    curve = power_curve(shown, clicks)
    seen = shown > 0
    free = np.where(seen, clicks / np.maximum(shown, 1.0), curve)
    misfit = float((((clicks - shown * curve) ** 2)[seen] / (shown * curve)[seen]).sum())
    freedom = int(seen.sum()) - 2  # level and exponent are fitted
    drawn = min(1.0, max(0, freedom - 2) / misfit) if misfit > 0 else 1.0
    rates: Array = drawn * curve + (1 - drawn) * free
    return rates


def power_curve(shown: Array, clicks: Array) -> Array:
    """Click rates c * place^-eta, float64[places], of greatest Poisson likelihood.

    ``shown`` and ``clicks`` float64[places], with at least one click.

    >>> power_curve(np.array([100., 100.]), np.array([40., 20.])).round(2).tolist()
    [0.4, 0.2]
    """
    place = np.arange(1.0, len(shown) + 1)
    shapes = place ** -np.linspace(0, STEEPEST, 301)[:, None]
    levels = clicks.sum() / (shapes * shown).sum(axis=1)
    fit = (clicks * np.log(levels[:, None] * shapes)).sum(axis=1)  # the level fits the total
    best = int(fit.argmax())
    curve: Array = levels[best] * shapes[best]
    return curve


def falling(values: Array, weights: Array) -> Array:
    """The closest (least squares, ``weights``) never-rising sequence: pool adjacent violators.

    >>> falling(np.array([3., 1., 2.]), np.ones(3)).tolist()
    [3.0, 1.5, 1.5]
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, length
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, total, size = value, weight, 1
        while pools and pools[-1][0] < mean:
            before, heavy, many = pools.pop()
            mean = (before * heavy + mean * total) / (heavy + total)
            total, size = total + heavy, size + many
        pools.append((mean, total, size))
    return np.concatenate([np.full(size, mean) for mean, _, size in pools])
