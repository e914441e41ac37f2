"""Do clusters of posts keep their ids? Generated topics, and real posts if a folder is given.

Run it with ``python tests/benchmarks/clusters.py [folder with posts.csv.gz]``; seeds are fixed, a
bar shows the progress, tables come at the end. ``kept`` is the share of the posts, over all weeks,
that are there two weeks running and whose cluster has the same id; none of them changes its topic.
A new topic is found when a cluster that was born for it holds half of its posts and consists of it.
"""

import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track as bar
from rich.table import Table
from threadpoolctl import threadpool_limits

from pipeline.domain.clusters import ClusterRecipe
from pipeline.simulation import stackexchange
from pipeline.simulation.topics import ALWAYS, Scene, Stream, generate
from pipeline.stats.matching import jaccard, kept_share, lineage, transition
from pipeline.training.clusters import partition
from pipeline.training.clusters.space import embed
from pipeline.training.clusters.state import Posts
from pipeline.training.clusters.track import first, follow

RECIPE = ClusterRecipe("bench")
BEST_OF = 50
FOUND_AT = 0.02
GRACE_WEEKS = 6  # a cluster born this long after its topic began is still that topic's
SEEDS = (101, 102, 103, 104, 105, 106)  # none of them was looked at while the recipe was made
WINDOW = 8
START = date(2026, 1, 5)


class Fixed(NamedTuple):
    """The peers' answer of one week."""

    posts: np.ndarray
    labels: np.ndarray


class Result(NamedTuple):
    """One row of the table."""

    kept: list
    inertia: list
    lags: list
    births: int
    false_births: int
    quiet: int
    false_weeks: int
    clusters: str


def window(stream, week, weeks=WINDOW):
    """The posts of the window that ends with ``week``."""
    rows = np.flatnonzero((stream.week > week - weeks) & (stream.week <= week))
    return rows, Posts(
        np.array([f"{row:08d}" for row in rows]),
        (week - stream.week[rows]).astype(np.int64),
        tuple(stream.texts[row] for row in rows),
        START + timedelta(weeks=week + 1),
        weeks,
    )


def run(stream, weeks, width, recipe=RECIPE):
    """Yield rows, the week's clusters and its points, week by week."""
    last = None
    for week in weeks:
        rows, posts = window(stream, week, width)
        found = follow(posts, last, recipe) if last else first(posts, recipe)
        last = found.state
        yield week, rows, posts, found


def best(points, count, seed=1):
    """Inertia of the best of many restarts, made apart from the recipe's own reference."""
    return partition.best_inertia(points, count, BEST_OF, seed)


def peers(points, rows, count, last):
    """Fixed-seed k-means (ten starts), as it is and renamed by a one-to-one matching."""
    raw = partition.restart(points, count, 10, RECIPE.seed)
    named = raw.copy()
    if last:
        _, here, there = np.intersect1d(rows, last[1].posts, return_indices=True)
        moved = transition(last[1].labels[there], raw[here])
        pairs = lineage(moved, reject_below=0.0, fair_share=0.25).pairs
        new = {after: before for before, after in pairs}
        free = int(max(last[1].labels.max(), count)) + 1
        for extra in sorted(set(raw.tolist()) - set(new)):
            new[extra], free = free, free + 1
        named = np.array([new[i] for i in raw.tolist()])
    return Fixed(rows, raw), Fixed(rows, named)


def kept(before, now):
    """Share of the common posts that kept their id."""
    _, a, b = np.intersect1d(before.posts, now.posts, return_indices=True)
    return kept_share(transition(before.labels[a], now.labels[b]))


def measure(stream, weeks, width, *, births_known=True):
    """One stream, tracked and beside its peers."""
    ours, mine, fixed, named, quality, lags, births, false = None, [], [], [], [], {}, 0, {}
    other, counts = None, []
    share = shares(stream)
    for week, rows, posts, found in run(stream, weeks, width):
        points = embed(posts.texts, RECIPE).vectors
        ids = np.unique(found.state.labels)
        counts.append(len(ids))
        quality.append(partition.inertia(points, found.state.labels) / best(points, len(ids)))
        now = Fixed(rows, found.state.labels)
        if ours is not None:
            mine.append(kept(ours, now))
        peer = peers(points, rows, counts[0], other)
        if other is not None:
            fixed.append(kept(other[0], peer[0]))
            named.append(kept(other[1], peer[1]))
        ours, other = now, peer
        if births_known:
            topic = stream.topic[rows]
            for cluster in (*found.born, *found.parents):
                of = np.bincount(topic[now.labels == cluster]).argmax()
                births += 1
                if not 0 <= week - stream.begins[of] <= GRACE_WEEKS:
                    false[week] = false.get(week, 0) + 1
            seen(stream, week, topic, now.labels, lags=lags, share=share)
    quiet = [w for w in list(weeks)[1:] if not any(0 <= w - b <= 1 for b in stream.begins)]
    reached = [t for t in range(len(stream.begins)) if stream.begins[t] >= 0 and t in share[1]]
    late = [lags.get(t) for t in reached]
    result = Result(
        mine,
        quality,
        late,
        births,
        sum(false.values()),
        len(quiet),
        sum(w in false for w in quiet),
        f"{counts[0]} to {counts[-1]}",
    )
    return result, fixed, named


def shares(stream):
    """Weekly share of each topic, and the first week in which a new one has 2 % of the posts."""
    count = len(stream.begins)
    share = np.stack(
        [
            np.bincount(stream.topic[stream.week == w], minlength=count)
            / max((stream.week == w).sum(), 1)
            for w in range(int(stream.week.max()) + 1)
        ]
    )
    reached = {}
    for topic in range(count):
        weeks = np.flatnonzero(share[:, topic] >= FOUND_AT)
        weeks = weeks[weeks >= stream.begins[topic]]
        if stream.begins[topic] >= 0 and len(weeks):
            reached[topic] = int(weeks[0])
    return share, reached


def seen(stream, week, topic, labels, *, lags, share):
    """Note how long after its 2 % each new topic had a cluster of its own."""
    for new, reached in share[1].items():
        own = labels[topic == new]
        if new in lags or not len(own) or week < stream.begins[new]:
            continue
        cluster = np.bincount(own).argmax()
        inside = topic[labels == cluster]
        if (own == cluster).mean() >= 0.5 and (inside == new).mean() > 0.5:
            lags[new] = max(week - reached, 0)


def row(table, name, result, fixed, named):
    """Add one stream to the table."""
    late = [lag for lag in result.lags if lag is not None and lag <= 1]
    table.add_row(
        name,
        f"{len(result.kept)}",
        f"{np.mean(result.kept):.3f} ({min(result.kept):.3f})",
        f"{np.mean(fixed):.3f}",
        f"{np.mean(named):.3f}",
        f"{len(late)} of {len(result.lags)}" if result.lags else "",
        f"{result.false_weeks} of {result.quiet}" if result.lags else "",
        f"{np.mean(result.inertia):.4f} ({max(result.inertia):.4f})",
        result.clusters,
    )


def real(folder):
    """The real posts by week, as one stream without known topics (``topic`` is the site)."""
    posts = stackexchange.load(folder)
    at = posts["event_at"].dt.tz_localize(None)
    week = ((at - at.min().normalize()).dt.days // 7).to_numpy(np.int64)
    sites, code = np.unique(posts["site"], return_inverse=True)
    begins = np.array([week[code == c].min() for c in range(len(sites))])
    return Stream(
        week, code.astype(np.int64), tuple(posts["text"]), begins, np.full(len(begins), ALWAYS)
    )


# each period has its own start, and at least 20 weeks; window in weeks
PERIODS = (
    ("meta, beer, teaching: autumn 2013 to summer 2014", date(2014, 1, 6), 24, 26),
    ("beer widens its scope, ai begins: 2016", date(2016, 3, 7), 40, 26),
    ("quantum computing begins: 2018", date(2018, 2, 5), 29, 26),
    ("cardano: 2021", date(2021, 6, 7), 26, 13),
)


def cost(posts=1_000_000, clusters=40, seed=1):
    """CPU seconds of matching and stability of a million posts."""
    rng = np.random.default_rng(seed)
    before = rng.integers(0, clusters, posts)
    after = np.where(rng.random(posts) < 0.03, rng.integers(0, clusters + 3, posts), before)
    ids = np.arange(posts)
    old, new = np.sort(rng.permutation(ids)[: posts * 7 // 8]), ids
    begun = time.process_time()
    _, a, b = np.intersect1d(old, new, return_indices=True)
    moved = transition(before[a], after[b])
    lineage(moved, reject_below=0.3, fair_share=0.25)
    jaccard(moved)
    kept_share(moved)
    return time.process_time() - begun


def headings(title):
    """An empty table."""
    table = Table(title=title)
    for name in (
        "posts", "weeks", "kept, mean (worst)", "fixed seed", "fixed seed, matched",
        "found within a week", "quiet weeks with a birth", "inertia ÷ best of 50 (worst)",
        "clusters",
    ):  # fmt: skip
        table.add_column(name)
    return table


def main():
    """Print the tables."""
    console = Console()
    table = headings("Generated topics that begin and end on known weeks")
    scene = Scene()
    with threadpool_limits(limits=1):
        for seed in bar(SEEDS, "generated posts", console=console):
            stream = generate(scene, seed)
            row(table, f"seed {seed}", *measure(stream, range(WINDOW - 1, scene.weeks), WINDOW))
        console.print(table)
        if len(sys.argv) > 1:
            stream = real(Path(sys.argv[1]))
            posts = stackexchange.load(Path(sys.argv[1]))
            zero = posts["event_at"].min().date()
            table = headings("Real posts of 12 sites")
            for name, begin, weeks, width in bar(PERIODS, "real posts", console=console):
                start = (begin - zero).days // 7
                found = measure(stream, range(start, start + weeks), width, births_known=False)
                row(table, name, *found)
            console.print(table)
    console.print(f"matching and stability of 1,000,000 posts: {cost():.2f} CPU s")


if __name__ == "__main__":
    main()
