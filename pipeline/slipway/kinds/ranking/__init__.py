"""Lines that rank: a list of items for each request, judged by what users do with it.

Imports stand in the functions: each needs another heavy room, and a task calls one of them.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.data.ibis_types import Backend
from slipway.domain.champion_check import ChampionCheck
from slipway.domain.line import Line, ModelRecipe
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.model import Adopt, Fit
from slipway.domain.run import Run, TrainedRun, ValidatedRun
from slipway.kinds import answering_lines
from slipway.kinds.answering_lines import freeze as freeze
from slipway.kinds.answering_lines import opponent
from slipway.kinds.answering_lines import tables as tables
from slipway.kinds.kind import FetchModel, FittedModel, Proofs
from slipway.kinds.ranking.page import write_evidence as write_evidence

read_measurements = OfflineMeasurements.from_dict


def suites(line: Line) -> dict[str, str]:
    """What its tables must meet, generated from its declaration."""
    from slipway.validation import generate

    return generate.suites(line)


def prove(
    con: Backend, home: Path, line: Line, run: Run[ModelRecipe], tables: Mapping[str, Any]
) -> Proofs:
    """Inputs are audited, served, served as rebuilt, counted and fitted on the past alone."""
    from slipway.training.probe_fit import short_fit

    return answering_lines.prove(con, home, line, run, tables, short_fit)


def fit(
    line: Line, run: ValidatedRun[ModelRecipe], champion: str | None, fetch: FetchModel
) -> FittedModel:
    """Fit, compile and fingerprint; or take over what was fitted elsewhere.

    A recipe that is blended with the champion takes the one of the interval's end, so that a
    backfill of the week takes the same.
    """
    from slipway.data import frozen_tables
    from slipway.training.adopt import adopt
    from slipway.training.own import train_own
    from slipway.training.train import train

    table, out, recipe = frozen_tables.describe(run.snapshot.path), run.work / "models", run.recipe
    helper = fetch(champion) if champion is not None and recipe.uses_champion else None
    if isinstance(recipe, Fit):
        fitted = train_own(table, line, recipe, out, helper)
    elif isinstance(recipe, Adopt):
        fitted = adopt(table, line, recipe, out, fetch(recipe.uri))
    else:
        fitted = train(table, line, recipe, out, helper)
    return FittedModel(
        folder=fitted.folder,
        fingerprint=fitted.fingerprint,
        digests=fitted.digests,
        files={"trained.json": fitted.to_dict()},
        plain=fitted.plain,
    )


def measure(
    home: Path, line: Line, run: TrainedRun[ModelRecipe], champion: str | None, fetch: FetchModel
) -> tuple[OfflineMeasurements, str | None]:
    """Candidate, champion and rules on the same held-out week."""
    from slipway.artifact.load import load_ranker
    from slipway.data import frozen_tables
    from slipway.evaluation.evaluate import evaluate

    beside = opponent(line, run, champion, fetch)
    plain = run.model.plain
    measured = evaluate(
        frozen_tables.describe(run.snapshot.path),
        line,
        run.recipe,
        load_ranker(run.model.folder, line),
        beside.ranker,
        load_ranker(rules(home, line), line),
        reference=beside.reference,
        otherwise=beside.otherwise,
        plain=load_ranker(plain, line) if plain else None,
        timer=time.perf_counter,
    )
    return measured, champion


def check_champion(line: Line, table: Path, folder: Path, version: str) -> ChampionCheck:
    """What its columns are worth to the model in ``folder``, and how right it is for groups of people."""
    from slipway.data import frozen_tables
    from slipway.evaluation import champion_check

    found, (model, inputs) = frozen_tables.describe(table), answering_lines.stored(line, folder)
    return champion_check.of_ranking(found, line, model, inputs, version)


def rules(home: Path, line: Line) -> Path:
    """The hand-written rules as a ranker folder; always the same bytes for the same rules."""
    import numpy as np

    from slipway.artifact.folder import write_rules
    from slipway.training.examination import estimate

    no_rows = np.zeros(0)
    theta = estimate(no_rows.astype(int), no_rows, no_rows.astype(bool), line.list_length)
    return write_rules(home / "work" / line.name / "rules", line, theta)
