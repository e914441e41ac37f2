"""Rows of a team's own tables, taken over into the log as they arrive: one reading, and nothing else changes.

What is taken over is a copy of the rows as they could be read then, so a table that is edited later changes
nothing that was known. A batch is checked whole before a row of it is written, and its bounds are kept
before: one that was stopped is taken again under the same name.
"""

from datetime import datetime, timedelta
from pathlib import Path

from slipway.data import json_file, parts, taken
from slipway.data.own_rows import OwnTable, batch, connect
from slipway.data.times import floor_hour, micros
from slipway.domain.line import Line

DAY = timedelta(days=1)
KINDS = (parts.EXPOSURES_KIND, parts.OUTCOMES_KIND)


def take_over(home: Path, line: Line, now: datetime) -> int:
    """Copy the rows that arrived since the last time, as far as all of them are readable; returns how many.

    Raises BadInput where a table lacks a column, a type or a value, or holds a row twice, and
    NotComputable where it cannot be read: nothing of that batch is written.
    """
    source = line.source
    if source is None:
        return 0
    con = connect(line, source)
    try:
        shown, came = (OwnTable.of(con, line, source, kind) for kind in KINDS)
        begin = taken.until(home, line) or _first(shown, came, now)
        end, rows = now - source.settled, 0
        while begin < end:
            stop = _stop(home, line, begin, min(begin + DAY, end))
            rows += _take(home, line, (shown, came), begin, stop)
            begin = stop
        return rows
    finally:
        con.disconnect()


def _take(
    home: Path, line: Line, asked: tuple[OwnTable, OwnTable], begin: datetime, stop: datetime
) -> int:
    shown, came = (batch(one, begin, stop) for one in asked)
    if shown.num_rows or came.num_rows:
        parts.write_parts(home, line, shown, came, f"own-{micros(begin)}")
    json_file.write(taken.path_of(home, line), {"until": stop.isoformat()})
    return int(shown.num_rows + came.num_rows)


def _stop(home: Path, line: Line, begin: datetime, stop: datetime) -> datetime:
    """Where a batch ends: where the one that was begun there and stopped was to end, else at ``stop``."""
    path = taken.path_of(home, line).with_name("taking.json")
    if path.is_file():
        kept = json_file.read(path)
        if kept["begin"] == begin.isoformat():
            return datetime.fromisoformat(kept["stop"])
    path.parent.mkdir(parents=True, exist_ok=True)
    json_file.write(path, {"begin": begin.isoformat(), "stop": stop.isoformat()})
    return stop


def _first(shown: OwnTable, came: OwnTable, now: datetime) -> datetime:
    """The hour of the first row."""
    times = [one.first() for one in (shown, came)]
    return floor_hour(min([at for at in times if at is not None], default=now))
