"""What a repair may do to carried clusters.

Split one, merge two, or both; give new posts clusters of their own; take those of a fresh fit.

An id that is new follows the last one given; clusters that were just born are not merged away.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from slipway.domain.clusters import ClusterRecipe
from slipway.stats.matching import common_members, lineage
from slipway.training.clusters.partition import (
    Floats,
    Ints,
    inertia,
    lloyd,
    means,
    restart,
    spots,
    square_distances,
)

_LOOKS = 3  # splits, and merges, that are tried
_EXTRA = 4  # clusters, at most, that new posts may get at once
_TRIES = 2
_SAME = 0.1  # Jaccard index from which on a fresh cluster may be called by a carried one's id
_FAIR = 0.25
_MOST = 0.5  # of a cluster's posts


class Change(NamedTuple):
    """Labels int64[n] after it, the ids it gave, the clusters it merged: gone → into."""

    labels: Ints
    added: tuple[int, ...]
    merged: dict[int, int]

    @property
    def smallest(self) -> float:
        """Posts of the smallest new cluster; infinite where there is none."""
        return min((int((self.labels == new).sum()) for new in self.added), default=np.inf)

    def split_off(self, before: Ints) -> dict[int, int]:
        """The new clusters that took posts of last week, and from whom most; others are new topics.

        ``before`` int64[n] are last week's ids (-1: none).
        """
        taken = {new: before[(self.labels == new) & (before >= 0)] for new in self.added}
        return {new: int(np.bincount(old).argmax()) for new, old in taken.items() if len(old)}

    def reclaimed(self, before: Ints) -> "Change":
        """The same change, with a gone cluster's id for a new one that consists of its posts.

        A dying cluster that was taken out, and put back because the others were worse without it, is
        still that cluster. ``before`` int64[n] are last week's ids (-1: none).
        """
        labels, back = self.labels.copy(), dict[int, int]()
        for new, parent in self.split_off(before).items():
            own = labels == new
            if parent not in labels and (before[own] == parent).mean() > _MOST:
                labels[own], back[new] = parent, parent
        merged = {gone: into for gone, into in self.merged.items() if gone not in back.values()}
        merged = {gone: back.get(into, into) for gone, into in merged.items()}
        return Change(labels, tuple(new for new in self.added if new not in back), merged)

    def then(self, other: "Change") -> "Change":
        """Both changes, one after the other."""
        merged = {gone: other.merged.get(into, into) for gone, into in self.merged.items()}
        return Change(other.labels, self.added + other.added, merged | other.merged)


class _Half(NamedTuple):
    gain: float
    parent: int
    centres: Floats  # [2, d], the larger half first


class _Pair(NamedTuple):
    cost: float
    keep: int
    drop: int


def splits_and_merges(
    points: Floats, labels: Ints, young: tuple[int, ...], next_id: int, recipe: ClusterRecipe
) -> Iterator[Change]:
    """The most promising splits and merges of ``labels`` int64[n], after Lloyd's steps."""
    ids = np.unique(labels).tolist()
    halves: list[_Half | None] = [None, *_halves(points, labels, ids, recipe)]
    pairs: list[_Pair | None] = [None, *_pairs(points, labels, ids, young)]
    for half in halves:
        for pair in pairs:
            idle = half is None and pair is None
            if idle or (half and pair and half.parent in (pair.keep, pair.drop)):
                continue
            start = _start(points, labels, ids, half=half, pair=pair, next_id=next_id)
            yield Change(
                lloyd(points, *start),
                (next_id,) if half else (),
                {pair.drop: pair.keep} if pair else {},
            )


def arrivals(
    points: Floats, labels: Ints, before: Ints, next_id: int, recipe: ClusterRecipe
) -> Iterator[Change]:
    """Some new clusters for the posts that are new in old clusters, which stay where they were.

    A flood of new posts drags the centres of the clusters it is sorted into, and with them the
    posts that were there: here those centres are last week's posts' own.
    """
    ids = np.unique(labels)
    old = np.isin(ids, before)
    new = (before < 0) & np.isin(labels, ids[old])
    held = np.isin(before, ids)
    centres = means(points, labels, ids)
    centres[old] = means(points[held], before[held], ids[old])
    room = min(_EXTRA, new.sum() // recipe.min_posts, spots(points[new]))
    for extra in range(1, room + 1):
        groups = restart(points[new], extra, _TRIES, recipe.seed)
        added = range(next_id, next_id + extra)
        start = np.vstack([centres, means(points[new], groups, np.arange(extra))])
        yield Change(lloyd(points, start, [*ids.tolist(), *added]), tuple(added), {})


def renamed(fresh: Ints, labels: Ints, next_id: int) -> Change:
    """The partition ``fresh`` int64[n] in the ids of ``labels``, as far as a matching allows."""
    moved = common_members(labels, fresh)
    found = lineage(moved, reject_below=_SAME, fair_share=_FAIR)
    names = {after: before for before, after in found.pairs}
    added = range(next_id, next_id + len(found.births))
    names |= dict(zip(found.births, added, strict=True))
    taken = moved.after[moved.members.argmax(axis=1)]
    merged = {gone: names[int(taken[np.searchsorted(moved.before, gone)])] for gone in found.deaths}
    return Change(np.array([names[i] for i in fresh.tolist()], np.int64), tuple(added), merged)


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
        if len(own) < 2 * recipe.min_posts or spots(own) == 1:
            continue
        half = restart(own, 2, _TRIES, recipe.seed)
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
