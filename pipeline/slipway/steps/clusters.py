"""The weekly run of a line of clusters: the same verbs as for rankings, on posts."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import Cluster, ClusterLine, ClusterRecipe
from slipway.domain.release import fold
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.gates import gates_for
from slipway.settings import settings
from slipway.steps import context


def snapshot(
    line_name: str, start: str, end: str, recipe: Mapping[str, Any], run_key: str
) -> dict[str, Any]:
    """Freeze the window that ends with the interval [start, end) (ISO times, UTC).

    Raises BadConfig for a wrong recipe, LogIncomplete before the cut, BadInput for an empty week.
    """
    from slipway.data import posts  # noqa: PLC0415 - loads pandas

    line = context.clusters_of(line_name)
    line.recipe_with(recipe)
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    window = posts.freeze(settings().home, line, first, last, now=context.now())
    key = re.sub(r"[^A-Za-z0-9]+", "-", run_key).strip("-")
    return {
        "line": line_name,
        "start": start,
        "end": end,
        "recipe": dict(recipe),
        "run_key": run_key,
        "work": str(context.folder(line_name, key)),
        "snapshot": str(window.path),
        "snapshot_digest": window.digest,
        "rows": window.rows,
    }


def tables(ref: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The tables that are proven before training, by their kind."""
    from slipway.data import posts  # noqa: PLC0415 - loads pandas

    return [("posts", posts.load(Path(ref["snapshot"]), ref["snapshot_digest"]))]


def train(ref: Mapping[str, Any]) -> dict[str, Any]:
    """Cluster the window from the ids of the champion's week, measure it, fingerprint it.

    Raises BadInput for posts that cannot be clustered or a champion that cannot be loaded: nothing
    is registered, and the last good clusters stay.
    """
    from slipway.evaluation import clusters as evaluation  # noqa: PLC0415 - loads NumPy
    from slipway.training import fingerprint, installed_packages  # noqa: PLC0415 - loads NumPy
    from slipway.training.clusters import folder, track  # noqa: PLC0415 - loads NumPy

    line = context.clusters_of(ref["line"])
    recipe = line.recipe_with(ref["recipe"])
    work = Path(ref["work"])
    version = followed(line, ref["end"])
    with TemporaryDirectory(dir=work) as scratch:
        last = load(line, version, Path(scratch)) if version else None
    found = _posts(line, ref)
    week = track.follow(found, last, recipe) if last else track.first(found, recipe)
    digests = {
        "snapshot": ref["snapshot_digest"],
        "code": fingerprint.of_running_code(),
        "environment": installed_packages.of_environment(),
        "recipe": fingerprint.of_recipe(recipe),
        "champion": folder.learned(last) if last else "none",
        "learned": folder.learned(week.state),
    }
    whole = fingerprint.combine(digests)
    end = datetime.fromisoformat(ref["end"])
    measured = evaluation.measure(week, version, end)
    moved = evaluation.moves(week, last, found.texts) if last else []
    names = {str(cluster.id): cluster.name for cluster in last.clusters} if last else {}
    context.write_json(work / "trained.json", {"fingerprint": whole, "digests": digests})
    context.write_json(
        work / "moves.json", {"moves": [move._asdict() for move in moved], "names": names}
    )
    return {
        **ref,
        "fingerprint": whole,
        "again": context.compared(ref["line"], ref["end"], digests),
        "follows": version,
        "ranker": str(folder.write(work / "clusters", line.name, week.state, whole, version)),
        "measurements": str(context.write_json(work / "offline.json", measured.to_dict())),
    }


def followed(line: ClusterLine, end: str) -> str | None:
    """The version whose ids the week that ends at ``end`` carries on: the champion of that time."""
    cut = datetime.fromisoformat(end)
    past = [t for t in context.ledger().transitions(line.name) if t.at <= cut]
    return fold(line.name, past).champion


def load(line: ClusterLine, version: str, scratch: Path) -> Any:  # noqa: ANN401 - a heavy State
    """The clusters of a registered version; raises BadInput where they cannot be loaded."""
    from slipway.training.clusters import folder  # noqa: PLC0415 - loads NumPy

    files = context.registry().download(line.name, version, scratch / f"version-{version}")
    return folder.read(files, line.name)


def clusters_of_version(line: ClusterLine, version: str) -> tuple[Cluster, ...]:
    """The clusters of a registered version, largest first."""
    with TemporaryDirectory(dir=context.folder(line.name)) as scratch:
        found: tuple[Cluster, ...] = load(line, version, Path(scratch)).clusters
    return tuple(sorted(found, key=lambda cluster: (-cluster.posts, cluster.id)))


def evaluate(ref: Mapping[str, Any]) -> dict[str, Any]:
    """The measurements were made where the week's ids were carried; say whom they compare with."""
    return {**ref, "champion": ref["follows"]}


def offline_gates(ref: Mapping[str, Any]) -> list[str]:
    """Names of the gates that judge the run."""
    policy = context.policy_of(ref["line"])
    return list(gates_for(Stage.OFFERED, has_champion=ref["champion"] is not None, policy=policy))


def register(
    ref: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]], origin: str, author: str
) -> dict[str, Any]:
    """Register the week's clusters with page, verdicts and figures; repeating it changes nothing."""
    from slipway.evaluation.clusters import Move  # noqa: PLC0415 - loads NumPy
    from slipway.reports import clusters as report  # noqa: PLC0415 - loads SciPy
    from slipway.training.clusters import folder as files  # noqa: PLC0415 - loads NumPy

    line = context.clusters_of(ref["line"])
    recipe = line.recipe_with(ref["recipe"])
    panel = [Verdict.from_dict(verdict) for verdict in verdicts]
    measured = ClusterMeasurements.from_dict(context.read_json(ref["measurements"]))
    state = files.read(Path(ref["ranker"]), line.name)
    kept = context.read_json(Path(ref["work"]) / "moves.json")
    folder = Path(ref["work"]) / "evidence"
    figures = report.write(
        folder,
        title=f"{line.name}: week to {measured.interval_end:%Y-%m-%d}",
        facts=_facts(ref, recipe, origin, author),
        measured=measured,
        clusters=state.clusters,
        moved=[Move(**move) for move in kept["moves"]],
        names={int(number): name for number, name in kept["names"].items()},
        verdicts=panel,
    )
    for path in Path(ref["validation"]).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    version = _registered(ref, recipe, origin, author, panel, measured, [f.name for f in figures])
    return {**ref, "version": version, "origin": origin, "author": author}


def _registered(  # noqa: PLR0917 - one registration in pieces
    ref: Mapping[str, Any], recipe: ClusterRecipe, origin: str, author: str,
    panel: Sequence[Verdict], measured: ClusterMeasurements, figures: Sequence[str],
) -> str:  # fmt: skip
    from slipway.reports import page  # noqa: PLC0415 - loads matplotlib

    end = f"{measured.interval_end:%Y-%m-%d}"
    kept = {"kept": measured.kept / measured.common} if measured.common else {}
    return context.registry().register(
        ref["line"],
        Path(ref["ranker"]),
        Path(ref["work"]) / "evidence",
        key=f"{ref['run_key']}:{ref['fingerprint']}",
        tags={
            "origin": origin,
            "author": author,
            "fingerprint": ref["fingerprint"],
            "snapshot": ref["snapshot_digest"],
            "interval_end": ref["end"],
            "recipe": recipe.name,
            "offline": panel_conclusion(panel).name,
            "follows": ref["follows"] or "nobody",
        },
        description=page.description(
            lead=f"{recipe.name}, {origin} run for the week to {end}",
            facts={"fingerprint": ref["fingerprint"][:16], "author": author},
            verdicts=panel,
            images=[
                f"get-artifact?path=evidence/{name}.png&run_uuid={{{{run_id}}}}" for name in figures
            ],
        ),
        params={"recipe": recipe.name, "rows": ref["rows"], "clusters": len(measured.sizes)},
        metrics={"inertia": measured.inertia, "known_words": measured.known_words, **kept},
    )


def _facts(
    ref: Mapping[str, Any], recipe: ClusterRecipe, origin: str, author: str
) -> dict[str, str]:
    trained = context.read_json(Path(ref["work"]) / "trained.json")
    facts = {
        "interval": f"{ref['start']} to {ref['end']}",
        "recipe": recipe.name,
        "origin": origin,
        "author": author,
        "follows version": ref["follows"] or "none: ids begin here",
        "fingerprint": ref["fingerprint"],
        "reproduced": ref["again"],
    }
    return facts | {f"digest of {k}": v[:16] for k, v in trained["digests"].items()}


def _posts(line: ClusterLine, ref: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    import numpy as np  # noqa: PLC0415 - a judging task needs none

    from slipway.data import posts  # noqa: PLC0415 - loads pandas
    from slipway.training.clusters.state import Posts  # noqa: PLC0415 - loads NumPy

    table = posts.load(Path(ref["snapshot"]), ref["snapshot_digest"])
    end = datetime.fromisoformat(ref["end"])
    ids = np.array(table["post_id"].to_pylist(), dtype=np.str_)
    texts = tuple(text or "" for text in table["text"].to_pylist())
    order = np.argsort(ids)  # as numpy compares, whatever the file's order
    texts = tuple(texts[place] for place in order)
    return Posts(ids[order], posts.ages(table, end)[order], texts, end.date(), line.window_weeks)
