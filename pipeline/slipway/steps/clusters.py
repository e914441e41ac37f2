"""The weekly run of a line of clusters: the same verbs as for rankings, on posts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import Cluster, ClusterLine, ClusterRecipe
from slipway.domain.release import Origin, fold
from slipway.domain.run import (
    EvaluatedRun,
    ModelRecord,
    RegisteredRun,
    Run,
    SnapshotRecord,
    TrainedRun,
    ValidatedRun,
)
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.settings import settings
from slipway.steps import context

MEASUREMENTS = "offline.json"


def snapshot(
    line_name: str, start: str, end: str, recipe: Mapping[str, Any], run_key: str
) -> Run[Any]:
    """Freeze the window that ends with the interval [start, end) (ISO times, UTC).

    Raises BadConfig for a wrong recipe, LogIncomplete before the cut, BadInput for an empty week.
    """
    from slipway.data import posts  # noqa: PLC0415 - the DAG parse stays light

    line = context.clusters_of(line_name)
    chosen = line.recipe_with(recipe)
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    window = posts.freeze(settings().home, line, first, last, now=context.now())
    kept = SnapshotRecord(window.path, window.digest, window.rows)
    work = context.run_folder(line_name, run_key)
    return Run(line_name, run_key, first, last, chosen, work, kept)


def tables(run: Run[ClusterRecipe]) -> list[tuple[str, Any]]:
    """The tables that are proven before training, by their kind."""
    from slipway.data import posts  # noqa: PLC0415 - as above

    return [("posts", posts.load(run.snapshot.path, run.snapshot.digest))]


def train(run: ValidatedRun[ClusterRecipe]) -> TrainedRun[ClusterRecipe]:
    """Cluster the window from the ids of the champion's week, measure it, fingerprint it.

    Raises BadInput for posts that cannot be clustered or a champion that cannot be loaded: nothing
    is registered, and the last good clusters stay.
    """
    from slipway.evaluation import clusters as evaluation  # noqa: PLC0415 - as above
    from slipway.training import fingerprint  # noqa: PLC0415 - as above
    from slipway.training.clusters import folder, track  # noqa: PLC0415 - as above

    line, recipe, work = context.clusters_of(run.line), run.recipe, run.work
    version = followed(line, run.end)
    with TemporaryDirectory(dir=work) as scratch:
        last = load(line, version, Path(scratch)) if version else None
    found = _posts(line, run)
    week = track.follow(found, last, recipe) if last else track.first(found, recipe)
    digests = {
        "snapshot": run.snapshot.digest,
        "code": fingerprint.of_running_code(),
        "lock": fingerprint.of_lock(),
        "recipe": fingerprint.of_recipe(recipe),
        "champion": folder.learned(last) if last else "none",
        "learned": folder.learned(week.state),
    }
    whole = fingerprint.combine(digests)
    measured = evaluation.measure(week, version, run.end)
    moved = evaluation.moves(week, last, found.texts) if last else []
    names = {str(cluster.id): cluster.name for cluster in last.clusters} if last else {}
    context.write_json(work / "trained.json", {"fingerprint": whole, "digests": digests})
    context.write_json(
        work / "moves.json", {"moves": [move._asdict() for move in moved], "names": names}
    )
    context.write_json(work / MEASUREMENTS, measured.to_dict())
    again = context.compared(run.line, run.end, digests)
    kept = folder.write(work / "clusters", line.name, week.state, whole, version)
    return run.trained(ModelRecord(kept, whole, again, follows=version))


def followed(line: ClusterLine, end: datetime) -> str | None:
    """The version whose ids the week that ends at ``end`` carries on: the champion of that time."""
    past = [t for t in context.ledger().transitions(line.name) if t.at <= end]
    return fold(line.name, past).champion


def load(line: ClusterLine, version: str, scratch: Path) -> Any:  # noqa: ANN401 - a heavy State
    """The clusters of a registered version; raises BadInput where they cannot be loaded."""
    from slipway.training.clusters import folder  # noqa: PLC0415 - as above

    files = context.registry().download(line.name, version, scratch / f"version-{version}")
    return folder.read(files, line.name)


def clusters_of_version(line: ClusterLine, version: str) -> tuple[Cluster, ...]:
    """The clusters of a registered version, largest first."""
    with TemporaryDirectory(dir=context.folder(line.name)) as scratch:
        found: tuple[Cluster, ...] = load(line, version, Path(scratch)).clusters
    return tuple(sorted(found, key=lambda cluster: (-cluster.posts, cluster.id)))


def evaluate(run: TrainedRun[ClusterRecipe]) -> EvaluatedRun[ClusterRecipe]:
    """The measurements were made where the week's ids were carried; say whom they compare with."""
    return run.evaluated(run.work / MEASUREMENTS, run.model.follows)


def register(
    run: EvaluatedRun[ClusterRecipe],
    verdicts: Sequence[Mapping[str, Any]],
    origin: Origin,
    author: str,
) -> RegisteredRun[ClusterRecipe]:
    """Register the week's clusters with page, verdicts and figures; repeating it changes nothing."""
    from slipway.evaluation.clusters import Move  # noqa: PLC0415 - the DAG parse stays light
    from slipway.reports import clusters as report  # noqa: PLC0415 - as above
    from slipway.training.clusters import folder as files  # noqa: PLC0415 - as above

    line = context.clusters_of(run.line)
    panel = [Verdict.from_dict(verdict) for verdict in verdicts]
    measured = ClusterMeasurements.from_dict(context.read_json(run.measurements))
    state = files.read(run.model.folder, line.name)
    kept = context.read_json(run.work / "moves.json")
    folder = run.work / "evidence"
    figures = report.write(
        folder,
        title=f"{line.name}: week to {measured.interval_end:%Y-%m-%d}",
        facts=_facts(run, origin, author),
        measured=measured,
        clusters=state.clusters,
        moved=[Move(**move) for move in kept["moves"]],
        names={int(number): name for number, name in kept["names"].items()},
        verdicts=panel,
    )
    for path in run.validation.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    version = _registered(run, origin, author, panel, measured, [f.name for f in figures])
    return run.registered(version, origin, author)


def _registered(  # noqa: PLR0917 - one registration in pieces
    run: EvaluatedRun[ClusterRecipe], origin: Origin, author: str,
    panel: Sequence[Verdict], measured: ClusterMeasurements, figures: Sequence[str],
) -> str:  # fmt: skip
    from slipway.reports import page  # noqa: PLC0415 - as above

    end = f"{measured.interval_end:%Y-%m-%d}"
    kept = {"kept": measured.kept / measured.common} if measured.common else {}
    return context.registry().register(
        run.line,
        run.model.folder,
        run.work / "evidence",
        key=f"{run.key}:{run.model.fingerprint}",
        tags={
            "origin": origin,
            "author": author,
            "fingerprint": run.model.fingerprint,
            "snapshot": run.snapshot.digest,
            "interval_end": run.end.isoformat(),
            "recipe": run.recipe.name,
            "offline": panel_conclusion(panel).name,
            "follows": run.model.follows or "nobody",
        },
        description=page.description(
            lead=f"{run.recipe.name}, {origin} run for the week to {end}",
            facts={"fingerprint": run.model.fingerprint[:16], "author": author},
            verdicts=panel,
            images=[
                f"get-artifact?path=evidence/{name}.png&run_uuid={{{{run_id}}}}" for name in figures
            ],
        ),
        params={
            "recipe": run.recipe.name,
            "rows": run.snapshot.rows,
            "clusters": len(measured.sizes),
        },
        metrics={"inertia": measured.inertia, "known_words": measured.known_words, **kept},
    )


def _facts(run: EvaluatedRun[ClusterRecipe], origin: Origin, author: str) -> dict[str, str]:
    trained = context.read_json(run.work / "trained.json")
    facts = {
        "interval": f"{run.start.isoformat()} to {run.end.isoformat()}",
        "recipe": run.recipe.name,
        "origin": origin,
        "author": author,
        "follows version": run.model.follows or "none: ids begin here",
        "fingerprint": run.model.fingerprint,
        "reproduced": run.model.reproducibility,
    }
    return facts | {f"digest of {k}": v[:16] for k, v in trained["digests"].items()}


def _posts(line: ClusterLine, run: Run[ClusterRecipe]) -> Any:  # noqa: ANN401 - as above
    import numpy as np  # noqa: PLC0415 - as above

    from slipway.data import posts  # noqa: PLC0415 - as above
    from slipway.training.clusters.state import Posts  # noqa: PLC0415 - as above

    table = posts.load(run.snapshot.path, run.snapshot.digest)
    ids = np.array(table["post_id"].to_pylist(), dtype=np.str_)
    texts = tuple(text or "" for text in table["text"].to_pylist())
    order = np.argsort(ids)  # as numpy compares, whatever the file's order
    texts = tuple(texts[place] for place in order)
    return Posts(
        ids[order], posts.ages(table, run.end)[order], texts, run.end.date(), line.window_weeks
    )
