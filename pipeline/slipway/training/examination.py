"""Position bias: who looked at a place at all, and what an unclicked row then says.

The position-based model: P(click) = theta[place] * gamma(features). ``theta`` comes from the arm
that shuffles its lists, where places are given by chance alone; ``gamma`` is what the model learns.
Source: Wang et al., Position bias estimation for unbiased learning to rank in personal search
(WSDM 2018), regression-based EM.
"""

import numpy as np
import numpy.typing as npt

from slipway.stats.examination import of_places, usual

Array = npt.NDArray[np.float64]

MIN_CLICKS = 200
"""Clicks on shuffled lists below which nothing is learned of places: the usual prior stands."""


def estimate(
    position: npt.NDArray[np.int64],
    clicked: Array,
    explored: npt.NDArray[np.bool_],
    length: int,
) -> Array:
    """Examination theta float64[length] of the places 1..length, relative to the first place.

    All arguments are arrays over rows; only rows with ``explored`` count. Rates are those of
    :func:`slipway.stats.examination.of_places`. With too few shuffled clicks theta is 1/sqrt(place), the usual prior.

    >>> estimate(np.array([1, 2]), np.array([1., 0.]), np.array([True, True]), 3).round(3).tolist()
    [1.0, 0.707, 0.577]
    """
    inside = explored & (position <= length)
    shown = np.bincount(position[inside] - 1, minlength=length).astype(np.float64)
    counted = np.bincount(position[inside] - 1, weights=clicked[inside], minlength=length)
    clicks = counted.astype(np.float64)
    if clicks.sum() < MIN_CLICKS:
        return usual(length)
    return of_places(shown, clicks)


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
