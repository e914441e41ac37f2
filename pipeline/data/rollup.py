"""Hourly sums of the log: what a look at a release reads instead of the log.

A part covers whole hours of ``requested_at`` and is written once, when every outcome that can still
count has arrived; parts follow each other without gap. A row that arrives later than the line's
maturity after its request is in no part, so the sums do not depend on when they were made. A part
exists from the moment its commit ``<from>.json`` does: creating that file is the compare-and-set.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import get_ident
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.data import engine, log, parts, sums
from pipeline.data.schema import ROLLUP_BLOCKS, ROLLUP_USERS
from pipeline.domain.errors import BadInput
from pipeline.domain.line import Line

LONGEST_PART = timedelta(weeks=1)  # bounds the memory of catching up
_FORMAT = "%Y%m%dT%H"


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


def _part(home: Path, line: Line, begin: datetime, end: datetime) -> _Part:
    name = f"{begin:{_FORMAT}}_{end:{_FORMAT}}"
    return _Part(begin, end, home / "rollups" / line.name / name)


def _parts(home: Path, line: Line) -> Iterator[_Part]:
    """Committed parts in the order of time."""
    for commit in sorted((home / "rollups" / line.name).glob("[!.]*.json")):
        begin, end = (
            datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
            for text in (commit.stem, json.loads(commit.read_text())["to"])
        )
        yield _part(home, line, begin, end)


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
        _roll(home, line, _part(home, line, begin, min(mature, begin + LONGEST_PART)))


def _head(home: Path, line: Line) -> datetime | None:
    """Where the next part begins; None while the log is empty.

    Parts of the log are named after arrivals: the first request may be a maturity older.
    """
    done = list(_parts(home, line))
    if done:
        return done[-1].end
    every = parts.hours(home, line, parts.EXPOSURES_KIND, None, datetime.max.replace(tzinfo=UTC))
    first = next((hour for hour, _ in every), None)
    return parts.floor_hour(first - line.maturity) if first else None


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


def read(home: Path, line: Line, since: datetime, until: datetime | None = None) -> Rollup:
    """The sums of blocks that begin in ``[since, until)``; users by whole hours of it.

    Raises BadInput naming a part that cannot be read.
    """
    done = list(_parts(home, line))
    end = until or datetime.max.replace(tzinfo=UTC)
    wanted = [part for part in done if part.end > since and part.begin < end]
    blocks = _between("block_start", _read(wanted, "blocks", ROLLUP_BLOCKS), since, end)
    hours = _between("hour", _read(wanted, "users", ROLLUP_USERS), parts.floor_hour(since), end)
    keys = ["arm", "version", "epoch", "user"]
    users = hours.group_by(keys).aggregate([("trials", "sum"), ("successes", "sum")])
    users = users.rename_columns([*keys, "trials", "successes"])
    return Rollup(
        blocks=blocks.to_pandas(),
        users=users.sort_by([(key, "ascending") for key in keys]).to_pandas(),
        until=done[-1].end if done else None,
    )


def _read(wanted: list[_Part], table: str, schema: pa.Schema) -> pa.Table:
    tables = [schema.empty_table()]
    for part in wanted:
        path = part.file(table)
        try:
            tables.append(pq.ParquetFile(path).read().cast(schema))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise BadInput(
                f"rollup {path}",
                found=str(error).splitlines()[0],
                expected="a whole Parquet file",
                next_step="restore it, or remove the line's rollups: they are made anew",
            ) from error
    return pa.concat_tables(tables)


def _between(column: str, table: pa.Table, since: datetime, end: datetime) -> pa.Table:
    at = table[column]
    low, high = (pa.scalar(time, at.type) for time in (since, end))
    return table.filter(pc.and_(pc.greater_equal(at, low), pc.less(at, high)))
