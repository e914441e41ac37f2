"""One stream of posts, week by week, tracked and beside its peers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from slipway.domain.clusters import ClusterRecipe
from slipway.training.clusters import partition
from slipway.training.clusters.space import embed
from slipway.training.clusters.state import Posts, Week
from slipway.training.clusters.track import first, follow

from . import peers
from .cases import Case
from .peers import Labelled

BEST_OF, OTHER_SEED = 50, 1  # made apart from the recipe's own reference
FOUND_AT = 0.02
HALF, OF_IT = 0.5, 0.5  # of a topic's posts; of a cluster's, that they are the topic's
GRACE_WEEKS = 6  # a cluster born this long after its topic began is still that topic's
START = date(2026, 1, 5)


@dataclass
class Result:
    """A row of the table; all lists are by week, ``late...`` by new topic (None: never found).

    ``late`` are whole weeks from the week in which the topic has 2 % of the window's posts, and
    ``late_of_week`` from that in which it has 2 % of a week's. ``..._in_several``: until half of its
    posts lie in new clusters, however many, that consist of it.
    """

    name: str
    generated: bool
    kept: list[float] = field(default_factory=list)
    fixed: list[float] = field(default_factory=list)
    matched: list[float] = field(default_factory=list)
    inertia: list[float] = field(default_factory=list)
    clusters: list[int] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    late: list[int | None] = field(default_factory=list)
    late_of_week: list[int | None] = field(default_factory=list)
    late_in_several: list[int | None] = field(default_factory=list)
    late_of_week_in_several: list[int | None] = field(default_factory=list)
    births: int = 0
    false_weeks: int = 0
    quiet: int = 0


class Seen(NamedTuple):
    """Week in which a topic was found in one cluster, and in new ones; in which an id was first seen."""

    in_one: dict[int, int]
    in_several: dict[int, int]
    ids: dict[int, int]


class Known(NamedTuple):
    """When each new topic first has 2 % of a window's, and of a week's, posts."""

    of_window: dict[int, int]
    of_week: dict[int, int]


def measure(case: Case, recipe: ClusterRecipe) -> Result:
    """Cluster every week of the case."""
    result, reached = Result(case.name, case.generated), _reached(case)
    seen, false = Seen({}, {}, {}), set()
    last: tuple[Labelled, ...] = ()
    for week, rows, posts, made in run(case, recipe):
        points, labels = embed(posts.texts, recipe).vectors, made.state.labels
        count = len(np.unique(labels))
        best = partition.inertia(points, partition.restart(points, count, BEST_OF, OTHER_SEED))
        result.inertia.append(partition.inertia(points, labels) / best)
        result.clusters.append(count)
        result.posts.append(len(rows))
        peer = peers.fixed(points, rows, result.clusters[0], recipe.seed)
        now = (Labelled(rows, labels), peer, peers.matched(peer, last[2] if last else None))
        lists = (result.kept, result.fixed, result.matched)
        for values, before, after in zip(lists, last, now, strict=False):
            values.append(peers.kept(before, after))
        last = now
        result.births += len(made.born) + len(made.parents)
        if _false_birth(case, week, rows, made):
            false.add(week)
        _find(case, week, rows, labels, seen)
    result.late, result.late_of_week = (_late(seen.in_one, known) for known in reached)
    result.late_in_several, result.late_of_week_in_several = (
        _late(seen.in_several, known) for known in reached
    )
    quiet = {w for w in case.weeks[1:] if not any(0 <= w - b <= 1 for b in case.stream.begins)}
    result.quiet, result.false_weeks = len(quiet), len(quiet & false)
    return result


def run(case: Case, recipe: ClusterRecipe) -> Iterator[tuple[int, np.ndarray, Posts, Week]]:
    """Week, rows, posts and clusters, week by week."""
    last = None
    for week in case.weeks:
        rows = _rows(case, week)
        posts = Posts(
            np.array([f"{row:08d}" for row in rows]),
            (week - case.stream.week[rows]).astype(np.int64),
            tuple(case.stream.texts[row] for row in rows),
            START + timedelta(weeks=week + 1),
            case.width,
        )
        made = follow(posts, last, recipe) if last else first(posts, recipe)
        last = made.state
        yield week, rows, posts, made


def _rows(case: Case, week: int) -> np.ndarray:
    return np.flatnonzero((case.stream.week > week - case.width) & (case.stream.week <= week))


def _false_birth(case: Case, week: int, rows: np.ndarray, made: Week) -> bool:
    """Whether a cluster was born or split off that is none of the topics that began lately."""
    if not case.generated:
        return False
    topic, labels = case.stream.topic[rows], made.state.labels
    of = [np.bincount(topic[labels == c]).argmax() for c in (*made.born, *made.parents)]
    return any(not 0 <= week - case.stream.begins[topic] <= GRACE_WEEKS for topic in of)


def _find(case: Case, week: int, rows: np.ndarray, labels: np.ndarray, seen: Seen) -> None:
    """Note the first week in which half of a new topic is in one cluster, or in new ones, of it."""
    topic, begins = case.stream.topic[rows], case.stream.begins
    for cluster in np.unique(labels).tolist():
        seen.ids.setdefault(cluster, week)
    for new in np.flatnonzero((begins >= 0) & (begins <= week)).tolist():
        own = labels[topic == new]
        mine = [c for c in np.unique(own).tolist() if (topic[labels == c] == new).mean() > OF_IT]
        shares = {cluster: (own == cluster).mean() for cluster in mine}
        if max(shares.values(), default=0) >= HALF:
            seen.in_one.setdefault(new, week)
        if sum(shares[c] for c in mine if seen.ids[c] >= begins[new]) >= HALF:
            seen.in_several.setdefault(new, week)


def _late(found: dict[int, int], reached: dict[int, int]) -> list[int | None]:
    return [max(found[new] - at, 0) if new in found else None for new, at in reached.items()]


def _reached(case: Case) -> Known:
    of_window: dict[int, int] = {}
    of_week: dict[int, int] = {}
    new = np.flatnonzero(case.stream.begins >= 0)
    for week in case.weeks:
        fresh = case.stream.topic[case.stream.week == week]
        whole = case.stream.topic[_rows(case, week)]
        for topic in new[case.stream.begins[new] <= week].tolist():
            for share, known in (((fresh == topic), of_week), ((whole == topic), of_window)):
                if share.size and share.mean() >= FOUND_AT:
                    known.setdefault(topic, week)
    return Known(of_window, of_week)
