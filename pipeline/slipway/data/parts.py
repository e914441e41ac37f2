"""Parquet parts of the log: immutable files in one folder per line, day and hour of arrival."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import get_ident

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.data.schema import DELIVERY_ID, OUTCOMES, log_schema
from slipway.data.times import EPOCH, HOUR, HOUR_US, floor_hour, from_micros
from slipway.domain.errors import BadInput
from slipway.domain.events import NEWER_COLUMNS
from slipway.domain.line import Line

EXPOSURES_KIND = "exposures"
OUTCOMES_KIND = "outcomes"


def folder(home: Path, line: Line, kind: str) -> Path:
    """Where the parts of a kind (``exposures`` or ``outcomes``) of a line are."""
    return home / "log" / kind / f"line={line.name}"


def first_day(home: Path, line_name: str, kind: str = EXPOSURES_KIND) -> date | None:
    """The first day (UTC) of arrival that a line has rows of; None where it has none. Folders' names are read alone."""
    days = sorted(path.name for path in (home / "log" / kind).glob(f"line={line_name}/date=*"))
    return date.fromisoformat(days[0].removeprefix("date=")) if days else None


def publish(table: pa.Table, path: Path, *, durable: bool = True) -> None:
    """Write ``table`` to ``path`` all or nothing; what is already there stays (parts never change).

    ``durable`` flushes to the disk first, for rows whose only other copy is about to go.
    """
    if path.exists():
        return
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}.draft")
    strings = [field.name for field in table.schema if pa.types.is_string(field.type)]
    try:
        with draft.open("wb") as file:
            pq.write_table(table, file, compression="zstd", use_dictionary=strings)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
        for each in new if durable else ():
            sync_folder(each.parent)
    finally:
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder onto the disk: a file's own flush says nothing of its name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_file(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Rows of one Parquet file, which is closed before this returns or raises, a damaged one as well."""
    with pa.OSFile(str(path)) as file:
        return pq.ParquetFile(file).read(columns=columns)


def publish_by_hour(
    home: Path, line: Line, kind: str, table: pa.Table, part: str, *, durable: bool
) -> None:
    """Split ``table`` by hour of arrival and publish each piece as ``part`` of its hour."""
    if not table.num_rows:
        return
    arrived = table["arrived_at"].combine_chunks().cast(pa.int64()).to_numpy()
    if np.any(arrived[1:] < arrived[:-1]):
        order = pc.sort_indices(table, sort_keys=[("arrived_at", "ascending")])
        table, arrived = table.take(order), np.sort(arrived)
    hours, starts = np.unique(arrived // HOUR_US, return_index=True)
    ends = [*starts[1:].tolist(), len(arrived)]
    for hour, begin, end in zip(hours.tolist(), starts.tolist(), ends, strict=True):
        at = from_micros(hour * HOUR_US)
        target = folder(home, line, kind) / f"date={at:%Y-%m-%d}" / f"hour={at:%H}"
        publish(table.slice(begin, end - begin), target / f"{part}.parquet", durable=durable)


def write_parts(home: Path, line: Line, exposures: pa.Table, outcomes: pa.Table, part: str) -> None:
    """Put whole tables into the log at once, as part ``part``: history, a replay, an import.

    Outcomes may lack their delivery ids, exposures their places in other rankings. Writing the same part
    again changes nothing. Raises BadInput where a table does not fit its
    schema or an exposure arrived before its request.
    """
    schema = log_schema(line)
    for name in NEWER_COLUMNS:
        if name not in exposures.column_names:
            unknown = pa.nulls(exposures.num_rows, schema.field(name).type)
            exposures = exposures.append_column(name, unknown)
    clean = _fitted(exposures, schema, "exposures")
    if pc.any(pc.less(clean["arrived_at"], clean["requested_at"])).as_py():
        raise BadInput(
            "exposures.arrived_at",
            found="a time before requested_at",
            expected="at or after requested_at",
            next_step="correct the clock of the writer; nothing was written",
        )
    if DELIVERY_ID not in outcomes.column_names:
        unknown = pa.nulls(outcomes.num_rows, pa.string())
        outcomes = outcomes.append_column(DELIVERY_ID, unknown)
    fitted = _fitted(outcomes, OUTCOMES, "outcomes")
    publish_by_hour(home, line, EXPOSURES_KIND, clean, part, durable=False)
    publish_by_hour(home, line, OUTCOMES_KIND, fitted, part, durable=False)


def _fitted(table: pa.Table, schema: pa.Schema, what: str) -> pa.Table:
    wrong = sorted(set(table.column_names) ^ set(schema.names))
    if wrong:
        raise BadInput(
            f"{what} columns",
            found=wrong,
            expected="in the table exactly when they are in the schema",
            next_step="see pipeline/slipway/data/schema.py; nothing was written",
        )
    try:
        clean = table.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise BadInput(
            f"{what} schema",
            found=str(error).splitlines()[0],
            expected="castable to the declared types",
            next_step="see pipeline/slipway/data/schema.py; nothing was written",
        ) from error
    for field in schema:
        if not field.nullable and clean[field.name].null_count:
            raise BadInput(
                f"{what}.{field.name}",
                found="null",
                expected="a value in every row",
                next_step="fill the column; nothing was written",
            )
    return clean


def hours(
    home: Path, line: Line, kind: str, arrived_from: datetime | None, arrived_before: datetime
) -> Iterator[tuple[datetime, Path]]:
    """Hour folders, in order, that may hold rows with ``arrived_from <= arrived < arrived_before``.

    Only the folders' names are read; ``arrived_from`` None means from the very first row.
    """
    low = floor_hour(arrived_from) if arrived_from else EPOCH
    root = folder(home, line, kind)
    days = sorted(path.name for path in root.glob("date=*"))
    for day in days:
        midnight = datetime.fromisoformat(day.removeprefix("date=")).replace(tzinfo=UTC)
        if midnight + timedelta(days=1) <= low or midnight >= arrived_before:
            continue
        for path in sorted((root / day).glob("hour=*")):
            at = midnight + int(path.name.removeprefix("hour=")) * HOUR
            if low <= at < arrived_before:
                yield at, path


def paths(
    home: Path, line: Line, kind: str, arrived_from: datetime | None, arrived_before: datetime
) -> list[str]:
    """Parts that may hold rows of the arrival interval, in a fixed order."""
    return [
        f"{hour}/{name}"
        for _, hour in hours(home, line, kind, arrived_from, arrived_before)
        for name in sorted(os.listdir(hour))  # noqa: PTH208 - ten times as fast, and hours are many
        if name.endswith(".parquet") and not name.startswith(".")
    ]
