"""Lines of topics: users' texts as clusters that keep their ids from week to week.

Imports stand in the functions: each needs another heavy room, and a task calls one of them.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.data import json_file
from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import ClusterLine, ClusterRecipe
from slipway.domain.run import Run, SnapshotRecord, TrainedRun, ValidatedRun
from slipway.kinds.kind import FetchModel, FittedModel, Proofs
from slipway.kinds.topics.page import write_evidence as write_evidence

if TYPE_CHECKING:
    from slipway.training.clusters.state import Posts

read_measurements = ClusterMeasurements.from_dict

_MEASURED = "offline.json"


def freeze(
    home: Path,
    line: ClusterLine,
    interval: tuple[datetime, datetime],
    recipe: ClusterRecipe,
    now: datetime,
) -> SnapshotRecord:
    """The posts of the window that ends with the interval."""
    from slipway.data import posts

    window = posts.freeze(home, line, *interval, now=now)
    return SnapshotRecord(window.path, window.digest, window.rows)


def suites(line: ClusterLine) -> dict[str, str]:
    """What its tables must meet, generated from its declaration."""
    from slipway.validation import cluster_suites

    return cluster_suites.suites(line)


def tables(
    con: Any,
    home: Path,
    line: ClusterLine,
    run: Run[ClusterRecipe],
) -> dict[str, Any]:
    """The posts of the window."""
    from slipway.data import posts

    return {"posts": posts.load(run.snapshot.path, run.snapshot.digest)}


def prove(*_: object) -> Proofs:
    """Nothing: posts are read as they came, and nobody is served before they are clustered."""
    return Proofs()


def fit(
    line: ClusterLine, run: ValidatedRun[ClusterRecipe], champion: str | None, fetch: FetchModel
) -> FittedModel:
    """Cluster the window from the ids of the champion's week, and measure what became of them.

    Raises BadInput for posts that cannot be clustered or a champion that cannot be loaded: nothing
    is registered, and the last good clusters stay.
    """
    from slipway.evaluation import clusters as evaluation
    from slipway.training import fingerprint, installed_packages
    from slipway.training.clusters import folder, track

    last = folder.read(fetch(champion), line.name) if champion is not None else None
    found = window(line, run.snapshot, run.end)
    week = track.follow(found, last, run.recipe) if last else track.first(found, run.recipe)
    digests = {
        "snapshot": run.snapshot.digest,
        "code": fingerprint.of_running_code(),
        "environment": installed_packages.of_environment(),
        "recipe": fingerprint.of_recipe(run.recipe),
        "champion": folder.learned(last) if last else "none",
        "learned": folder.learned(week.state),
    }
    whole = fingerprint.combine(digests)
    moved = evaluation.moves(week, last, found.texts) if last else []
    names = {str(cluster.id): cluster.name for cluster in last.clusters} if last else {}
    return FittedModel(
        folder=folder.write(run.work / "clusters", line.name, week.state, whole, champion),
        fingerprint=whole,
        digests=digests,
        files={
            "trained.json": {"fingerprint": whole, "digests": digests},
            "moves.json": {"moves": [move._asdict() for move in moved], "names": names},
            _MEASURED: evaluation.measure(week, champion, run.end).to_dict(),
        },
        follows=champion,
    )


def measure(
    home: Path,
    line: ClusterLine,
    run: TrainedRun[ClusterRecipe],
    champion: str | None,
    fetch: FetchModel,
) -> tuple[ClusterMeasurements, str | None]:
    """What was measured where the week's ids were carried on."""
    return read_measurements(json_file.read(run.work / _MEASURED)), run.model.follows


def check_champion(*_: object) -> None:
    """None: clusters read texts, no columns, and know nobody who wrote them."""


def rules(*_: object) -> None:
    """None: nobody sorted posts by hand."""


def window(line: ClusterLine, snapshot: SnapshotRecord, end: datetime) -> "Posts":
    """The frozen posts of the window that ends at ``end``, by id."""
    import numpy as np

    from slipway.data import posts
    from slipway.training.clusters.state import Posts

    table = posts.load(snapshot.path, snapshot.digest)
    ids = np.array(table["post_id"].to_pylist(), dtype=np.str_)
    texts = tuple(text or "" for text in table["text"].to_pylist())
    order = np.argsort(ids)  # as numpy compares, whatever the file's order
    texts = tuple(texts[place] for place in order)
    ages = posts.ages(table, end)[order]
    return Posts(ids[order], ages, texts, end.date(), line.window_weeks)
