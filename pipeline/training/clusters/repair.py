"""Where carried clusters became worse than fresh ones: split one, merge two, or both.

A warm start cannot leave its local optimum: two topics that once shared a cluster go on sharing it
while a fresh fit would part them. Each repair is the one that brings the inertia back within
tolerance at the fewest changed ids; clusters that were just born are not merged away.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.domain.clusters import ClusterRecipe
from pipeline.training.clusters.partition import (
    Floats,
    Ints,
    best_inertia,
    inertia,
    lloyd,
    means,
    restart,
    square_distances,
)

_MOST_REPAIRS = 4
_LOOKS = 2
_WORTH = 0.9  # a repair that leaves more than this of the gap is not worth its changed ids


class Repaired(NamedTuple):
    """Labels int64[n], the parent of each cluster that was split off, the merged: gone → into."""

    labels: Ints
    parents: dict[int, int]
    merged: dict[int, int]


class _Half(NamedTuple):
    gain: float
    parent: int
    centres: Floats  # [2, d], the larger half first


class _Pair(NamedTuple):
    cost: float
    keep: int
    drop: int


class _Option(NamedTuple):
    gap: float
    changed: float
    labels: Ints
    parent: int | None
    pair: _Pair | None


class Reference:
    """The best inertia of fresh fits on one week's points, for each number of clusters."""

    def __init__(self, points: Floats, recipe: ClusterRecipe) -> None:
        """``points`` float64[n, d]."""
        self._points, self._recipe = points, recipe
        self._best: dict[int, float] = {}

    def best(self, count: int) -> float:
        """Inertia of the best of the recipe's restarts with ``count`` clusters."""
        if count not in self._best:
            tries, seed = self._recipe.restarts, self._recipe.seed
            self._best[count] = best_inertia(self._points, count, tries, seed)
        return self._best[count]

    def gap(self, labels: Ints) -> float:
        """Inertia of ``labels`` relative to the best with as many clusters, minus 1."""
        best = self.best(len(np.unique(labels)))
        return inertia(self._points, labels) / best - 1 if best > 0 else 0.0


def repair(
    points: Floats, labels: Ints, young: tuple[int, ...], *, next_id: int, reference: Reference,
    recipe: ClusterRecipe,
) -> Repaired:  # fmt: skip
    """Bring the inertia within ``recipe.inertia_loss`` of the best restart, if repairs can."""
    parents: dict[int, int] = {}
    merged: dict[int, int] = {}
    for _ in range(_MOST_REPAIRS):
        gap = reference.gap(labels)
        if gap <= recipe.inertia_loss:
            break
        options = [
            option._replace(gap=reference.gap(option.labels))
            for option in _options(points, labels, young + tuple(parents), next_id, recipe)
        ]
        good = [option for option in options if option.gap <= recipe.inertia_loss]
        best = min(good, key=lambda o: o.changed) if good else min(options, key=lambda o: o.gap)
        if best.gap > _WORTH * gap:
            break
        labels = best.labels
        if best.parent is not None:
            parents[next_id] = best.parent
            next_id += 1
        if best.pair is not None:
            merged[best.pair.drop] = best.pair.keep
    return Repaired(labels, parents, merged)


def _options(
    points: Floats, labels: Ints, young: tuple[int, ...], next_id: int, recipe: ClusterRecipe
) -> Iterator[_Option]:
    ids = np.unique(labels).tolist()
    halves: list[_Half | None] = [None, *_halves(points, labels, ids, recipe)]
    pairs: list[_Pair | None] = [None, *_pairs(points, labels, ids, young)]
    for half in halves:
        for pair in pairs:
            idle = half is None and pair is None
            if idle or (half and pair and half.parent in (pair.keep, pair.drop)):
                continue
            tried = lloyd(
                points, *_start(points, labels, ids, half=half, pair=pair, next_id=next_id)
            )
            changed = float((tried != labels).mean())
            yield _Option(np.inf, changed, tried, half.parent if half else None, pair)


def _start(
    points: Floats,
    labels: Ints,
    ids: list[int],
    *,
    half: _Half | None,
    pair: _Pair | None,
    next_id: int,
) -> tuple[Floats, list[int]]:
    start = labels.copy()
    if pair:
        start[start == pair.drop] = pair.keep
    left = [i for i in ids if pair is None or i != pair.drop]
    centres = means(points, start, left)
    if half is None:
        return centres, left
    centres[left.index(half.parent)] = half.centres[0]
    return np.vstack([centres, half.centres[1]]), [*left, next_id]


def _halves(points: Floats, labels: Ints, ids: list[int], recipe: ClusterRecipe) -> list[_Half]:
    """The clusters that gain most inertia by being two."""
    found = []
    for parent in ids:
        own = points[labels == parent]
        if len(own) < 2 * recipe.min_posts:
            continue
        half = restart(own, 2, _LOOKS, recipe.seed)
        if half.min() == half.max():
            continue
        large = int(np.bincount(half, minlength=2).argmax())
        gain = inertia(own, np.zeros(len(own), np.int64)) - inertia(own, half)
        found.append(_Half(gain, parent, means(own, half, [0, 1])[[large, 1 - large]]))
    return sorted(found, key=lambda half: -half.gain)[:_LOOKS]


def _pairs(points: Floats, labels: Ints, ids: list[int], young: tuple[int, ...]) -> list[_Pair]:
    """The pairs that lose least inertia by being one (Ward 1963); the larger one keeps its id."""
    centres, size = means(points, labels, ids), np.bincount(labels)[ids]
    cost = square_distances(centres, centres) * size[:, None] * size / (size[:, None] + size)
    found = []
    for i, first in enumerate(ids):
        for j in range(i + 1, len(ids)):
            if first in young or ids[j] in young:
                continue
            keep, drop = (first, ids[j]) if size[i] >= size[j] else (ids[j], first)
            found.append(_Pair(float(cost[i, j]), keep, drop))
    return sorted(found)[:_LOOKS]
