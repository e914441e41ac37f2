"""Segments of the journal that cannot be read: kept beside the log and named, so that the others go on.

Nothing of such a segment is lost: a person repairs it and moves it back into the journal, and it is
converted like any other. Until then every table of the hours that miss it names it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from slipway.data import json_file
from slipway.data.times import from_micros
from slipway.domain.errors import BadInput
from slipway.domain.line import Line

_ARRIVED = re.compile(rb'"arrived_at":(\d{1,17})[,}]')


@dataclass(frozen=True, slots=True)
class UnreadSegment:
    """Rows that arrived from ``first`` to about ``last`` (UTC) and are in no table, with the reason."""

    name: str
    first: datetime
    last: datetime
    reason: str


def folder(home: Path, line: Line) -> Path:
    """Where the segments of a line are that could not be read."""
    return home / "log" / "set-aside" / line.name


def put(home: Path, line: Line, segment: Path, opened: datetime, error: BadInput) -> Path:
    """Move ``segment`` out of the journal, with a note of the hours that miss it; returns its place."""
    place = folder(home, line) / segment.name
    place.parent.mkdir(parents=True, exist_ok=True)
    times = [from_micros(int(text)) for text in _ARRIVED.findall(segment.read_bytes())]
    note = {"first": opened.isoformat(), "last": max([opened, *times]).isoformat()}
    json_file.write(place.with_suffix(".json"), {**note, "reason": str(error)})
    return segment.replace(place)


def unread(
    home: Path, line: Line, since: datetime | None = None, before: datetime | None = None
) -> tuple[UnreadSegment, ...]:
    """What tables of rows that arrived in ``[since, before)`` miss, oldest first."""
    found = [_described(segment) for segment in folder(home, line).glob("*.jsonl")]
    wanted = [
        each
        for each in found
        if (before is None or each.first < before) and (since is None or each.last >= since)
    ]
    return tuple(sorted(wanted, key=lambda each: (each.first, each.name)))


def _described(segment: Path) -> UnreadSegment:
    raw = json_file.read(segment.with_suffix(".json"))
    first, last = (datetime.fromisoformat(raw[word]) for word in ("first", "last"))
    return UnreadSegment(segment.name, first, last, raw["reason"])
