"""Read any CSV, Parquet or data frame in one DuckDB scan: numbers, times and words, row by row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.domain.errors import BadInput

NULLS = ("", "NULL", "null", "NA", "N/A", "n/a", "nan", "NaN", "None", "none", "\\N")
"""Words that stand for a missing value in a CSV."""

NUMBER = re.compile(r"^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$")
TIME = re.compile(r"^(DATE|TIMESTAMP.*)$")
FEWEST_ROWS = 50
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".csv.zst")
SHOWN = 12

Table: TypeAlias = Path | pa.Table
Values: TypeAlias = NDArray[np.float64] | pa.DictionaryArray


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as read: float64 numbers and times (microseconds, UTC), dictionaries of words.

    ``kinds`` is "number", "time" or "word" per column. ``row`` int64[n] is each row's place in the
    file; ``rows`` counts the whole file.
    """

    columns: Mapping[str, Values]
    kinds: Mapping[str, str]
    row: NDArray[np.int64]
    rows: int


def read(
    table: Table, *, label: str, time: Sequence[str], group: str, split: str, most_rows: int
) -> Raw:
    """The whole table, or an even sample of about ``most_rows`` rows with whole groups.

    ``time`` columns of a CSV come as words: only the words show whether they carry a zone. Raises
    BadInput for what cannot be read: no such file or column, not UTF-8, too few rows.
    """
    name = table.name if isinstance(table, Path) else "table"
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    try:
        source = _source(con, table, ())
        types = _types(con, source)
        _require(name, types, [label, *time, *filter(None, (group, split))])
        _distinct(label, {"time": time, "group": (group,), "split": (split,)})
        source = _source(con, table, time)
        return _fetch(con, source, _types(con, source), group, most_rows)
    except duckdb.Error as error:
        raise _unreadable(name, error) from None


def _source(con: Any, table: Table, as_words: Sequence[str]) -> str:  # noqa: ANN401 - untyped
    """The table as SQL."""
    if not isinstance(table, Path):
        con.register("given", table)
        return "given"
    quoted = str(table).replace("'", "''")
    if not table.exists():
        raise BadInput(
            "table", found=str(table), expected="a CSV or Parquet file", next_step="check the path"
        )
    if table.is_file() and not table.stat().st_size:
        raise BadInput(
            f"table {table.name}", found="an empty file", expected="a header and rows",
            next_step="export it again",
        )  # fmt: skip
    if not table.name.lower().endswith(TEXT_SUFFIXES):
        inside = f"{quoted}/**/*.parquet" if table.is_dir() else quoted
        return f"read_parquet('{inside}')"
    nulls = ", ".join(f"'{word}'" for word in NULLS)
    kinds = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}': 'VARCHAR'" for name in as_words)
    types = f", types={{{kinds}}}" if kinds else ""
    return f"read_csv('{quoted}', header=true, sample_size=-1, nullstr=[{nulls}], max_line_size=20000000{types})"


def _types(con: Any, source: str) -> dict[str, str]:  # noqa: ANN401 - DuckDB is untyped
    found = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608 - quoted
    return {str(name): str(kind) for name, kind, *_ in found}


def _require(table: str, types: Mapping[str, str], wanted: Sequence[str]) -> None:
    if len(types) == 1 and re.search(r"[,;\t|]", next(iter(types))):
        raise BadInput(
            f"table {table}",
            found=f"one column, {next(iter(types))!r}",
            expected="as many fields in every row as the header has",
            next_step="look for rows with a field too many, for example an unquoted comma",
        )
    there = f"{', '.join(list(types)[:SHOWN])}{', …' if len(types) > SHOWN else ''}"
    for name in wanted:
        if name not in types:
            raise BadInput(
                f"columns of {table}",
                found=there,
                expected=f"a table that has {name!r}",
                next_step="name label, time and group as the table does",
            )


def _distinct(label: str, others: Mapping[str, Sequence[str]]) -> None:
    for role, names in others.items():
        if label in names:
            raise BadInput(
                f"label {label!r}", found=f"named as {role}, too", expected="a column of its own",
                next_step=f"name the outcome as label, and as {role} what is known before it",
            )  # fmt: skip


def _fetch(
    con: Any,  # noqa: ANN401 - DuckDB is untyped
    source: str,
    types: Mapping[str, str],
    group: str,
    most_rows: int,
) -> Raw:
    wanted = ", ".join(_selected(name, kind) for name, kind in types.items())
    con.execute(
        f"CREATE TEMP TABLE audited AS SELECT {wanted}, row_number() OVER () AS __row FROM {source}"  # noqa: S608
    )
    rows = int(con.execute("SELECT count(*) FROM audited").fetchall()[0][0])
    if rows < FEWEST_ROWS:
        raise BadInput(
            "rows of the table",
            found=rows,
            expected=f"at least {FEWEST_ROWS}",
            next_step="audit a table with enough rows to tell chance from evidence",
        )
    key = f"hash({_quoted(group)})" if group else "__row"
    table = con.sql(
        f"SELECT * FROM audited WHERE {key} % {-(-rows // most_rows)} = 0 ORDER BY __row"  # noqa: S608
    ).to_arrow_table()
    kinds = {name: _kind(kind) for name, kind in types.items()}
    columns = {name: _values(table.column(name), kinds[name]) for name in types}
    return Raw(columns, kinds, table.column("__row").to_numpy().astype(np.int64), rows)


def _selected(name: str, kind: str) -> str:
    quoted = _quoted(name)
    zoned = "TIMESTAMPTZ" if "TZ" in kind or "ZONE" in kind else "TIMESTAMP"
    as_kind = {
        "number": f"CAST({quoted} AS DOUBLE)",
        "time": f"epoch_us(CAST({quoted} AS {zoned}))",
        "word": f"CAST({quoted} AS VARCHAR)",
    }
    return f"{as_kind[_kind(kind)]} AS {quoted}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(type_name: str) -> str:
    if NUMBER.match(type_name):
        return "number"
    return "time" if TIME.match(type_name) else "word"


def _values(column: pa.ChunkedArray, kind: str) -> Values:
    if kind == "word":
        return column.combine_chunks().dictionary_encode()
    values: NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _unreadable(name: str, error: Exception) -> BadInput:
    said = str(error)
    if "unicode" in said.lower() or "utf-8" in said.lower():
        line = re.search(r"Line: (\d+)", said)
        return BadInput(
            f"table {name}",
            found=f"bytes that are not UTF-8{f' at line {line[1]}' if line else ''}",
            expected="UTF-8",
            next_step="convert it, for example with `iconv -f latin1 -t utf-8` (or -f utf-16)",
        )
    return BadInput(
        f"table {name}",
        found=" ".join(said.split("\n", maxsplit=1)[0].split())[:200],
        expected="a CSV (with header) or Parquet file that DuckDB reads",
        next_step="export the table again",
    )
