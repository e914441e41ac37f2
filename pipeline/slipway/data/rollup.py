"""Hourly sums of the log: what a look at a release reads instead of the log.

A part covers whole hours of ``requested_at`` and is written once, when every outcome that can still
count has arrived; parts follow each other without gap. A row that arrives later than the line's
maturity after its request is in no part, so the sums do not depend on when they were made. A part
exists from the moment its commit ``<day>/<from>.json`` does: creating that file is the
compare-and-set. What is summed (segments, means, maturity) names the folder, so that a line declared
otherwise gets sums of its own, made anew from the log, and no look ever mixes them.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from threading import get_ident
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.data import engine, log, parts, sums
from slipway.data.schema import ROLLUP_BLOCKS, rollup_users
from slipway.domain.errors import BadInput
from slipway.domain.line import Line

PART_BYTES = 64 << 20
"""Bytes of the log that one part sums at most: bounds the memory of catching up."""
LAYOUT = 2
_FORMAT, _DAY = "%Y%m%dT%H", 8
_KEYS = ("block_start", "hour", "epoch", "stage", "arm", "version", "segment", "user")


@dataclass(frozen=True, eq=False)
class Rollup:
    """Sums of the time asked for; ``until`` is where the rolled-up time ends (None: no part yet).

    ``blocks`` has the columns of ``ROLLUP_BLOCKS``; requests, fallbacks, shadow counts and the
    histograms (int64[64] of ``LATENCY_EDGES_MS``) are in the rows of segment ``all`` only. ``users``
    has trials and successes by arm, version, epoch and user.
    """

    blocks: pd.DataFrame
    users: pd.DataFrame
    until: datetime | None


class _Part(NamedTuple):
    begin: datetime
    end: datetime
    stem: Path

    def file(self, table: str) -> Path:
        return self.stem.with_name(f"{self.stem.name}.{table}.parquet")


def folder(home: Path, line: Line) -> Path:
    """Where the sums of the line lie, as it is declared now."""
    means = [(mean.name, mean.column, mean.per_list.value) for mean in line.policy.means]
    declared = repr((LAYOUT, line.segments, line.maturity, means))
    return home / "rollups" / line.name / hashlib.sha256(declared.encode()).hexdigest()[:12]


def _part(home: Path, line: Line, begin: datetime, end: datetime) -> _Part:
    name = f"{begin:{_FORMAT}}_{end:{_FORMAT}}"
    return _Part(begin, end, folder(home, line) / name[:_DAY] / name)


def _opened(home: Path, line: Line, commit: Path) -> _Part:
    """The part of a commit."""
    begin, end = (
        datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
        for text in (commit.stem, json.loads(commit.read_text())["to"])
    )
    return _part(home, line, begin, end)


def _newest_first(home: Path, line: Line) -> Iterator[_Part]:
    for day in sorted(folder(home, line).glob("[!.]*"), reverse=True):
        for commit in sorted(day.glob("[!.]*.json"), reverse=True):
            yield _opened(home, line, commit)


def _parts(home: Path, line: Line, since: datetime | None = None) -> list[_Part]:
    """Committed parts in the order of time, back to the one that ``since`` is in.

    Older ones are not even listed: the time a look takes must not grow with the log's age.
    """
    found = []
    for part in _newest_first(home, line):
        found.append(part)
        if since is not None and part.begin <= since:
            break
    return found[::-1]


def update(home: Path, line: Line, *, now: datetime) -> datetime:
    """Roll up every hour that is complete and mature; returns the time up to which it is done.

    Idempotent, and safe beside a neighbour doing the same. Rows written for hours before the first
    part (imported history) are not rolled up any more. Raises BadInput for an unreadable log.
    """
    log.recover(home, line)
    mature = parts.floor_hour(log.complete_until(home, line, now) - line.maturity)
    while True:
        begin = _head(home, line)
        if begin is None or begin >= mature:
            return begin or mature
        _roll(home, line, _part(home, line, begin, _reach(home, line, begin, mature)))


def end(home: Path, line: Line) -> datetime | None:
    """Where the rolled-up time ends; None without a part."""
    newest = next(_newest_first(home, line), None)
    return newest.end if newest else None


def _head(home: Path, line: Line) -> datetime | None:
    """Where the next part begins; None while the log is empty.

    Parts of the log are named after arrivals: the first request may be a maturity older.
    """
    done = end(home, line)
    if done:
        return done
    every = parts.hours(home, line, parts.EXPOSURES_KIND, None, datetime.max.replace(tzinfo=UTC))
    first = next((hour for hour, _ in every), None)
    return parts.floor_hour(first - line.maturity) if first else None


def _reach(home: Path, line: Line, begin: datetime, mature: datetime) -> datetime:
    """Where a part that begins at ``begin`` ends: at ``mature``, or after an hour of many bytes."""
    read = 0
    for hour, folder in parts.hours(home, line, parts.EXPOSURES_KIND, begin, mature):
        if read > PART_BYTES:
            return max(hour, begin + parts.HOUR)
        read += sum(path.stat().st_size for path in folder.glob("[!.]*.parquet"))
    return mature


def _roll(home: Path, line: Line, part: _Part) -> None:
    con = engine.connect()
    rows = engine.labelled(
        con,
        home,
        line,
        requested_from=part.begin,
        requested_to=part.end,
        cut=part.end + line.maturity + engine.TICK,
    )
    blocks, users = sums.blocks_and_users(con, rows, home, line)
    con.disconnect()
    parts.publish(blocks, part.file("blocks"))
    parts.publish(users, part.file("users"))
    _commit(part)


def _commit(part: _Part) -> None:
    """Create the commit with its content in one step; the first one to do so wins."""
    commit = part.stem.with_name(f"{part.begin:{_FORMAT}}.json")
    draft = commit.with_name(f".{part.stem.name}.{os.getpid()}.{get_ident()}.draft")
    draft.write_text(json.dumps({"to": f"{part.end:{_FORMAT}}"}))
    try:
        os.link(draft, commit)
    except FileExistsError:
        pass  # a neighbour rolled up from here; its numbers are the same
    finally:
        draft.unlink()


def read(
    home: Path,
    line: Line,
    since: datetime,
    until: datetime | None = None,
    *,
    hourly: bool = False,
) -> Rollup:
    """The sums of blocks that begin in ``[since, until)``; users by whole hours of it.

    With ``hourly`` users keep their hour, else it is summed over. Raises BadInput naming a part
    that cannot be read, that is missing, or that holds a time or row twice or impossible counts.
    """
    before = until or datetime.max.replace(tzinfo=UTC)
    wanted = [p for p in _parts(home, line, since) if p.end > since and p.begin < before]
    for part, then in pairwise(wanted):
        if part.end != then.begin:
            raise _damaged(then.stem, f"a part from {then.begin}", f"one from {part.end}")
    schema = rollup_users(line)
    blocks = _between("block_start", _read(wanted, "blocks", ROLLUP_BLOCKS), since, before)
    users = _between("hour", _read(wanted, "users", schema), parts.floor_hour(since), before)
    if not hourly:
        users = _over_hours(users)
    return Rollup(
        blocks=blocks.to_pandas(),
        users=users.to_pandas(),
        until=end(home, line),
    )


def _over_hours(hours: pa.Table) -> pa.Table:
    """Sums by arm, version, epoch and user, ordered by them."""
    keys = ["arm", "version", "epoch", "user"]
    sums = [name for name in hours.column_names if name not in (*keys, "hour")]
    users = hours.group_by(keys).aggregate([(name, "sum") for name in sums])
    return users.rename_columns([*keys, *sums]).sort_by([(key, "ascending") for key in keys])


def _read(wanted: list[_Part], table: str, schema: pa.Schema) -> pa.Table:
    tables = [schema.empty_table()]
    for part in wanted:
        path = part.file(table)
        try:
            rows = pq.ParquetFile(path).read().cast(schema)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(path, str(error).splitlines()[0], "a whole Parquet file") from error
        _check(path, rows)
        tables.append(rows)
    return pa.concat_tables(tables)


def _check(path: Path, rows: pa.Table) -> None:
    keys = [name for name in _KEYS if name in rows.column_names]
    if rows.group_by(keys).aggregate([]).num_rows < rows.num_rows:
        raise _damaged(path, "a row twice", f"each {', '.join(keys)} once")
    missed = pc.subtract(rows["trials"], rows["successes"])
    least = [pc.min(column).as_py() or 0 for column in (rows["successes"], missed)]
    if min(least) < 0:
        raise _damaged(path, f"counts as low as {min(least)}", "0 <= successes <= trials")


def _damaged(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(
        f"rollup {path}",
        found=found,
        expected=expected,
        next_step="restore it, or remove the line's rollups: they are made anew",
    )


def _between(column: str, table: pa.Table, since: datetime, before: datetime) -> pa.Table:
    at = table[column]
    low, high = (pa.scalar(time, at.type) for time in (since, before))
    return table.filter(pc.and_(pc.greater_equal(at, low), pc.less(at, high)))
