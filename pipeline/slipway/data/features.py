"""As-of features: counted every day or hour from rows that had arrived strictly before, and kept.

A table is a folder ``features/<line>/as_of=<time>`` of Parquet files with counts, one for
each group of keys that the line's columns need. It never
changes, and counting again gives the same numbers: late rows arrive after its time.
"""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data import engine, feature_files, labels, log, statistics
from slipway.data.feature_files import FeatureCounts
from slipway.data.groups import Group, counted_of, refresh_of
from slipway.domain.line import DType, Line, Refresh
from slipway.domain.origins import ITEM, USER


def count(home: Path, line: Line, as_of: datetime) -> FeatureCounts:
    """The counts of each group before ``as_of``, from what had arrived before it.

    Raises LogIncomplete while rows from before ``as_of`` are still in the journal.
    """
    log.require_complete(home, line, as_of, as_of)
    con, tables = engine.connect(), {}
    for at in sorted({group.time_of(as_of, line) for group in counted_of(line)}):
        groups = [group for group in counted_of(line) if group.time_of(as_of, line) == at]
        kept = engine.keep(con, _rows(con, home, line, groups, at), home, line)
        for group in groups:
            tables[group.name] = _integers(engine.fetch(con, _summed(kept, group, at), home, line))
    con.disconnect()
    return {group.name: tables[group.name] for group in counted_of(line)}


def _rows(
    con: engine.Backend, home: Path, line: Line, groups: Sequence[Group], at: datetime
) -> engine.Table:
    """What the groups need of the exposures in their longest window, with their outcomes."""
    wanted = [one for group in groups for one in group.wanted]
    outcomes = [o for o in line.outcomes if any(one.of == o.name for one in wanted)]
    rows = labels.with_outcomes(
        con,
        home,
        line,
        outcomes,
        requested_from=at - max(group.window for group in groups),
        requested_to=at,
        cut=at,
    )
    keys = {key for group in groups for key in group.keys}
    read = {one.of for one in wanted if one.of is not None} | keys
    log_s = ("requested_at", "request_id", "position", USER, ITEM)
    typed = {key: _key(rows[key], line) for key in read if key in keys and key not in log_s}
    plain = [name for name in sorted(read) if name not in typed and name not in log_s]
    return rows.select(*log_s, *plain, **typed)


def _key(column: engine.Table, line: Line) -> engine.Table:
    """A code that was served as a float, as int64, -1 where it was missing; a string as it is."""
    if line.column(column.get_name()).dtype is not DType.CODE:
        return column
    return ibis.ifelse(engine.is_number(column), column, -1.0).cast("int64")


def _summed(kept: engine.Table, group: Group, at: datetime) -> engine.Table:
    rows = kept.filter(kept.requested_at >= at - group.window)
    counted = statistics.counted(rows, group.wanted)
    if not group.keys:
        return rows.aggregate(**counted)
    return rows.group_by(*group.keys).aggregate(**counted).order_by(*group.keys)


def _integers(table: pa.Table) -> pa.Table:
    """Times as microseconds since 1970."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            whole = table[field.name].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
            table = table.set_column(place, field.name, whole)
    return table


def compute(home: Path, line: Line, as_of: datetime) -> Path:
    """Count and keep the table of ``as_of``; returns its folder. A whole table that exists is kept.

    Raises LogIncomplete while rows from before ``as_of`` are still in the journal.
    """
    for at in sorted({group.time_of(as_of, line) for group in counted_of(line)} - {as_of}):
        compute(home, line, at)
    if feature_files.is_whole(home, line, as_of):
        return feature_files.folder(home, line, as_of)
    return keep(home, line, as_of, count(home, line, as_of))


def keep(home: Path, line: Line, as_of: datetime, counts: FeatureCounts) -> Path:
    """Write the table of ``as_of``, all or nothing; returns its folder. A whole table that exists stays."""
    target = feature_files.folder(home, line, as_of)
    if feature_files.is_whole(home, line, as_of):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    own = {group.name for group in counted_of(line) if group.time_of(as_of, line) == as_of}
    try:
        for name in own & counts.keys():
            pq.write_table(counts[name], draft / f"{name}.parquet", compression="zstd")
        if target.exists():  # of a declaration before: its counts stay, the new ones join them
            for path in draft.iterdir():
                path.replace(target / path.name)
        else:
            _rename(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _rename(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        if not target.exists():  # else a neighbour was faster, with the same numbers
            raise


def refresh_due(home: Path, line: Line, now: datetime) -> datetime | None:
    """The last midnight (UTC), or hour, while the table of it is not computed yet, else None."""
    due = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if refresh_of(line) is Refresh.DAY:
        due -= timedelta(hours=due.hour)
    newest = feature_files.latest(home, line, now)
    return due if newest is None or newest < due else None
