"""The evidence of a model that predicts, for whoever approves it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.data import json_file
from slipway.domain.line import Line, ModelRecipe
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.run import EvaluatedRun
from slipway.domain.verdict import Verdict
from slipway.kinds import run_facts
from slipway.kinds.kind import VersionPage

if TYPE_CHECKING:
    from slipway.reports.review.brief import Brief

SELECTED = (
    "the outcome depends on the answer: rows whose outcome was never seen because of what was answered "
    "(a client who was not called) are not in these numbers"
)


def write_evidence(
    folder: Path,
    line: Line,
    run: EvaluatedRun[ModelRecipe],
    measured: PredictionMeasurements,
    verdicts: Sequence[Verdict],
    brief: "Brief",
) -> VersionPage:
    """Page, verdicts and figures in the line's own words."""
    from slipway.reports import predictions as report  # draws

    figures = report.write(
        folder,
        title=f"{line.name}: {run.recipe.name}, interval to {measured.interval_end:%Y-%m-%d}",
        brief=brief,
        facts=_facts(line, run, brief),
        measured=measured,
        verdicts=verdicts,
        untested=() if line.primary.exogenous else (f"What was not answered: {SELECTED}.",),
    )
    return VersionPage(
        images=[figure.name for figure in figures[:2]],
        tags={"validation": f"PASS, digest {run.validation.digest[:16]}"},
        params=run.recipe.headline,
        metrics={f"loss_{arm}": value for arm, value in measured.loss.items()},
    )


def _facts(line: Line, run: EvaluatedRun[ModelRecipe], brief: "Brief") -> Mapping[str, str]:
    trained, of = json_file.read(run.work / "trained.json"), line.primary
    return {
        **run_facts.of_run(run, brief),
        "outcome": f"{of.name} ({of.kind}{', ' + of.unit if of.unit else ''}), {of.about}",
        "decided by": "the paired shadow: the outcome is the same whichever model answers"
        if of.exogenous
        else f"the split; {SELECTED}",
        "snapshot": run.snapshot.digest,
        "suspicions": run.validation.suspicions,
        "fit": trained["leaned"],
        **run_facts.of_stored_model(trained),
        **run_facts.of_digests(trained),
    }
