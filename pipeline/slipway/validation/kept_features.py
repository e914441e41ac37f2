"""The kept feature tables against the log: counted from the past alone, and served as they are.

A table of ``features/<line>/as_of=<time>`` is proven by counting it again in a copy of the log that
holds nothing from its time on but poison: every label not yet known turned over, and requests that
came later. What was served is proven by building rows again from the tables it was served from.
"""

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from slipway.data import engine, feature_files, feature_table, features, parts
from slipway.data.feature_files import FeatureCounts
from slipway.data.feature_ranges import Guard
from slipway.data.feature_table import FeatureTable
from slipway.data.groups import has_tables, longest_window
from slipway.data.matrix import numbers_of
from slipway.data.times import HOUR
from slipway.data.words import words_of
from slipway.domain.leak import Leak, LeakKind
from slipway.domain.line import Column, DType, Line
from slipway.private_files import scratch
from slipway.validation.parity import served_otherwise

Count = Callable[[Path, Line, datetime], FeatureCounts]

KEYS = ("request_id", "item")
NEEDED = (*KEYS, "user", "requested_at", "features_as_of")
DAY = timedelta(days=1)
_POISON = "poison"


def look_ahead(
    home: Path, line: Line, as_of: Sequence[datetime], count: Count = features.count
) -> tuple[Leak, ...]:
    """Kept tables of the times ``as_of`` that ``count`` does not find in the poisoned past.

    Raises UnknownReference for a table that is not there.
    """
    found = []
    for at in as_of:
        features.compute(home, line, at)  # one of a declaration before has not all groups
        kept = feature_files.read(home, line, at)
        with tempfile.TemporaryDirectory(prefix="past-", dir=scratch(home)) as folder:
            past = Path(folder)
            _copy_past(home, past, line, at)
            _poison(home, past, line, at)
            again = count(past, line, at)
        for name, one in kept.items():
            other = again[name]
            if not one.equals(other):
                reason = f"the counts of {at:%Y-%m-%d %H:%M} are not those of the log before it"
                rows = _different(one, other)
                found.append(Leak(LeakKind.LOOK_AHEAD, name, reason, rows, one.num_rows))
    return tuple(found)


def _copy_past(home: Path, past: Path, line: Line, at: datetime) -> None:
    """Link what a table of ``at`` is counted from: each day before it, each hour of its own day.

    The rows before ``at`` of its own hour are written.
    """
    for kind in (parts.EXPOSURES_KIND, parts.OUTCOMES_KIND):
        root, copy = (parts.folder(of, line, kind) for of in (home, past))
        for hour, path in parts.hours(home, line, kind, at - longest_window(line), at):
            whole = hour.replace(hour=0) + DAY <= at
            target = copy / (path.parent if whole else path).relative_to(root)
            if hour + HOUR <= at:
                if not target.is_symlink():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.symlink_to(root.resolve() / target.relative_to(copy))
                continue
            for part in sorted(path.glob("[!.]*.parquet")):
                rows = pa.parquet.read_table(part, partitioning=None)
                early = pa.compute.less(rows["arrived_at"], pa.scalar(at, rows["arrived_at"].type))
                parts.publish(rows.filter(early), target / part.name, durable=False)


def _poison(home: Path, past: Path, line: Line, at: datetime) -> None:
    """Add what nobody knew at ``at``: a click on everything that was still open, and the same lists
    asked for again, later.
    """
    con = engine.connect()
    open_since = at - line.maturity
    shown = engine.fetch(
        con,
        engine.exposures(
            con, home, line, arrived_before=at, requested_from=open_since, requested_to=at
        ),
        home,
        line,
    )
    con.disconnect()
    if not shown.num_rows:
        return
    n = shown.num_rows
    later = pa.repeat(pa.scalar(at + timedelta(hours=1), _time_of(shown)), n)
    clicks = pa.table(
        {
            "request_id": shown["request_id"],
            "item": shown["item"],
            "kind": pa.repeat(pa.scalar(line.primary.event), n),
            "value": pa.repeat(pa.scalar(1.0), n),
            "happened_at": pa.repeat(pa.scalar(at, _time_of(shown)), n),
            "arrived_at": pa.repeat(pa.scalar(at, _time_of(shown)), n),
        }
    )
    for name in ("requested_at", "arrived_at"):
        shown = shown.set_column(shown.column_names.index(name), name, later)
    parts.write_parts(past, line, shown, clicks, _POISON)


def _time_of(table: pa.Table) -> pa.DataType:
    """The type of the log's times."""
    return table.schema.field("arrived_at").type


def _different(one: pa.Table, other: pa.Table) -> int:
    """Rows of ``one`` that are not in ``other``, at least 1."""
    a, b = (set(map(tuple, t.to_pandas().itertuples(index=False))) for t in (one, other))
    return max(1, len(a - b))


def served_otherwise_than_kept(
    home: Path, line: Line, served: pd.DataFrame, *, max_share: float
) -> tuple[Leak, ...]:
    """Columns of exposures that differ from rows built again from the kept feature tables.

    ``served`` are rows of the log; those whose item has left the catalogue cannot be built again.
    Columns whose past cannot be rebuilt (``tolerance`` None) are not compared.
    """
    compared = {c.name: c.tolerance for c in line.features if c.tolerance is not None}
    pieces = []
    for at in pd.DatetimeIndex(served["features_as_of"].unique()):
        rows = served[served["features_as_of"] == at]
        if has_tables(line):
            features.compute(home, line, at.to_pydatetime())
        table = feature_table.load(home, line, at.to_pydatetime())
        known = rows[rows["item"].isin(list(table.catalog.index))]
        if len(known):
            pieces.append(_built_again(table, line, known))
    if not pieces:
        return ()
    rebuilt = pd.concat(pieces)
    there = served.merge(rebuilt[list(KEYS)].drop_duplicates(), on=list(KEYS))
    return served_otherwise(
        there[[*KEYS, *compared]], rebuilt, keys=KEYS, tolerance=compared, max_share=max_share
    )


def _built_again(table: FeatureTable, line: Line, rows: pd.DataFrame) -> pd.DataFrame:
    matrix = table.rows(
        users=rows["user"].tolist(),
        context={c.name: numbers_of(rows[c.name], c) for c in line.context},
        items=np.array(table.catalog.places(rows["item"].tolist()), np.int64),
        requested_us=rows["requested_at"].to_numpy("datetime64[us]").astype(np.int64),
    )
    matrix, _ = Guard(line).fitted(matrix)
    built = pd.DataFrame(
        {c.name: _as_logged(matrix[:, at], c) for at, c in enumerate(line.features)}
    )
    for key in KEYS:
        built[key] = rows[key].to_numpy()
    return built


def _as_logged(values: npt.NDArray[np.float64], column: Column) -> Any:  # a pandas column
    """Numbers of features as the log holds the column."""
    if column.dtype is DType.TIME:
        return pd.to_datetime(pd.Series(values), unit="us", utc=True)
    if column.dtype.is_numeric:
        return values
    return pd.array(words_of(values.tolist()), dtype="str")
