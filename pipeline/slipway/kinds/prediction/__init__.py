"""Lines that predict: one answer for each request, judged by what came of it.

Imports stand in the functions: each needs another heavy room, and a task calls one of them.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.data.ibis_types import Backend
from slipway.domain.champion_check import ChampionCheck
from slipway.domain.line import Line, ModelRecipe
from slipway.domain.model import Adopt
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.run import Run, TrainedRun, ValidatedRun
from slipway.kinds import answering_lines
from slipway.kinds.answering_lines import freeze as freeze
from slipway.kinds.answering_lines import opponent
from slipway.kinds.answering_lines import tables as tables
from slipway.kinds.kind import FetchModel, FittedModel, Proofs
from slipway.kinds.prediction.page import write_evidence as write_evidence

read_measurements = PredictionMeasurements.from_dict


def suites(line: Line) -> dict[str, str]:
    """What its tables must meet, generated from its declaration."""
    from slipway.validation import prediction_suites

    return prediction_suites.suites(line)


def prove(
    con: Backend, home: Path, line: Line, run: Run[ModelRecipe], tables: Mapping[str, Any]
) -> Proofs:
    """Inputs are audited, served, served as rebuilt, counted and fitted on the past alone."""
    from slipway.training.probe_fit import short_prediction_fit

    return answering_lines.prove(con, home, line, run, tables, short_prediction_fit)


def fit(
    line: Line, run: ValidatedRun[ModelRecipe], champion: str | None, fetch: FetchModel
) -> FittedModel:
    """Fit and fingerprint, or take over what was fitted elsewhere; the champion plays no part."""
    from slipway.data import frozen_tables
    from slipway.training.predictions import train_predictions

    del champion
    recipe = run.recipe
    source = fetch(recipe.uri) if isinstance(recipe, Adopt) else None
    table = frozen_tables.describe(run.snapshot.path)
    fitted = train_predictions(table, line, recipe, run.work / "models", source)
    return FittedModel(
        folder=fitted.folder,
        fingerprint=fitted.fingerprint,
        digests=fitted.digests,
        files={"trained.json": fitted.to_dict()},
    )


def measure(
    home: Path, line: Line, run: TrainedRun[ModelRecipe], champion: str | None, fetch: FetchModel
) -> tuple[PredictionMeasurements, str | None]:
    """Candidate, champion and rules on the same held-out requests."""
    from slipway.artifact.load import load_ranker
    from slipway.data import frozen_tables
    from slipway.evaluation.predictions import evaluate

    beside = opponent(line, run, champion, fetch)
    measured = evaluate(
        frozen_tables.describe(run.snapshot.path),
        line,
        run.recipe,
        load_ranker(run.model.folder, line),
        beside.ranker,
        load_ranker(rules(home, line), line),
        reference=beside.reference,
        otherwise=beside.otherwise,
        timer=time.perf_counter,
    )
    return measured, champion


def check_champion(line: Line, table: Path, folder: Path, version: str) -> ChampionCheck:
    """What its columns are worth to the model in ``folder``, and how right it is for groups of people."""
    from slipway.data import frozen_tables
    from slipway.evaluation import champion_check

    found, (model, inputs) = frozen_tables.describe(table), answering_lines.stored(line, folder)
    return champion_check.of_predictions(found, line, model, inputs, version)


def rules(home: Path, line: Line) -> Path:
    """The hand-written rules as a model's folder; always the same bytes for the same rules."""
    from slipway.artifact.folder import write_rules

    return write_rules(home / "work" / line.name / "rules", line, ())
