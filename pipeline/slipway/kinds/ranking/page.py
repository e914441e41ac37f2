"""The evidence of a ranker, for whoever approves it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.data import json_file
from slipway.domain.line import Line, ModelRecipe
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.run import EvaluatedRun, ValidationRecord
from slipway.domain.verdict import Verdict
from slipway.kinds import run_facts
from slipway.kinds.kind import VersionPage
from slipway.registry.page import EXPERIMENT_PLACE, RUN_PLACE, run_url
from slipway.settings import settings

if TYPE_CHECKING:
    from slipway.reports.review.brief import Brief


def write_evidence(
    folder: Path,
    line: Line,
    run: EvaluatedRun[ModelRecipe],
    measured: OfflineMeasurements,
    verdicts: Sequence[Verdict],
    brief: "Brief",
) -> VersionPage:
    """Page, verdicts and figures; the registry links what was checked before training."""
    from slipway.reports import evidence  # draws

    figures = evidence.write_offline(
        folder,
        title=f"{line.name}: {run.recipe.name}, week to {measured.interval_end:%Y-%m-%d}",
        brief=brief,
        facts=_facts(run, brief),
        measured=measured,
        verdicts=verdicts,
    )
    checked = {"validation": _summary(run.validation)}
    return VersionPage(
        images=[figure.name for figure in figures[:2]],
        tags={**checked, "validation_page": _address("validation.html")},
        facts=checked,
        links={
            "what was checked before training": _address("validation.html"),
            "its Data Docs": _address("datadocs_training.html"),
            "the evidence": _address("evidence.html"),
        },
        params=run.recipe.headline,
        metrics={
            **{f"log_loss_{arm}": value for arm, value in measured.log_loss.items()},
            **{f"ndcg_{arm}": value for arm, value in measured.ndcg.items()},
        },
    )


def _facts(run: EvaluatedRun[ModelRecipe], brief: "Brief") -> Mapping[str, str]:
    trained = json_file.read(run.work / "trained.json")
    return {
        **run_facts.of_run(run, brief),
        "snapshot": run.snapshot.digest,
        "validation": _summary(run.validation),
        "suspicions": run.validation.suspicions,
        "stability": trained["leaned"],
        **(run_facts.of_stored_model(trained) if trained.get("stored") else {}),
        **run_facts.of_digests(trained),
    }


def _summary(found: ValidationRecord) -> str:
    """What the registry says of the snapshot's validation; the digest is of what was found."""
    return f"PASS, {found.expectations} expectations, digest {found.digest[:16]}"


def _address(name: str) -> str:
    """Deep link to a file of the evidence; the registry fills in which run it belongs to."""
    return f"{run_url(settings().mlflow_pages, EXPERIMENT_PLACE, RUN_PLACE)}/evidence/{name}"
