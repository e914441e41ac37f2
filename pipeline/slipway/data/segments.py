"""Segments of the journal as files: where they are, how they grow, and how they become parts."""

import os
from datetime import datetime
from pathlib import Path

from slipway.data import journal_reading, parts, set_aside
from slipway.data.parts import publish_by_hour
from slipway.data.times import from_micros
from slipway.domain.errors import BadInput
from slipway.domain.line import Line


def folder(home: Path, line: Line) -> Path:
    """Where the segments of a line are."""
    return home / "log" / "journal" / line.name


def opened_at(segment: Path) -> datetime:
    """The time before which none of its rows arrived."""
    return from_micros(int(segment.stem.rsplit("-", 1)[1]))


def convert(home: Path, line: Line, segment: Path) -> None:
    """Turn a sealed segment, whose lock the caller holds, into parts and remove it.

    One that cannot be read is set aside, so that it holds up neither its neighbours nor the hours
    after it; the BadInput that is raised then says where it is.
    """
    try:
        exposures, outcomes = journal_reading.decode(segment.read_bytes(), segment, line)
    except BadInput as error:
        place = set_aside.put(home, line, segment, opened_at(segment), error)
        raise BadInput(
            error.what,
            found=error.found,
            expected=error.expected,
            next_step=f"it is set aside as {place}: {error.next_step}",
        ) from error
    publish_by_hour(home, line, parts.EXPOSURES_KIND, exposures, segment.stem, durable=True)
    publish_by_hour(home, line, parts.OUTCOMES_KIND, outcomes, segment.stem, durable=True)
    segment.unlink()


def append(descriptor: int, data: bytes) -> None:
    """All of ``data`` or nothing of it: a full disk must not leave half a line in the middle."""
    done = 0
    try:
        while done < len(data):
            done += os.write(descriptor, data[done:] if done else data)
    except OSError:
        if done:  # nobody else writes here, so that its size is asked for in need only
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - done)
        raise
