"""The evidence of a week's clusters, for whoever approves them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.data import json_file
from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import ClusterLine, ClusterRecipe
from slipway.domain.run import EvaluatedRun
from slipway.domain.verdict import Verdict
from slipway.kinds import run_facts
from slipway.kinds.kind import VersionPage

if TYPE_CHECKING:
    from slipway.reports.review.brief import Brief


def write_evidence(
    folder: Path,
    line: ClusterLine,
    run: EvaluatedRun[ClusterRecipe],
    measured: ClusterMeasurements,
    verdicts: Sequence[Verdict],
    brief: "Brief",
) -> VersionPage:
    """Page, verdicts and figures, and which posts moved and why."""
    from slipway.evaluation.clusters import Move
    from slipway.reports import clusters as report  # draws
    from slipway.training.clusters import folder as files

    kept = json_file.read(run.work / "moves.json")
    figures = report.write(
        folder,
        title=f"{line.name}: week to {measured.interval_end:%Y-%m-%d}",
        brief=brief,
        facts=_facts(run, brief),
        measured=measured,
        clusters=files.read(run.model.folder, line.name).clusters,
        moved=[Move(**move) for move in kept["moves"]],
        names={int(number): name for number, name in kept["names"].items()},
        verdicts=verdicts,
    )
    same = {"kept": measured.kept / measured.common} if measured.common else {}
    return VersionPage(
        images=[figure.name for figure in figures],
        tags={"follows": run.model.follows or "nobody"},
        params={"clusters": len(measured.sizes)},
        metrics={"inertia": measured.inertia, "known_words": measured.known_words, **same},
    )


def _facts(run: EvaluatedRun[ClusterRecipe], brief: "Brief") -> Mapping[str, str]:
    return {
        **run_facts.of_run(run, brief),
        "follows version": run.model.follows or "none: ids begin here",
        **run_facts.of_digests(json_file.read(run.work / "trained.json")),
    }
