"""What no single table proves of predictions: inputs are logged, the clock's own, fitted on the past."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from slipway.data.ibis_types import Backend, Table
from slipway.domain.errors import NotComputable
from slipway.domain.leak import Leak, LeakKind
from slipway.domain.line import Clock, Column, Line, ModelRecipe, Sent, Supplied
from slipway.validation.contract import absent_at_serving

if TYPE_CHECKING:
    import pandas as pd

SERVED_ROWS = 4_000
"""Requests of the interval whose values are looked at."""
FITTED_ROWS = 4_000
"""Rows of each split on which a short fit is made twice."""


def prove(
    con: Backend,
    line: Line,
    recipe: ModelRecipe,
    tables: Mapping[str, Any],
    suspected: Sequence[Leak] = (),
) -> "pd.DataFrame":
    """The table of proofs; ``suspected`` are inputs that plainly know the outcome.

    What is sent with the request is logged as it came, and what the clock says is computed again.
    Raises NotComputable for columns of other origins: their tables are proven where they are made.
    """
    from slipway.validation import proofs  # noqa: PLC0415 - loads the query engine

    _check_origins(line)
    shown, training = tables["exposures"], tables["training"].to_pandas()
    served = _served(con, line, shown)
    clocks = [column for column in line.features if isinstance(column.origin, Clock)]
    sent = [column.name for column in line.context]
    missing = {c.name: (int(served[c.name].isna().sum()), len(served)) for c in line.features}
    absent = absent_at_serving(
        recipe.inputs, shown.columns, sent=sent, accepted=sent, missing=missing
    )
    rows = [
        *proofs.proven(LeakKind.ABSENT, recipe.inputs, absent),
        *proofs.proven(LeakKind.SKEW, [c.name for c in line.features], _skew(clocks, served)),
        *proofs.proven(LeakKind.FITTED, ["model"], _fitted(line, recipe, training)),
        *proofs.proven(LeakKind.PROXY, recipe.inputs, suspected),
    ]
    return proofs.table_of(rows)


def _check_origins(line: Line) -> None:
    strange = [c.name for c in line.features if not isinstance(c.origin, Sent | Clock | Supplied)]
    if strange:
        raise NotComputable(
            f"proofs of {line.name}",
            found=strange,
            expected="columns that are sent or the clock's, as single answers have them so far",
            next_step="send the value with the request as Supplied(...), from your feature store",
        )


def _served(con: Backend, line: Line, shown: Table) -> "pd.DataFrame":
    every = max(1, con.to_pyarrow(shown.count()).as_py() // SERVED_ROWS)
    picked = shown.filter(shown.request_id.hash() % every == 0)
    names = dict.fromkeys(("requested_at", *(c.name for c in line.features)))
    frame: pd.DataFrame = con.to_pyarrow(picked.select(*names)).to_pandas()
    return frame


def _skew(clocks: Sequence[Column], served: "pd.DataFrame") -> list[Leak]:
    """Values of the clock that are not those of the request's own time, in the declared zone."""
    found = []
    for column in clocks:
        expected_values = clock_values(column, served["requested_at"])
        there = served[column.name].notna()
        wrong = int((there & (served[column.name] != expected_values)).sum())
        if wrong:
            said = f"{wrong} of {len(served)} values are not the request's own {column.name}"
            found.append(Leak(LeakKind.SKEW, column.name, said, wrong, len(served)))
    return found


def clock_values(column: Column, requested_at: "pd.Series[Any]") -> "pd.Series[float]":
    """What the clock says of times (UTC), as float64; the very rule that the router follows."""
    origin = column.origin
    if not isinstance(origin, Clock):
        raise TypeError(f"{column.name} is not the clock's")
    local = requested_at.dt.tz_convert(ZoneInfo(origin.zone))
    if origin.part == "time":
        return requested_at.astype("int64") / 1e6
    values = local.dt.weekday if origin.part == "weekday" else getattr(local.dt, origin.part)
    found: pd.Series[float] = values.astype("float64")
    return found


def _fitted(line: Line, recipe: ModelRecipe, training: "pd.DataFrame") -> Sequence[Any]:
    from slipway.training.probe_fit import short_prediction_fit  # noqa: PLC0415 - heavy
    from slipway.validation.fitted import fitted_on_test  # noqa: PLC0415 - loads pandas

    some = training.groupby("split", group_keys=False)[list(training.columns)].head(FITTED_ROWS)
    return fitted_on_test(lambda table: short_prediction_fit(table, line, recipe), some)
