"""The log as Ibis tables, on DuckDB in this process or on Spark; only parts of the asked time are opened.

Everything here is an expression: nothing is read before :func:`fetch` or :func:`keep`.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.common.exceptions import IbisError

from slipway import private_files
from slipway.data import ibis_types, parts, spark
from slipway.data.schema import OUTCOMES, log_schema
from slipway.domain.errors import BadInput, NotComputable
from slipway.domain.line import Line
from slipway.settings import ENGINES, settings

DUCKDB, SPARK = ENGINES

TICK = timedelta(microseconds=1)


Table: TypeAlias = ibis_types.Table
Backend: TypeAlias = ibis_types.Backend


def connect(engine: str = DUCKDB, *, threads: int = 2, memory: str = "2GB") -> Backend:
    """One of ``settings.ENGINES``; results of this room depend neither on it nor on ``threads``.

    What does not fit into DuckDB's ``memory`` goes to a folder of this connection alone in the home;
    Spark gets its cores and memory by its own settings.
    """
    if engine == SPARK:
        return spark.connect()
    con = ibis.duckdb.connect(threads=threads, memory_limit=memory, temp_directory=str(_spill()))
    con.raw_sql("SET TimeZone = 'UTC'")
    con.raw_sql("SET enable_progress_bar = false")  # a task's log would be full of it
    con.raw_sql("SET preserve_insertion_order = false")
    # a query asks for its files' footers up to three times, and a log has thousands of files
    con.raw_sql("SET parquet_metadata_cache = true")
    return con


def _spill() -> Path:
    """Where rows go that do not fit into memory: users' rows, so nobody else may be there first.

    DuckDB makes the folder when it needs it and removes it at the end; a killed process leaves it to
    the daily sweep. Without an installation nothing is made, and a query that is too large fails.
    """
    return private_files.scratch(settings().home) / f"{os.getpid()}-{secrets.token_hex(8)}"


def errors() -> tuple[type[Exception], ...]:
    """What an engine raises where it cannot answer."""
    return duckdb.Error, IbisError, *spark.errors()


def _scan(con: Backend, files: list[str], schema: pa.Schema) -> Table:
    """The files as one table of ``schema``; a column that a file lacks is null in its rows."""
    wanted = ibis.Schema.from_pyarrow(schema)
    if not files:
        return ibis.memtable(schema.empty_table())
    if con.name == DUCKDB:
        # the writer's minima and maxima leave NaN out; an optimizer that trusts them folds isnan()
        # away and answers wrongly (duckdb/duckdb#25521), so it must be set that NaN may be there
        options = {"union_by_name": True, "hive_partitioning": False, "can_have_nan": True}
        table = con.read_parquet(files, **options)
    else:
        table = spark.read_parquet(con, files, wanted)
    missing = {name: ibis.null(kind) for name, kind in wanted.items() if name not in table.columns}
    return table.mutate(**missing).select(*schema.names)


def exposures(
    con: Backend,
    home: Path,
    line: Line,
    *,
    arrived_before: datetime,
    requested_from: datetime,
    requested_to: datetime,
) -> Table:
    """Exposures requested in ``[requested_from, requested_to)`` that arrived before a time.

    Raises BadInput naming the file where a part is not Parquet.
    """
    files = parts.paths(home, line, parts.EXPOSURES_KIND, requested_from, arrived_before)
    with naming_corrupt_parts(home, line):
        table = _scan(con, files, log_schema(line))
    return table.filter(
        table.requested_at >= requested_from,
        table.requested_at < requested_to,
        table.arrived_at < arrived_before,
    )


def outcomes(
    con: Backend, home: Path, line: Line, *, arrived_from: datetime, arrived_before: datetime
) -> Table:
    """Outcomes that arrived in ``[arrived_from, arrived_before)``, duplicates included."""
    files = parts.paths(home, line, parts.OUTCOMES_KIND, arrived_from, arrived_before)
    with naming_corrupt_parts(home, line):
        table = _scan(con, files, OUTCOMES)
    return table.filter(table.arrived_at >= arrived_from, table.arrived_at < arrived_before)


def unknown_outcomes(
    con: Backend, home: Path, line: Line, *, arrived_from: datetime, arrived_before: datetime
) -> int:
    """How many outcomes of the arrival interval speak of a request or item never shown.

    Requests of one week before the interval are known too.
    """
    rows = outcomes(con, home, line, arrived_from=arrived_from, arrived_before=arrived_before)
    shown = exposures(
        con,
        home,
        line,
        arrived_before=arrived_before,
        requested_from=arrived_from - timedelta(weeks=1),
        requested_to=arrived_before,
    )
    unknown = rows.anti_join(shown.select("request_id", "item"), ["request_id", "item"])
    return int(fetch(con, unknown.aggregate(n=unknown.count()), home, line)["n"][0].as_py())


def is_given(column: Table) -> Table:
    """Whether a value stands in the column."""
    return column.notnull()


def is_number(column: Table) -> Table:
    """Whether a float column holds a number: not null and not NaN."""
    return column.notnull() & ~column.isnan()


def is_finite(column: Table) -> Table:
    """Whether a float column holds a number that is not infinite."""
    return is_number(column) & ~column.isinf()


def fetch(con: Backend, table: Table, home: Path, line: Line) -> pa.Table:
    """Run an expression over the line's log; raises BadInput naming a part that cannot be read."""
    with naming_corrupt_parts(home, line):
        return con.to_pyarrow(table)


def keep(con: Backend, table: Table, home: Path, line: Line) -> Table:
    """Run an expression once and keep its rows in DuckDB, for several questions."""
    with naming_corrupt_parts(home, line):
        return con.create_table(ibis.util.gen_name("kept"), table, temp=True)


def forget(con: Backend, kept: Table) -> None:
    """Give back the memory of what :func:`keep` kept."""
    con.raw_sql(f"DROP TABLE {kept.get_name()}")


def remove(con: Backend, kept: Table, rows: pa.Table, keys: list[str]) -> None:
    """Take ``rows`` out of what :func:`keep` kept, by ``keys``: the others are not written again."""
    gone = con.create_table(ibis.util.gen_name("gone"), ibis.memtable(rows), temp=True)
    same = " AND ".join(f'k."{key}" = g."{key}"' for key in keys)
    taken, named = kept.get_name(), gone.get_name()
    con.raw_sql(f"DELETE FROM {taken} k USING {named} g WHERE {same}")  # noqa: S608 - own names


@contextmanager
def naming_corrupt_parts(home: Path, line: Line) -> Iterator[None]:
    """Turn an engine's error about unreadable bytes into one that names the file."""
    try:
        yield
    except errors() as error:
        for kind in (parts.EXPOSURES_KIND, parts.OUTCOMES_KIND):
            for path in sorted(parts.folder(home, line, kind).rglob("[!.]*.parquet")):
                _check_readable(path)
        raise NotComputable(
            f"query on the log of {line.name}",
            found=str(error).splitlines()[0],
            expected="an answer of the engine",
            next_step="every part is readable: look for memory or disk space",
        ) from error


def _check_readable(path: Path) -> None:
    try:
        pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"part {path}",
            found=str(error).splitlines()[0],
            expected="a whole Parquet file",
            next_step="restore it from a copy or move it out of the log",
        ) from error
