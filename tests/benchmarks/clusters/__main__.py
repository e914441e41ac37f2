"""Do clusters of posts keep their ids? Run it again to go on where it was stopped.

python -m tests.benchmarks.clusters [--posts FOLDER] [--only TEXT] [--out FOLDER]

Generated topics, some of kinds that the recipe was not made with (:mod:`strange`), and real posts
where a folder with posts.csv.gz is given. ``kept`` is the share of the posts, over all weeks, that are
there two weeks running and whose cluster has the same id. Of the generated ones none changes its topic;
of real ones nobody knows, so what a new, split or merged cluster takes counts as lost. A new topic is
found when a cluster holds half of its posts and consists of it; in several, when new clusters that
consist of it do so together.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from slipway.domain.clusters import ClusterRecipe
from slipway.stats.matching import common_members, jaccard, lineage
from threadpoolctl import threadpool_limits

from .cases import PERIODS, SEEDS, Case, generated, real, strange
from .measure import Result, measure
from .strange import KINDS

WIDTH = 200  # characters; the table is read in a file as well

HEADINGS = (
    "posts", "weeks", "in a window", "kept, mean (worst)", "fixed seed", "fixed seed, matched",
    "new topics found within 1 week of 2 % of a week's posts", "of the window's",
    "in several clusters", "of the window's",
    "quiet weeks with a birth", "inertia ÷ best of 50 (worst)", "clusters",
)  # fmt: skip


def main() -> None:
    """Every case that is not there yet; then the table of all that are there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=Path, help="folder with posts.csv.gz")
    parser.add_argument("--only", default="", help="cases whose name begins so")
    parser.add_argument("--out", type=Path, default=Path(".bench/clusters"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cases = _cases(args.posts)
    todo = [n for n in cases if n.startswith(args.only) and not _path(args.out, n).exists()]
    console = Console(width=WIDTH)
    with threadpool_limits(limits=1):
        for name in track(todo, "streams of posts", console=console):
            result = measure(cases[name](), ClusterRecipe("bench"))
            part = _path(args.out, name).with_suffix(".part")
            part.write_text(json.dumps(asdict(result)))
            part.replace(_path(args.out, name))
    table = Table(*HEADINGS, title="Clusters that keep their ids")
    for name in cases:
        if _path(args.out, name).exists():
            table.add_row(*_row(Result(**json.loads(_path(args.out, name).read_text()))))
    console.print(table)
    console.print(f"matching and stability of 1,000,000 posts: {cost():.2f} CPU s")


def _cases(folder: Path | None) -> dict[str, Callable[[], Case]]:
    made: dict[str, Callable[[], Case]] = {
        f"seed {seed}": lambda seed=seed: generated(seed) for seed in SEEDS
    }
    made |= {kind.name: lambda kind=kind: strange(kind) for kind in KINDS}
    if folder:
        for number, period in enumerate(PERIODS):
            made[period[0]] = lambda number=number: real(folder, number)
    return made


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name.split(':', maxsplit=1)[0].replace(' ', '-')}.json"


def _row(r: Result) -> list[str]:
    return [
        r.name,
        f"{len(r.kept)}",
        f"{min(r.posts):,} to {max(r.posts):,}",
        f"{np.mean(r.kept):.4f} ({min(r.kept):.3f})",
        f"{np.mean(r.fixed):.3f}",
        f"{np.mean(r.matched):.3f}",
        _in_time(r.late_of_week),
        _in_time(r.late),
        _in_time(r.late_of_week_in_several),
        _in_time(r.late_in_several),
        f"{r.false_weeks} of {r.quiet}" if r.generated else "",
        f"{np.mean(r.inertia):.4f} ({max(r.inertia):.4f})",
        f"{r.clusters[0]} to {r.clusters[-1]}",
    ]


def _in_time(late: list[int | None]) -> str:
    return f"{sum(lag is not None and lag <= 1 for lag in late)} of {len(late)}" if late else ""


def cost(posts: int = 1_000_000, clusters: int = 40, seed: int = 1) -> float:
    """CPU seconds of matching and stability of a million posts."""
    rng = np.random.default_rng(seed)
    before = rng.integers(0, clusters, posts)
    after = np.where(rng.random(posts) < 0.03, rng.integers(0, clusters + 3, posts), before)
    old, new = np.sort(rng.permutation(posts)[: posts * 7 // 8]), np.arange(posts)
    begun = time.process_time()
    _, a, b = np.intersect1d(old, new, return_indices=True)
    moved = common_members(before[a], after[b])
    lineage(moved, reject_below=0.3, fair_share=0.25)
    jaccard(moved)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
