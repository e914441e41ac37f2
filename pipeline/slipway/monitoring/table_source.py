"""Any table as columns and times: a CSV, a Parquet file or a folder of them, read column by column.

A folder's files need not have the same columns: what a file has not is missing in its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.audit import table_errors
from slipway.audit.missing import NULLS
from slipway.audit.source import NUMBER, TEXT_SUFFIXES, TIME
from slipway.domain.errors import BadInput
from slipway.monitoring.sketch import CountedAs, Ints

Table: TypeAlias = Path | pa.Table
LONG_WORDS, SOME = 3.0, 1000
"""Words a value, of the first so many, from which a column is one of texts."""
READABLE = 0.95
"""The share of words in a column of times that must be readable as times."""


class Read(NamedTuple):
    """A column that is watched, and how: what ``type`` it has in the table."""

    name: str
    reading: CountedAs
    type: str


@dataclass(frozen=True, slots=True)
class Source:
    """An opened table: its ``name``, ``rows``, and ``types`` by column."""

    con: Any  # DuckDB is untyped
    name: str
    query: str
    types: dict[str, str]
    rows: int

    def column(self, wanted: str) -> pa.ChunkedArray:
        """One expression over all rows, in their order; raises BadInput for what cannot be read."""
        try:
            found = self.con.sql(f"SELECT {wanted} AS one FROM {self.query}").to_arrow_table()
        except duckdb.Error as error:
            raise table_errors.unreadable(self.name, error) from None
        return found.column(0)

    def values(self, column: Read) -> pa.ChunkedArray:
        """The values of a column as they are counted: numbers as float64, times as seconds, else texts."""
        name = quoted(column.name)
        if column.reading is not CountedAs.NUMBER:
            return self.column(
                f"CASE WHEN trim(CAST({name} AS VARCHAR)) != '' THEN CAST({name} AS VARCHAR) END"
            )
        if TIME.match(column.type):
            return self.column(f"epoch_us(CAST({name} AS TIMESTAMP)) / 1e6")
        return self.column(f"CAST({name} AS DOUBLE)")


def opened(table: Table) -> Source:
    """Open a table; raises BadInput for no such file, one without rows, or one that cannot be read."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    name = table.name if isinstance(table, Path) else "table"
    try:
        query = _query(con, table)
        described = con.execute(f"DESCRIBE SELECT * FROM {query}").fetchall()
        rows = int(con.execute(f"SELECT count(*) FROM {query}").fetchall()[0][0])
    except duckdb.Error as error:
        raise table_errors.unreadable(name, error) from None
    types = {str(column): str(kind) for column, kind, *_ in described}
    if not rows:
        raise BadInput(
            f"table {name}", found="no rows", expected="rows", next_step="export it again"
        )
    return Source(con, name, query, types, rows)


def _query(con: Any, table: Table) -> str:  # DuckDB is untyped
    if not isinstance(table, Path):
        con.register("given", table)
        return "given"
    if not table.exists():
        raise BadInput(
            "table",
            found=str(table),
            expected="a CSV or Parquet file or folder",
            next_step="check the path",
        )
    files = _files(table) if table.is_dir() else [table]
    listed = "[" + ", ".join("'" + str(each).replace("'", "''") + "'" for each in files) + "]"
    if not files[0].name.lower().endswith(TEXT_SUFFIXES):
        return f"read_parquet({listed}, union_by_name=true)"
    missing = ", ".join(f"'{word}'" for word in ("", *NULLS))
    read = (
        f"read_csv({listed}, header=true, sample_size=-1, union_by_name=true, nullstr=[{missing}])"
    )
    con.execute(f"CREATE TEMP TABLE watched AS SELECT * FROM {read}")  # parsed once
    return "watched"


def _files(folder: Path) -> list[Path]:
    """The files that are the table: Parquet, or texts; a .txt is one only where there is nothing else.

    Raises BadInput where there are none, or both kinds: which of them is the table is not known.
    """
    there = sorted(each for each in folder.rglob("*") if each.is_file())
    parquet = [each for each in there if each.name.lower().endswith(PARQUET_SUFFIX)]
    texts = [each for each in there if each.name.lower().endswith(TEXT_SUFFIXES)]
    tables = [each for each in texts if not each.name.lower().endswith(PERHAPS_A_NOTE)]
    if parquet and tables:
        raise BadInput(
            f"table {folder.name}",
            found=f"{len(parquet)} Parquet files and {len(tables)} texts, as {tables[0].name}",
            expected="files of one kind",
            next_step="move the others to a folder of their own, or name one file",
        )
    found = parquet or tables or texts
    if not found:
        raise BadInput(
            f"table {folder.name}",
            found="no such file in the folder",
            expected=f"Parquet files, or {', '.join(TEXT_SUFFIXES)}",
            next_step="check the path",
        )
    return found


PARQUET_SUFFIX, PERHAPS_A_NOTE = ".parquet", ".txt"


def columns(source: Source, left_out: Sequence[str], words: Sequence[str]) -> list[Read]:
    """How each column is counted; ``words`` are texts whatever they look like. Raises BadInput for none."""
    table_errors.require(source.name, source.types, [*left_out, *words])
    found = [
        Read(name, _reading(source, name, kind, words), kind)
        for name, kind in source.types.items()
        if name not in left_out
    ]
    if not found:
        raise BadInput(
            f"columns of {source.name}",
            found=", ".join(source.types),
            expected="a column beside the times",
            next_step="name a table with values",
        )
    return found


def _reading(source: Source, name: str, kind: str, words: Sequence[str]) -> CountedAs:
    if name in words:
        return CountedAs.WORDS
    if TIME.match(kind) or (NUMBER.match(kind) and kind != "BOOLEAN"):
        return CountedAs.NUMBER
    if kind != "VARCHAR":
        return CountedAs.VALUE
    given = source.con.execute(
        f"SELECT avg(1 + length(v) - length(replace(v, ' ', ''))) FROM "
        f"(SELECT {quoted(name)} AS v FROM {source.query} WHERE v IS NOT NULL LIMIT {SOME})"
    ).fetchall()[0][0]
    return CountedAs.WORDS if given is not None and given >= LONG_WORDS else CountedAs.VALUE


def times(source: Source, at: str) -> Ints | None:
    """Microseconds int64[n] of each row, :data:`NO_TIME` where there is none; None where ``at`` is a plain number.

    Raises BadInput for a column that holds no times.
    """
    table_errors.require(source.name, source.types, [at])
    kind = source.types[at]
    if NUMBER.match(kind):
        return None
    zoned = "TIMESTAMPTZ" if "TZ" in kind or "ZONE" in kind else "TIMESTAMP"
    found = source.column(f"epoch_us(TRY_CAST({quoted(at)} AS {zoned}))")
    given = source.rows - source.column(quoted(at)).null_count
    if len(found) - found.null_count < max(1.0, READABLE * given):
        example = source.con.execute(
            f"SELECT {quoted(at)} FROM {source.query} WHERE {quoted(at)} IS NOT NULL LIMIT 1"
        ).fetchall()
        raise BadInput(
            f"times of {source.name}",
            found=str(example[0][0]) if example else "none",
            expected="times as 2026-01-31 or 2026-01-31T18:00:00",
            next_step="name another column with --at",
        )
    given_or_none: Ints = pc.fill_null(found, NO_TIME).to_numpy().astype(np.int64)
    return given_or_none


NO_TIME = int(np.iinfo(np.int64).min)


def order(source: Source, at: str) -> Ints:
    """The rank int64[n] of each row by a plain number, -1 where it has none; its place in the table where ``at`` is empty."""
    if not at:
        return np.arange(source.rows)
    numbers = source.column(f"CAST({quoted(at)} AS DOUBLE)").to_numpy()
    found = np.full(source.rows, -1, np.int64)
    known = int((~np.isnan(numbers)).sum())  # those without one are sorted last
    found[np.argsort(numbers, kind="stable")[:known]] = np.arange(known)
    return found


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'
