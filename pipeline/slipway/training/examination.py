"""Position bias: who looked at a place at all, and what an unclicked row then says.

The position-based model: P(click) = theta[place] * gamma(features). ``theta`` comes from the arm
that shuffles its lists, where places are given by chance alone; ``gamma`` is what the model learns.
Source: Wang et al., Position bias estimation for unbiased learning to rank in personal search
(WSDM 2018), regression-based EM.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MIN_CLICKS = 200
"""Clicks on shuffled lists below which nothing is learned of places: the usual prior stands."""

STEEPEST = 3.0
"""Exponents tried: 0 is no position bias, 3 is a list of which only the first place is seen."""

LOWEST = 0.01
"""Nobody is sure that a place is never seen; an inverse of theta stays finite."""


def estimate(
    position: npt.NDArray[np.int64],
    clicked: Array,
    explored: npt.NDArray[np.bool_],
    length: int,
) -> Array:
    """Examination theta float64[length] of the places 1..length, relative to the first place.

    All arguments are arrays over rows; only rows with ``explored`` count. Rates are those of
    :func:`shrunken_rates`, made falling (isotonic regression weighted by exposures). With too few
    shuffled clicks theta is 1/sqrt(place), the usual prior.

    >>> estimate(np.array([1, 2]), np.array([1., 0.]), np.array([True, True]), 3).round(3).tolist()
    [1.0, 0.707, 0.577]
    """
    inside = explored & (position <= length)
    shown = np.bincount(position[inside] - 1, minlength=length).astype(np.float64)
    counted = np.bincount(position[inside] - 1, weights=clicked[inside], minlength=length)
    clicks = counted.astype(np.float64)
    if clicks.sum() < MIN_CLICKS:
        prior: Array = 1 / np.sqrt(np.arange(1.0, length + 1))
        return prior
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


def at(theta: Array, position: npt.NDArray[np.int64]) -> Array:
    """Examination float64[n] at ``position``; places below the list count as its last place."""
    examined: Array = theta[np.minimum(position, len(theta)) - 1]
    return examined


def row_weights(clicked: Array, examined: Array, gamma: Array | float) -> Array:
    """How sure a row says something about the item: P(looked | click or no click), float64[n].

    A click was looked at. An unclicked row counts by theta * (1 - gamma) / (1 - theta * gamma):
    the less its place is looked at, the less its silence says.

    >>> row_weights(np.array([1., 0.]), np.array([.5, .5]), .5).round(3).tolist()
    [1.0, 0.333]
    """
    unclicked = examined * (1 - gamma) / (1 - examined * gamma)
    weights: Array = np.where(clicked > 0, 1.0, unclicked)
    return weights
