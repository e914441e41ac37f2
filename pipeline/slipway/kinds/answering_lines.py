"""What kinds of lines have in common that answer requests: they learn from what was logged of these.

Imports stand in the functions: each needs another heavy room, and a task calls one of them.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from slipway.data.ibis_types import Backend
from slipway.domain.line import Line, ModelRecipe
from slipway.domain.run import Run, SnapshotRecord, TrainedRun
from slipway.kinds.kind import FetchModel, Proofs

if TYPE_CHECKING:
    from slipway.artifact.ranker import Ranker
    from slipway.kinds.leak_proofs import ShortFit


class Opponent(NamedTuple):
    """The champion beside a candidate; a ranker of None where the line has no champion.

    ``reference`` is its recipe where it is known; ``otherwise``: it came about in another way than the
    candidate, so that the recipes alone do not say what was changed.
    """

    ranker: "Ranker | None" = None
    reference: ModelRecipe | None = None
    otherwise: bool = False


def freeze(
    home: Path, line: Line, interval: tuple[datetime, datetime], recipe: ModelRecipe, now: datetime
) -> SnapshotRecord:
    """What was answered in the interval and the time before it, with what came of it."""
    from slipway.data import snapshot

    table = snapshot.freeze(home, line, *interval, now=now, recipe=recipe)
    return SnapshotRecord(table.path, table.digest, table.rows)


def tables(con: Backend, home: Path, line: Line, run: Run[ModelRecipe]) -> dict[str, Any]:
    """Exposures and outcomes as expressions that are not read yet, the training table in memory."""
    from slipway.data import engine, frozen_tables

    shown = engine.exposures(
        con, home, line, arrived_before=run.end, requested_from=run.start, requested_to=run.end
    )
    came = engine.outcomes(con, home, line, arrived_from=run.start, arrived_before=run.end)
    training = frozen_tables.verified(run.snapshot.path)
    return {"exposures": shown, "outcomes": came, "training": training}


def prove(
    con: Backend,
    home: Path,
    line: Line,
    run: Run[ModelRecipe],
    tables: Mapping[str, Any],
    short_fit: "ShortFit",
) -> Proofs:
    """Inputs are audited, served, served as rebuilt, counted and fitted on the past alone."""
    from slipway.kinds import leak_audit, leak_proofs

    suspected = leak_audit.audited(line, run.recipe, tables["training"])
    proofs = leak_proofs.prove(
        con, home, line, run.recipe, tables, short_fit, leak_audit.leaks(suspected)
    )
    return Proofs(proofs, suspected, leak_audit.summary(suspected))


def stored(line: Line, folder: Path) -> "tuple[Ranker, tuple[str, ...]]":
    """The model in ``folder``, and the columns that it reads; raises BadInput for one that cannot be loaded."""
    from slipway.artifact.folder import recipe_of
    from slipway.artifact.load import load_ranker

    fitted = recipe_of(folder, line)
    return load_ranker(folder, line), (fitted[0] if fitted else line.recipe).inputs


def opponent(
    line: Line, run: TrainedRun[ModelRecipe], champion: str | None, fetch: FetchModel
) -> Opponent:
    """The version ``champion``, loaded; raises BadInput for a folder that cannot be loaded."""
    from slipway.artifact.folder import claim_of, recipe_of
    from slipway.artifact.load import load_ranker

    if champion is None:
        return Opponent()
    folder = fetch(champion)
    fitted = recipe_of(folder, line)
    return Opponent(
        load_ranker(folder, line),
        fitted[0] if fitted else None,
        otherwise=claim_of(folder) != claim_of(run.model.folder),
    )
