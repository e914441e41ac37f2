"""Where carried clusters became worse than fresh ones: as few changed ids as bring them back.

A warm start cannot leave its local optimum: two topics that once shared a cluster go on sharing it
while a fresh fit would part them. Of all that may be changed (:mod:`changes`) it is what keeps most
posts in the cluster they had, once those that moved for little have gone back, within the tolerance
on the inertia.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from slipway.domain.clusters import ClusterRecipe
from slipway.training.clusters.changes import Change, arrivals, renamed, splits_and_merges
from slipway.training.clusters.partition import Floats, Ints, inertia, restart, stay

_MOST_REPAIRS = 4
_PRICE = 30.0  # fraction of posts whose ids are given up for as much inertia, relative
_MANY = 2000  # fewer posts than these have more local optima, and cost less to fit
_FRESH = (-1, 0, 1)  # clusters more than the carried ones that fresh fits are looked at with


class BestFits:
    """The best fresh fit on one week's points, for each number of clusters."""

    def __init__(self, points: Floats, recipe: ClusterRecipe) -> None:
        """``points`` float64[n, d]."""
        self._points, self._recipe = points, recipe
        self._tries = recipe.restarts * max(1, round(_MANY / len(points)))
        self._best: dict[int, tuple[float, Ints]] = {}

    def best(self, count: int) -> tuple[float, Ints]:
        """Inertia and places int64[n] of the best restart with ``count`` clusters."""
        if count not in self._best:
            places = restart(self._points, count, self._tries, self._recipe.seed)
            self._best[count] = inertia(self._points, places), places
        return self._best[count]

    def gap(self, labels: Ints) -> float:
        """Inertia of ``labels`` relative to the best with as many clusters, minus 1."""
        best, _ = self.best(len(np.unique(labels)))
        return inertia(self._points, labels) / best - 1 if best > 0 else 0.0


class _Judged(NamedTuple):
    """A change, what it comes to (0 is best), and its labels once posts have gone back."""

    price: float
    change: Change
    stayed: Ints


def repair(
    points: Floats,
    labels: Ints,
    before: Ints,
    young: tuple[int, ...],
    *,
    next_id: int,
    reference: BestFits,
    recipe: ClusterRecipe,
) -> Change:
    """The change of ``labels`` int64[n] that loses fewest ids of ``before`` int64[n] (-1: new).

    The inertia is then within ``recipe.inertia_loss`` of the best restart where any change that was
    found brings it there. ``next_id`` was never given; clusters in ``young`` are not merged away.
    """

    def judged(change: Change) -> _Judged:
        change = change.reclaimed(before)
        gap = reference.gap(change.labels)
        stayed = stay(points, change.labels, before, (recipe.inertia_loss - gap) / (1 + gap))
        lost = float(((stayed != before) & (before >= 0)).mean())
        return _Judged(lost + _PRICE * max(gap - recipe.inertia_loss, 0.0), change, stayed)

    best = judged(Change(labels, (), {}))
    open_ways = [best]
    for _ in range(_MOST_REPAIRS):
        if best.price <= recipe.ids_lost or not open_ways:
            break
        now = min(open_ways, key=_price)
        open_ways.remove(now)
        ways = _ways(
            points, now.change, before, young, next_id=next_id, reference=reference, recipe=recipe
        )
        found = [judged(now.change.then(way)) for way in ways if way.smallest >= recipe.min_posts]
        open_ways += found
        best = min([best, *found], key=_price)
    return best.change._replace(labels=best.stayed)


def _price(way: _Judged) -> float:
    return way.price


def _ways(
    points: Floats,
    so_far: Change,
    before: Ints,
    young: tuple[int, ...],
    *,
    next_id: int,
    reference: BestFits,
    recipe: ClusterRecipe,
) -> Iterator[Change]:
    """What may be changed next."""
    next_id = max([next_id - 1, *so_far.added]) + 1
    labels, count = so_far.labels, len(np.unique(so_far.labels))
    yield from splits_and_merges(points, labels, (*young, *so_far.added), next_id, recipe)
    yield from arrivals(points, labels, before, next_id, recipe)
    for more in _FRESH:
        if count + more > 1:
            yield renamed(reference.best(count + more)[1], labels, next_id)
