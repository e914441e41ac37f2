"""What one week's clusters leave behind for the next: the ids of the posts, the clusters."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from slipway.domain.cluster import Cluster
from slipway.training.clusters.sorter import Sorter

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts of a window, ascending by id.

    ``ids`` str[n] are unique; ``age`` int64[n] are whole weeks since the post came (0: this week);
    ``texts`` are n strings. ``cut`` is the day the window ends, ``weeks`` its length.
    """

    ids: npt.NDArray[np.str_]
    age: Ints
    texts: tuple[str, ...]
    cut: date
    weeks: int


@dataclass(frozen=True, slots=True)
class State:
    """The clusters of one week.

    ``labels`` int64[n] is the cluster of each of ``posts`` str[n] (ascending) and ``texts``
    int64[n] a checksum of what it said. ``next_id`` was never given to a cluster. ``sorter`` puts
    posts that come later where they belong.
    """

    cut: date
    posts: npt.NDArray[np.str_]
    labels: Ints
    texts: Ints
    clusters: tuple[Cluster, ...]
    next_id: int
    sorter: Sorter

    def cluster(self, number: int) -> Cluster | None:
        """The living cluster with this id."""
        return next((cluster for cluster in self.clusters if cluster.id == number), None)


@dataclass(frozen=True, slots=True)
class Week:
    """One week's clusters and how they came about.

    ``born`` are new topics, ``parents`` maps a split-off cluster to the one it took most posts of,
    ``merged`` and ``retired`` are gone. ``before`` int64[n] is last week's id of each post (-1: it
    was not there). ``inertia`` is relative to the best of ``restarts`` fresh fits with as many
    clusters, 1 is equal. ``stability`` maps numbers of clusters to the adjusted Rand index that one
    of them was chosen by, in the first week only.
    """

    state: State
    before: Ints
    born: tuple[int, ...]
    parents: dict[int, int]
    merged: dict[int, int]
    retired: tuple[int, ...]
    inertia: float
    known_words: float
    stability: dict[int, float]
