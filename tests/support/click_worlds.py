"""Worlds with a known value of every ranking, and logs of what a champion and chance showed in them."""

from dataclasses import dataclass

import numpy as np
from slipway.stats.click_cells import RankedRows
from slipway.stats.ways_to_explore import Exploration

GROUPS, OFFERED, LENGTH, USERS = 400, 30, 10, 20_000
SHARE = 0.02


def logistic(x):
    return 1 / (1 + np.exp(-x))


@dataclass(frozen=True, eq=False)
class ClickWorld:
    """Groups of users who click alike; ``champion`` and ``candidate`` [groups, items] rank from the best.

    Of kind ``position`` a click depends on the place and the item alone. In a ``cascade`` users read from the top, stop at
    a click but for ``goes_on`` of them, and tire at each place: a wrong click model for whoever believes in places.
    """

    kind: str
    attraction: np.ndarray
    champion: np.ndarray
    candidate: np.ndarray
    theta: np.ndarray
    goes_on: float
    tires: float = 0.1

    @classmethod
    def drawn(cls, seed, kind, goes_on=0.0):
        """A world in which the candidate knows more: about 3 % more clicks by places, 2 % by cascade."""
        rng = np.random.default_rng(seed)
        logit = -3.3 + rng.normal(0, 0.8, OFFERED) + rng.normal(0, 0.6, (GROUPS, OFFERED))
        wrong = rng.normal(0, 0.18, OFFERED) + rng.normal(0, 0.36, (GROUPS, OFFERED))
        theta = 1 / np.arange(1, LENGTH + 1) ** rng.uniform(0.4, 1.2)
        better = logit + 0.6 * wrong + rng.normal(0, 0.15, wrong.shape)
        ranks = [np.argsort(-score, axis=1) for score in (logit + wrong, better)]
        return cls(kind, logistic(logit), *ranks, theta, goes_on)

    @property
    def length(self):
        """Items of a list."""
        return LENGTH

    @property
    def lift(self):
        """The truth: relative difference of the candidate's clicks a request to the champion's."""
        return self.value(self.candidate) / self.value(self.champion) - 1

    def value(self, ranks):
        """Expected clicks a request."""
        listed = np.take_along_axis(self.attraction, ranks[:, :LENGTH], axis=1)
        return (self.looks(listed) * listed).sum(axis=1).mean()

    def looks(self, listed):
        """P(a place is looked at) in lists of these attractions."""
        if self.kind == "position":
            return np.broadcast_to(self.theta, listed.shape)
        stays = listed * self.goes_on + (1 - listed) * (1 - self.tires)
        return np.cumprod(np.hstack([np.ones((len(listed), 1)), stays[:, :-1]]), axis=1)

    def clicks(self, rng, listed):
        """What is clicked of lists of these attractions."""
        wanted = rng.random(listed.shape) < listed
        if self.kind == "position":
            return wanted & (rng.random(listed.shape) < self.theta)
        stays = rng.random(listed.shape) < np.where(wanted, self.goes_on, 1 - self.tires)
        reads = np.cumprod(np.hstack([np.ones((len(listed), 1), bool), stays[:, :-1]]), axis=1)
        return wanted & (reads > 0)


def logged(world, how, requests, seed, buckets=20):
    """Shown items of ``requests`` lists, of which a fiftieth of the users have explored ones."""
    rng = np.random.default_rng((seed, 7))
    user = rng.integers(0, USERS, requests)
    group = rng.integers(0, GROUPS, USERS)[user]
    explored = (rng.random(USERS) < SHARE)[user]
    order = np.tile(np.arange(LENGTH), (requests, 1))
    order[explored] = _explored(rng, int(explored.sum()), how)
    items = np.take_along_axis(world.champion[group], order, axis=1)
    place = np.argsort(world.candidate, axis=1)[group]
    candidate = np.take_along_axis(place, items, axis=1)
    clicked = world.clicks(rng, np.take_along_axis(world.attraction[group], items, axis=1))

    def rows(values):
        return np.repeat(values, LENGTH)

    def placed(at):
        return np.where(at < LENGTH, at + 1, 0).ravel()

    return RankedRows(
        rows(user % buckets),
        np.full(order.size, OFFERED),
        rows(explored),
        placed(order),
        placed(candidate),
        np.tile(np.arange(1, LENGTH + 1), requests),
        clicked.ravel().astype(float),
    )


def _explored(rng, lists, how):
    """Orders of explored lists, drawn at once: a test of the one-by-one draw stands elsewhere."""
    if how is Exploration.SHUFFLED:
        return np.argsort(rng.random((lists, OFFERED)), axis=1)[:, :LENGTH]
    order = np.tile(np.arange(LENGTH), (lists, 1))
    order[np.arange(lists), rng.integers(0, LENGTH, lists)] = rng.integers(LENGTH, OFFERED, lists)
    begins = rng.integers(0, 2, lists)
    for begin in (0, 1):
        for first in range(begin, LENGTH - 1, 2):
            turned = np.flatnonzero((begins == begin) & (rng.random(lists) < 0.5))
            pair = order[turned, first : first + 2]
            order[turned, first : first + 2] = pair[:, ::-1]
    return order
