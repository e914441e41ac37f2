"""Shown items and their clicks, counted by where the champion and a candidate rank them: sums that add up."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.stats import examination
from slipway.stats.exploration import effective_shown, propensities
from slipway.stats.ways_to_explore import Exploration

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ROUNDS = 60
"""Of the fixed point of places and ranks; neighbours tell of each other, so that few are enough."""


@dataclass(frozen=True, slots=True, eq=False)
class ClickCells:
    """Shown items and clicks, float64[G, O, 2, B, K, S], in sums that add up.

    G are buckets of users; O how many items were ``offered`` [O]; then champion's lists and explored ones; B is
    the place in the champion's ranking, K the place shown, S that in the candidate's ranking: B and S have
    one more than K, the last, for items below the list.
    """

    shown: Array
    clicks: Array
    offered: tuple[int, ...]
    how: Exploration

    @property
    def requests(self) -> float:
        """Lists that were shown."""
        return float(self.shown[..., 0, :].sum())


class RankedRows(NamedTuple):
    """Shown items, [n] each: bucket of the user from 0, how many were ``offered``, whether the list was ``explored``.

    ``champion`` and ``candidate`` are places in their rankings, ``position`` the place shown; all count from 1, and
    0 is below the list. ``clicked`` is 0 or 1.
    """

    bucket: Ints
    offered: Ints
    explored: npt.NDArray[np.bool_]
    champion: Ints
    candidate: Ints
    position: Ints
    clicked: Array


def counted(
    rows: RankedRows, buckets: int, length: int, how: Exploration, times: Array | None = None
) -> ClickCells:
    """The cells of rows at the places 1 ... ``length``.

    Where each row stands for ``times`` [n] shown items, ``clicked`` are the clicks of all of them.
    """
    offered, group = np.unique(rows.offered, return_inverse=True)
    places = [np.where(place > 0, place - 1, length) for place in (rows.champion, rows.candidate)]
    shape = (buckets, len(offered), 2, length + 1, length, length + 1)
    keys = (rows.bucket, group, rows.explored.astype(int), places[0], rows.position - 1, places[1])
    cell = np.ravel_multi_index(keys, shape)
    size = int(np.prod(shape))
    return ClickCells(
        np.bincount(cell, weights=times, minlength=size).astype(np.float64).reshape(shape),
        np.bincount(cell, weights=rows.clicked, minlength=size).astype(np.float64).reshape(shape),
        tuple(offered.tolist()),
        how,
    )


class PlaceLooks(NamedTuple):
    """What is known of places: looks in explored lists, clicks above in both, rates by rank."""

    theta: Array
    above_champion: Array
    above_explored: Array
    rate: Array
    champion: Array


def looks(shown: Array, clicks: Array) -> PlaceLooks:
    """What the cells of all buckets [O, 2, B, K, S] say of places."""
    explored, came = shown[:, 1].sum(axis=(0, -1)), clicks[:, 1].sum(axis=(0, -1))
    length = explored.shape[1]
    theta = (
        examination.of_places(*effective_shown(explored, came, _ROUNDS))
        if came.sum()
        else examination.usual(length)
    )
    rate = ratio(came.sum(axis=1), explored @ theta)
    listed = clicks[:, 0].sum(axis=(0, 1, -1)) / max(shown[:, 0, :, 0].sum(), 1.0)
    chance = came.sum(axis=0) / max(explored[:, 0].sum(), 1.0)
    above = [np.append(0.0, np.cumsum(part)[:-1]) for part in (listed, chance)]
    return PlaceLooks(theta, above[0], above[1], rate, listed)


def ratio(above: Array, below: Array) -> Array:
    """``above`` / ``below``, and 0 where nothing is below; they broadcast."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    full = np.broadcast_to(below, shape)
    return np.divide(np.broadcast_to(above, shape), full, out=np.zeros(shape), where=full > 0)


def table_of(how: Exploration, offered: int, length: int) -> Array:
    """Propensities [length + 1, length], also where fewer items are offered than a list holds."""
    found = propensities(how, offered, length)
    table = np.zeros((length + 1, length))
    shown = found.shape[1]
    table[:shown, :shown], table[length, :shown] = found[:-1], found[-1]
    return table


def explored_share(shown: Array) -> Array:
    """P(a list was explored) for each number offered, [O]."""
    return ratio(shown[:, 1, :, 0].sum(axis=(1, 2)), shown[:, :, :, 0].sum(axis=(1, 2, 3)))
