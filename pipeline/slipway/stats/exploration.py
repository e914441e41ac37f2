"""What chance does to a list, and with which probability each item comes to stand where it stands.

Two ways to explore. **Shuffled**: the whole list is drawn from what was offered. **Slot and swaps**: one
place, any with the same chance, is given to an item from below the list, each with the same chance; then
neighbours change places: pairs begin at the first or the second place, and each pair is turned over by a
coin. The first says what new items are worth, the second how much less a place is looked at than the one
above it, at a fraction of the price of shuffled lists.

Sources: Joachims, Swaminathan and Schnabel, Unbiased learning-to-rank with biased feedback (WSDM 2017), for
swaps; Agarwal et al., Estimating position bias without intrusive interventions (WSDM 2019), for what
neighbours alone identify.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from slipway.stats.ways_to_explore import Exploration

Array = npt.NDArray[np.float64]


class RandomNumbers(Protocol):
    """Where whole numbers below a bound come from, each with the same chance."""

    def randrange(self, stop: int, /) -> int:
        """One of 0 ... ``stop`` - 1."""


class DrawnList(NamedTuple):
    """A list from the top: places in the ranking of what is shown (0 is its best), and propensities."""

    order: list[int]
    propensity: list[float]


def draw(how: Exploration, offered: int, length: int, chance: RandomNumbers) -> DrawnList:
    """A list of at most ``length`` of ``offered`` items, each with the probability that it stands there.

    >>> import random
    >>> found = draw(Exploration.SLOT_AND_SWAPS, 12, 4, random.Random(1))
    >>> len(set(found.order)), all(0 < p <= 1 for p in found.propensity)
    (4, True)
    """
    shown = min(offered, length)
    ranked = list(range(offered))
    if how is Exploration.SHUFFLED:
        for place in range(shown):  # Fisher and Yates, as far as it is shown
            other = place + chance.randrange(offered - place)
            ranked[place], ranked[other] = ranked[other], ranked[place]
        return DrawnList(ranked[:shown], [1 / offered] * shown)
    order = ranked[:shown]
    if offered > shown:
        order[chance.randrange(shown)] = shown + chance.randrange(offered - shown)
    for first in range(chance.randrange(2), shown - 1, 2):
        if chance.randrange(2):
            order[first], order[first + 1] = order[first + 1], order[first]
    table = propensities(how, offered, length)
    return DrawnList(order, [float(table[min(at, shown), k]) for k, at in enumerate(order)])


def propensities(how: Exploration, offered: int, length: int) -> Array:
    """P(an item stands at a place), float64[shown + 1, shown], ``shown`` = min(offered, length).

    Row b is the item that the ranking puts at place b + 1, the last row any one item from below the list.

    >>> propensities(Exploration.SLOT_AND_SWAPS, 5, 2).round(3).tolist()
    [[0.375, 0.125], [0.125, 0.375], [0.167, 0.167]]
    """
    shown = min(offered, length)
    if how is Exploration.SHUFFLED:
        return np.full((shown + 1, shown), 1 / offered)
    below = offered - shown
    kept = 1 - 1 / shown if below else 1.0
    swapped = np.eye(shown)
    steps = np.arange(shown - 1)
    swapped[steps, steps + 1] = swapped[steps + 1, steps] = 1 / 4
    swapped[np.arange(shown), np.arange(shown)] = 2 - swapped.sum(axis=1)
    inserted = np.full((1, shown), 1 / (shown * below) if below else 0.0)
    return np.vstack((kept * swapped, inserted))


def effective_shown(shown: Array, clicks: Array, rounds: int) -> tuple[Array, Array]:
    """Exposures and clicks by place, float64[K] each, as if the same items had stood at every place.

    ``shown`` and ``clicks`` float64[B, K] count items by their place b in the ranking and the place k where chance
    put them. Clicks are Poisson with mean shown * theta[k] * gamma[b] (the position-based model given b);
    ``rounds`` of the likelihood's fixed point find gamma, and a place's exposures are sum(shown * gamma).
    Rows and places without a click tell nothing and count nothing.
    """
    theta, gamma = np.ones(shown.shape[1]), np.ones(len(shown))
    for _ in range(rounds):
        gamma = _ratio(clicks.sum(axis=1), shown @ theta)
        theta = _ratio(clicks.sum(axis=0), gamma @ shown)
    weight = gamma / max(float(gamma.max(initial=0.0)), np.finfo(float).tiny)
    return weight @ shown, clicks.sum(axis=0)


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def counts_by_cell(
    ranked: Sequence[int] | npt.NDArray[np.int64],
    position: Sequence[int] | npt.NDArray[np.int64],
    weight: Array,
    length: int,
) -> Array:
    """Sums of ``weight`` by place in the ranking and place shown, float64[length + 1, length].

    ``ranked`` and ``position`` count from 1; ``ranked`` 0 is below the list, and the last row.
    """
    row, column = np.asarray(ranked) - 1, np.asarray(position) - 1
    row = np.where((row < 0) | (row >= length), length, row)
    cells = np.bincount(row * length + column, weights=weight, minlength=(length + 1) * length)
    return cells.astype(np.float64).reshape(length + 1, length)


def places_in(ranked: npt.NDArray[np.intp], rows: Sequence[int], length: int) -> list[int]:
    """Where ``rows`` stand in ``ranked`` (all rows, the best first), from 1; 0 is below the list.

    >>> places_in(np.array([2, 0, 1]), [0, 1], length=2)
    [2, 0]
    """
    place = np.empty(len(ranked), np.intp)
    place[ranked] = np.arange(1, len(ranked) + 1)
    return [int(at) if at <= length else 0 for at in place[list(rows)]]
