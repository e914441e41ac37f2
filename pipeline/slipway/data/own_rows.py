"""A team's table, read in the events' words: columns found and typed, rows of a time fetched and checked."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data.catalog import ANSWER
from slipway.data.parts import EXPOSURES_KIND
from slipway.data.schema import DELIVERY_ID, OUTCOMES, TIME, exposure_schema
from slipway.domain.errors import BadInput, NotComputable, SlipwayError
from slipway.domain.events import ARRIVED_AT
from slipway.domain.line import Line, OutcomeKind, Single
from slipway.domain.source import Tables

Table = Any  # ibis.expr.types.Table; Ibis is untyped here
Backend = Any  # ibis.BaseBackend

UNSTAGED: Mapping[str, Any] = {
    "stage": "",
    "epoch": 0,
    "fallback": False,
    "shadow_version": None,
    "shadow_latency_ms": None,
    "shadow_ok": None,
    "shadow_score": None,
}
"""What a row says that was served outside of a release."""

_KEYS = ["request_id", "item"]


@dataclass(frozen=True, eq=False)
class OwnTable:
    """One of the team's tables with the field that each of its columns is.

    ``found`` maps fields to the team's names, ``constants`` stand for the others; ``arrival`` is the
    field by which rows are read.
    """

    what: str
    table: Table
    schema: pa.Schema
    found: Mapping[str, str]
    constants: Mapping[str, Any]
    arrival: str

    @classmethod
    def of(cls, con: Backend, line: Line, source: Tables, kind: str) -> Self:
        """The table of ``kind``; raises BadInput where a column is missing or of another type."""
        shown = kind == EXPOSURES_KIND
        name, mapped = getattr(source, kind), source.columns if shown else source.outcome_columns
        what = f"{line.name}.source {kind} {name}"
        with _explained(what):
            table = _table(con, source, name)
        schema = exposure_schema(line) if shown else OUTCOMES
        own_time = "requested_at" if shown else "happened_at"
        known = _usual(line, shown=shown) | dict(source.constants)
        if line.traffic:  # each answer says by which state it was given: shares are judged by it
            known = {name: value for name, value in known.items() if name not in ("stage", "epoch")}
        found = _found(what, table, mapped, schema)
        lacking = [n for n in schema.names if n not in found and n not in known]
        arrival = own_time if source.without_arrival else ARRIVED_AT
        instead = {ARRIVED_AT} if source.without_arrival else set()
        instead |= {"features_as_of"} if not line.counted else set()
        lacking = [n for n in lacking if n not in instead]
        if lacking:
            raise BadInput(
                what,
                found=f"no {', '.join(lacking)}",
                expected="a column for each field",
                next_step="map the team's names in source.columns, or give constants",
            )
        _check_types(what, table, found, schema)
        return cls(what, table, schema, found, known, arrival)

    def first(self) -> datetime | None:
        """When the first row arrived."""
        with _explained(self.what):
            at = self.table[self.found[self.arrival]].min().to_pyarrow().as_py()
        return at.astimezone(UTC) if at is not None else None


def connect(line: Line, source: Tables) -> Backend:
    """Where the tables are; raises BadInput for a variable that is not set, NotComputable."""
    url = source.url
    if url.startswith("$"):
        url = os.environ.get(url[1:], "")
        if not url:
            raise BadInput(
                f"{line.name}.source.url",
                found=f"{source.url}, which is not set",
                expected="a database's URL in it",
                next_step="set the variable",
            )
    with _explained(f"{line.name}.source.url"):
        con = ibis.connect(url) if url else ibis.duckdb.connect()
        if con.name == "duckdb":
            con.raw_sql("SET TimeZone = 'UTC'")
        return con


def batch(asked: OwnTable, begin: datetime, stop: datetime) -> pa.Table:
    """Rows that arrived in ``[begin, stop)`` as the log holds them; raises BadInput, NotComputable."""
    at = asked.table[asked.found[asked.arrival]]
    rows = asked.table.filter(at >= ibis.literal(begin), at < ibis.literal(stop))
    fields = {name: rows[own] for name, own in asked.found.items()}
    texts = {n: v.cast("string") for n, v in fields.items() if v.type().is_uuid()}
    with _explained(asked.what):
        read = rows.select(**(fields | texts)).to_pyarrow()
    columns = [_column(asked, field, read) for field in asked.schema]
    table = pa.table(columns, schema=asked.schema)
    for field in asked.schema:
        if not field.nullable and (absent := table[field.name].null_count):
            raise _refused(
                asked, field.name, f"missing in {absent} of {len(table)} rows", "given in every row"
            )
    if DELIVERY_ID not in table.column_names:
        again = len(table) - table.group_by(_KEYS).aggregate([]).num_rows
        if again:
            raise _refused(
                asked,
                "request_id",
                f"{again} rows of a request and item that have one already",
                "one row for each shown item",
            )
    return table


def _column(asked: OwnTable, field: pa.Field, read: pa.Table) -> pa.Array:
    """A field of all rows; a number that is missing is NaN, as the log holds it."""
    name = field.name
    if name not in asked.found and name not in asked.constants:
        name = asked.arrival if name == ARRIVED_AT else "requested_at"
    if name not in asked.found:
        return pa.array([asked.constants[name]] * read.num_rows, field.type)
    try:
        values = read[name].combine_chunks().cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _refused(asked, name, str(error).splitlines()[0], f"of type {field.type}") from error
    gaps = pa.types.is_floating(field.type) and field.nullable
    return pc.fill_null(values, np.nan) if gaps else values


def _usual(line: Line, *, shown: bool) -> dict[str, Any]:
    """What needs no column: of a single answer its place, of one outcome its name, and no release."""
    single = isinstance(line.exposure, Single)
    if shown:
        return {
            **UNSTAGED,
            **({"item": ANSWER, "position": 1, "propensity": 1.0} if single else {}),
        }
    found: dict[str, Any] = {DELIVERY_ID: None, **({"item": ANSWER} if single else {})}
    if len(line.outcomes) == 1:
        found["kind"] = line.primary.event
        if line.primary.kind is OutcomeKind.BINARY:
            found["value"] = 1.0
    return found


def _found(what: str, table: Table, mapped: Mapping[str, str], schema: pa.Schema) -> dict[str, str]:
    """The team's column of each field that has one."""
    for own, ours in mapped.items():
        if own not in table.columns or ours not in schema.names:
            found = f"{own}: {ours}"
            near = table.columns if own not in table.columns else schema.names
            raise BadInput(
                f"{what} columns",
                found=found,
                expected=f"one of {', '.join(near)}",
                next_step="correct the mapping, or give the table its column back",
            )
    alike = {n: n for n in schema.names if n in table.columns and n not in mapped}
    return alike | {ours: own for own, ours in mapped.items()}


def _check_types(what: str, table: Table, found: Mapping[str, str], schema: pa.Schema) -> None:
    for name, own in found.items():
        given, wanted = table[own].type(), schema.field(name).type
        if wanted == TIME:
            fits, expected = (
                given.is_timestamp() and given.timezone is not None,
                "times with their zone",
            )
        elif pa.types.is_string(wanted):
            fits, expected = given.is_string() or given.is_uuid(), "words"
        elif pa.types.is_boolean(wanted):
            fits, expected = given.is_boolean(), "true or false"
        elif pa.types.is_integer(wanted):
            fits, expected = given.is_integer(), "whole numbers"
        else:
            fits, expected = given.is_numeric() or given.is_boolean(), "numbers"
        if not fits:
            raise BadInput(
                f"{what} column {own}",
                found=str(given),
                expected=f"{expected}, as it is {name}",
                next_step="cast it in a view of the table; nothing was taken over",
            )


def _table(con: Backend, source: Tables, name: str) -> Table:
    if not source.url:
        # without union_by_name a file that lost a column is an error, and no column of nulls
        return con.read_parquet(name, hive_partitioning=False, can_have_nan=True)
    schema, _, plain = name.rpartition(".")
    return con.table(plain, database=schema or None)


def _refused(asked: OwnTable, name: str, found: str, expected: str) -> BadInput:
    return BadInput(
        f"{asked.what} column {asked.found.get(name, name)}",
        found=found,
        expected=expected,
        next_step="correct the rows; nothing of this time was taken over",
    )


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn what a database says into one line."""
    try:
        yield
    except SlipwayError:
        raise
    except Exception as error:
        words = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise NotComputable(
            what,
            found=words,
            expected="a table that can be read",
            next_step="look at the database or the files; nothing was taken over",
        ) from error
