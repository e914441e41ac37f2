"""Audit a run's training table: which inputs tell the outcome better than they could?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from slipway.audit.finding import Grade
from slipway.audit.knobs import KNOBS
from slipway.domain.errors import BadInput
from slipway.domain.leak import Leak
from slipway.domain.line import Line, ModelRecipe, Suspicion

if TYPE_CHECKING:
    import pyarrow as pa

    from slipway.audit.finding import Audit

ROWS = 8_000
"""Rows, of whole requests, that are looked at: one or two CPU seconds."""

JUDGED = 4
"""Strong inputs that are compared with what all others say together."""

TABLE = "the table"


def audited(line: Line, recipe: ModelRecipe, training: "pa.Table") -> "Audit | None":
    """The audit of the recipe's inputs in a frozen training table; None where nobody asks for it.

    A table that cannot be audited (one class among the rows looked at) is no suspicion; a line that
    stops on leaks wants to know, and BadInput is raised.
    """
    from slipway.audit.run import audit  # loads DuckDB and pandas

    if line.suspicion is Suspicion.IGNORE:
        return None
    names = dict.fromkeys((*recipe.inputs, line.label.name, "requested_at", "request_id", "split"))
    knobs = replace(KNOBS, most_rows=ROWS, model_rows=ROWS // 2, most_judged=JUDGED)
    table = training.select(list(names))
    try:
        return audit(
            table,
            label=line.label.name,
            time=("requested_at",),
            group="request_id",
            split="split",
            knobs=knobs,
        )
    except BadInput:
        if line.suspicion is Suspicion.STOP:
            raise
        return None


def summary(audit: "Audit | None") -> str:
    """What the evidence page and the task's note say of it."""
    if audit is None:
        return "not audited"
    accused = [
        f"{f.column or TABLE} ({f.grade.name}): {f.kind}, {f.evidence}" for f in audit.accusations
    ]
    return "; ".join(accused) or "no input is suspected of a leak"


def leaks(audit: "Audit | None") -> Sequence[Leak]:
    """Accusations that are plain enough to stop a run of a line that asks for it."""
    found = audit.accusations if audit else ()
    return [Leak(f.kind, f.column or TABLE, f.evidence) for f in found if f.grade is Grade.LEAK]
