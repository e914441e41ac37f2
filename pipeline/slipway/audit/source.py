"""Read any CSV, Parquet or data frame in one DuckDB scan: numbers, times and words, row by row."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.audit import table_errors
from slipway.audit.even_sample import even_sample
from slipway.audit.missing import NULLS
from slipway.audit.thresholds import SOURCE_FEWEST_ROWS, SOURCE_SAMPLE
from slipway.domain.errors import BadInput

NUMBER = re.compile(r"^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$")
TIME = re.compile(r"^(DATE|TIMESTAMP.*)$")
BLANK = ("",)
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".csv.zst")

Table: TypeAlias = Path | pa.Table
Values: TypeAlias = NDArray[np.float64] | pa.DictionaryArray


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as read: float64 numbers and times (microseconds, UTC), dictionaries of words.

    ``beside`` holds the words for "missing" that stand in columns of numbers. ``kinds`` is "number", "time" or
    "word" per column. ``row`` int64[n] is each row's place in the file; ``rows`` counts the whole file.
    """

    columns: Mapping[str, Values]
    kinds: Mapping[str, str]
    row: NDArray[np.int64]
    rows: int
    beside: Mapping[str, pa.DictionaryArray] = field(default_factory=dict)


def read(
    table: Table,
    *,
    label: str,
    time: Sequence[str],
    group: str,
    split: str,
    most_rows: int,
    as_words: Collection[str] = (),
    known: Collection[str] = (),
) -> Raw:
    """The whole table, or an even sample of about ``most_rows`` rows with whole groups.

    ``time`` columns of a CSV come as words, which show whether they carry a zone; so do the columns
    ``as_words``; ``known`` have to be there. Words for "missing" stay words, but in numbers. Raises
    BadInput for what cannot be read: no such file or column, not UTF-8, too few rows.
    """
    con, name = duckdb.connect(), table.name if isinstance(table, Path) else "table"
    con.execute("SET enable_progress_bar = false")
    try:
        types = _types(con, _source(con, table, NULLS))
        table_errors.require(name, types, [label, *time, *filter(None, (group, split)), *known])
        table_errors.distinct(label, {"time": time, "group": (group,), "split": (split,)})
        columns = _columns(con, table, types, label, time, as_words=as_words)
        source = _source(con, table, BLANK, {c.name: c.stored for c in columns})
        return _fetch(con, source, columns, group, most_rows)
    except duckdb.Error as error:
        raise table_errors.unreadable(name, error) from None


class _Column(NamedTuple):
    """A column as DuckDB reads it, and of which type it is where null words are missing."""

    name: str
    stored: str
    kind: str
    type: str = "DOUBLE"

    @property
    def mixed(self) -> bool:
        """Whether words for "missing" stand among its numbers."""
        return self.kind == "number" and self.stored == "VARCHAR"


def _columns(
    con: Any,  # DuckDB is untyped
    table: Table,
    types: Mapping[str, str],
    label: str,
    time: Sequence[str],
    *,
    as_words: Collection[str],
) -> list[_Column]:
    """How each column is read; ``types`` are those that it has where null words are missing."""
    text = isinstance(table, Path) and table.name.lower().endswith(TEXT_SUFFIXES)
    if not text:
        return [_Column(n, t, "word" if n in as_words else _kind(t)) for n, t in types.items()]
    plain = _types(con, _source(con, table, BLANK))
    unsure = _unsure(con, table, plain)
    found = []
    for name, kind in types.items():
        if name in time or name in as_words or name in unsure:
            found.append(_Column(name, "VARCHAR", "word"))
        elif plain.get(name) == kind:
            found.append(_Column(name, kind, _kind(kind)))
        else:
            # a label's "none" may be an answer: its words are asked for
            number = _kind(kind) == "number" and name != label
            found.append(_Column(name, "VARCHAR", "number" if number else "word", kind))
    return found


ISO = re.compile(r"\d{4}-\d\d?-\d\d?")
LEADING_ZERO = re.compile(r"0\d")
MAYBE_THOUSANDS = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d{1,3})")


def _unsure(con: Any, table: Table, types: Mapping[str, str]) -> set[str]:  # DuckDB is untyped
    """Columns of a CSV whose type DuckDB guessed: dates as 03/04/2024, 1.234 beside 7 (thousands?), numbers as 007."""
    asked = [n for n, t in types.items() if _kind(t) == "time" or t in ("DOUBLE", "BIGINT")]
    if not asked:
        return set()
    source = _source(con, table, BLANK, dict.fromkeys(types, "VARCHAR"))
    wanted = ", ".join(map(_quoted, asked))
    rows = con.execute(f"SELECT {wanted} FROM {source} LIMIT {SOURCE_SAMPLE}").fetchall()
    columns = zip(asked, zip(*rows, strict=True), strict=False)
    words = {name: [word for word in some if word] for name, some in columns}
    return {n for n, some in words.items() if _reads_otherwise(types[n], some)}


def _reads_otherwise(kind: str, words: Sequence[str]) -> bool:
    if _kind(kind) == "time":
        return not all(ISO.match(word) for word in words)
    if kind == "BIGINT":
        return any(LEADING_ZERO.match(word) for word in words)
    dots = sum("." in word for word in words)
    return 0 < dots < len(words) and all(MAYBE_THOUSANDS.fullmatch(word) for word in words)


def _source(
    con: Any,  # DuckDB is untyped
    table: Table,
    nulls: Sequence[str],
    types: Mapping[str, str] | None = None,
) -> str:
    """The table as SQL."""
    if not isinstance(table, Path):
        con.register("given", table)
        return "given"
    if not table.exists():
        expected = "a CSV or Parquet file"
        raise BadInput("table", found=str(table), expected=expected, next_step="check the path")
    if table.is_file() and not table.stat().st_size:
        raise BadInput(
            f"table {table.name}",
            found="an empty file",
            expected="a header and rows",
            next_step="export it again",
        )
    if not table.name.lower().endswith(TEXT_SUFFIXES):
        path = f"{table}/**/*.parquet" if table.is_dir() else str(table)
        return f"read_parquet({_literal(path)})"
    missing = ", ".join(f"'{word}'" for word in nulls)
    kinds = ", ".join(f"{_literal(name)}: '{kind}'" for name, kind in (types or {}).items())
    typed = f", types={{{kinds}}}" if kinds else ""
    return (
        f"read_csv({_literal(str(table))}, header=true, sample_size=-1, nullstr=[{missing}],"
        f" max_line_size=20000000{typed})"
    )


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _types(con: Any, source: str) -> dict[str, str]:  # DuckDB is untyped
    found = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    return {str(name): str(kind) for name, kind, *_ in found}


def _fetch(
    con: Any,  # DuckDB is untyped
    source: str,
    given: Sequence[_Column],
    group: str,
    most_rows: int,
) -> Raw:
    wanted = ", ".join(_selected(column) for column in given)
    numbered = f"(SELECT *, row_number() OVER () AS __row FROM {source})"
    if source.startswith("read_csv"):  # what counts its rows reads it
        con.execute(f"CREATE TEMP TABLE audited AS SELECT * FROM {numbered}")
        numbered = "audited"
    rows = int(con.execute(f"SELECT count(*) FROM {numbered}").fetchall()[0][0])
    if rows < SOURCE_FEWEST_ROWS:
        raise BadInput(
            "rows of the table",
            found=rows,
            expected=f"at least {SOURCE_FEWEST_ROWS}",
            next_step="audit a table with enough rows to distinguish evidence from chance",
        )
    some = even_sample(con, numbered, _quoted(group) if group else "", rows, most_rows)
    table = con.sql(f"SELECT {wanted}, __row FROM {numbered} WHERE {some}").to_arrow_table()
    columns = {c.name: _values(table.column(c.name), c.kind) for c in given}
    beside = {
        c.name: table.column(_beside(c.name)).combine_chunks().dictionary_encode()
        for c in given
        if c.mixed
    }
    row = table.column("__row").to_numpy().astype(np.int64)
    return Raw(columns, {c.name: c.kind for c in given}, row, rows, beside)


def _selected(column: _Column) -> str:
    quoted = _quoted(column.name)
    zoned = "TIMESTAMPTZ" if "TZ" in column.stored or "ZONE" in column.stored else "TIMESTAMP"
    as_kind = {
        "number": f"CAST({quoted} AS DOUBLE)",
        "time": f"epoch_us(CAST({quoted} AS {zoned}))",
        "word": f"CASE WHEN trim(CAST({quoted} AS VARCHAR)) != '' THEN CAST({quoted} AS VARCHAR) END",
    }
    if not column.mixed:
        return f"{as_kind[column.kind]} AS {quoted}"
    number = f"CAST(TRY_CAST({quoted} AS {column.type}) AS DOUBLE)"
    words = f"CASE WHEN {number} IS NULL OR isnan({number}) THEN {quoted} END"
    return f"{number} AS {quoted}, {words} AS {_quoted(_beside(column.name))}"


def _beside(name: str) -> str:
    return f"__beside {name}"


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
