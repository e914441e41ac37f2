"""Is what was logged what a line's declaration gives today? Counted again from the log, row by row.

Validation proves a sample before each training; this looks at every row of a stretch, and trusts no kept
table: each table is counted from the log again. A column is wrong where it differs, missing where only
the log lacks it, and extra where only the log has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slipway.data import catalog, engine, features
from slipway.data.feature_ranges import Floats, Guard
from slipway.data.feature_table import FeatureTable
from slipway.data.matrix import matrix_of, numbers_of
from slipway.domain.errors import LogIncomplete
from slipway.domain.line import Line

EXAMPLES = 3
"""Rows of each column that are shown."""


@dataclass(frozen=True, slots=True)
class ColumnConsistency:
    """How the logged values of one column compare with those that were computed again.

    ``examples`` are up to three rows as (request, item, logged, computed).
    """

    column: str
    rows: int
    mismatch: int
    missing: int
    extra: int
    examples: tuple[tuple[str, str, float | None, float | None], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every row is the same."""
        return not (self.mismatch or self.missing or self.extra)


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """What was compared of ``[start, end)``: each column, and rows whose item is known no more."""

    line: str
    start: datetime
    end: datetime
    rows: int
    unknown_items: int
    columns: tuple[ColumnConsistency, ...]

    @property
    def holds(self) -> bool:
        """Whether every column is the same in every row, and there were rows."""
        return self.rows > 0 and all(column.holds for column in self.columns)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        times = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return {**asdict(self), **times, "holds": self.holds}


def consistency(
    home: Path, line: Line, start: datetime, end: datetime, most: int | None = None
) -> ConsistencyReport:
    """Compare the exposures requested in ``[start, end)`` with what they should have been served with.

    Of more than ``most`` rows whole requests are sampled by their ids. Columns without a past that could be rebuilt (``tolerance`` None) are not compared. Raises
    LogIncomplete while rows are still in the journal.
    """
    con = engine.connect()
    shown = engine.exposures(
        con,
        home,
        line,
        arrived_before=end + timedelta(days=1),
        requested_from=start,
        requested_to=end,
    )
    if most is not None:
        n = engine.fetch(con, shown.aggregate(n=shown.count()), home, line)["n"][0].as_py()
        shown = shown.filter(shown.request_id.hash() % max(1, -(-n // most)) == 0)
    names = ["request_id", "item", "user", "requested_at", "features_as_of"]
    rows = engine.fetch(
        con, shown.select(*names, *(c.name for c in line.features)), home, line
    ).to_pandas()
    con.disconnect()
    items, others = catalog.load_items(home, line), catalog.load_others(home, line)
    known = rows[rows["item"].isin(list(items.index))]
    logged, computed = [np.empty((0, len(line.features)))], [np.empty((0, len(line.features)))]
    pieces = []
    for at, part in known.groupby("features_as_of", sort=True):
        as_of = pd.Timestamp(at).to_pydatetime()
        if as_of > end:
            raise LogIncomplete(
                "features_as_of",
                found=as_of.isoformat(),
                expected="before the end",
                next_step="look at a later stretch",
            )
        table = FeatureTable(as_of, line, items, features.count(home, line, as_of), others)
        logged.append(matrix_of(part, line))
        computed.append(_again(table, line, part))
        pieces.append(part[["request_id", "item"]])
    keys = pd.concat(pieces) if pieces else rows[["request_id", "item"]].head(0)
    columns = _compared(line, np.concatenate(logged), np.concatenate(computed), keys)
    return ConsistencyReport(
        line.name, start, end, len(known), len(rows) - len(known), tuple(columns)
    )


def _again(table: FeatureTable, line: Line, rows: pd.DataFrame) -> Floats:
    matrix = table.rows(
        users=rows["user"].tolist(),
        context={c.name: numbers_of(rows[c.name], c) for c in line.context},
        items=np.array(table.catalog.places(rows["item"].tolist()), np.int64),
        requested_us=rows["requested_at"].to_numpy("datetime64[us]").astype(np.int64),
    )
    return Guard(line).fitted(matrix)[0]


def _compared(
    line: Line,
    logged: Floats,
    computed: Floats,
    keys: pd.DataFrame,
) -> Sequence[ColumnConsistency]:
    found = []
    for at, column in enumerate(line.features):
        if column.tolerance is None:
            continue
        one, other = logged[:, at], computed[:, at]
        lacks, gives = np.isnan(one), np.isnan(other)
        far = np.abs(one - other) > column.tolerance * np.maximum(np.abs(one), np.abs(other))
        wrong = ~lacks & ~gives & far
        missing, extra = lacks & ~gives, ~lacks & gives
        places = np.flatnonzero(wrong | missing | extra)[:EXAMPLES]
        shown = tuple(
            (str(keys.iloc[p, 0]), str(keys.iloc[p, 1]), _plain(one[p]), _plain(other[p]))
            for p in places.tolist()
        )
        counts: Mapping[str, int] = {
            "mismatch": int(wrong.sum()),
            "missing": int(missing.sum()),
            "extra": int(extra.sum()),
        }
        found.append(ColumnConsistency(column.name, len(one), **counts, examples=shown))
    return found


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
