"""What others would do: fixed-seed k-means each week, as it is, and matched with last week's."""

from typing import NamedTuple

import numpy as np
from slipway.stats.matching import common_members, lineage
from slipway.training.clusters import partition

STARTS = 10


class Labelled(NamedTuple):
    """One week's answer: ``posts`` int64[n] and the ``labels`` int64[n] of their clusters."""

    posts: np.ndarray
    labels: np.ndarray


def fixed(points: np.ndarray, posts: np.ndarray, count: int, seed: int) -> Labelled:
    """K-means with the same number of clusters and the same seed every week."""
    return Labelled(posts, partition.restart(points, count, STARTS, seed))


def matched(now: Labelled, last: Labelled | None) -> Labelled:
    """The same clusters, called as last week's where a one-to-one matching says so (Kuhn 1955)."""
    if last is None:
        return now
    _, here, there = np.intersect1d(now.posts, last.posts, return_indices=True)
    moved = common_members(last.labels[there], now.labels[here])
    pairs = lineage(moved, reject_below=0.0, fair_share=0.25).pairs
    names = {after: before for before, after in pairs}
    free = int(max(last.labels.max(), now.labels.max())) + 1
    for place, extra in enumerate(sorted(set(now.labels.tolist()) - set(names))):
        names[extra] = free + place
    return Labelled(now.posts, np.array([names[i] for i in now.labels.tolist()]))


def kept(before: Labelled, now: Labelled) -> float:
    """Share of the common posts that kept their id."""
    _, a, b = np.intersect1d(before.posts, now.posts, return_indices=True)
    return float((before.labels[a] == now.labels[b]).mean())
