"""The event log: every request and outcome is on file before it is acknowledged.

A writer appends JSON lines to a segment of the journal with one ``write(2)`` each, so that a killed
process loses nothing it had answered for. Sealed segments become Parquet parts under a name that
follows from the segment's, so that converting one twice gives one part. A live writer holds an
``flock`` on its segment; a segment whose lock is free was left behind and is recovered by whoever
looks next. (A power cut may lose what the kernel had not yet flushed, seconds and not parts, of a writer
whose :meth:`LogWriter.sync` nobody waits for.)
"""

import fcntl
import logging
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from slipway.data import journal, segments, taken
from slipway.data.parts import sync_folder, write_parts
from slipway.data.times import EPOCH, micros
from slipway.domain.errors import BadInput, LogIncomplete
from slipway.domain.line import Line
from slipway.settings import EventClock

__all__ = [
    "LogWriter",
    "complete_until",
    "open_before",
    "recover",
    "require_complete",
    "write_parts",
]


class LogWriter:
    """Appends to the log of one line; one per process and line, safe to call from its threads.

    ``writer_id`` names the process among its neighbours (letters, digits, ``_``, ``-``). ``clock``
    stamps ``arrived_at``; assign another one when its pace changes.
    """

    def __init__(self, home: Path, line: Line, writer_id: str, clock: EventClock) -> None:
        if not writer_id.replace("-", "").replace("_", "").isalnum():
            raise BadInput(
                "writer_id",
                found=writer_id,
                expected="letters, digits, '_' and '-'",
                next_step="it becomes a part of file names",
            )
        self.clock = clock
        self._home, self._line, self._id = home, line, writer_id
        self._folder = segments.folder(home, line)
        self._width = len(line.features)
        self._sequence = 0
        self._latest = 0
        self._open: tuple[int, Path] | None = None
        self._append_lock, self._rotate_lock = Lock(), Lock()
        self._left: list[tuple[int, Path]] = []
        self._unnamed = False  # whether a new file's name may not be on the disk yet

    def append_exposure(self, record: Mapping[str, Any]) -> None:
        """Log one request: its fields, and lists ``items``, ``positions``, ``propensities``,
        ``scores`` and ``features`` (a row of the line's features per item).

        ``arrived_at`` is stamped here, never before ``requested_at``. It is on file when this
        returns. Raises BadInput, and logs nothing, for a record that does not fit the schema.
        """
        asked = record.get("requested_at")
        earliest = micros(asked) if isinstance(asked, datetime) else 0
        with self._append_lock:
            descriptor = self._segment()
            stamp = self._stamp(earliest)
            segments.append(descriptor, journal.encode_exposure(record, stamp, self._width))

    def append_outcomes(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Log a batch of outcomes (``request_id``, ``item``, ``kind``, ``value``, ``happened_at``).

        ``delivery_id`` is in those whose sender has one.

        The whole batch is on file when this returns, or none of it (BadInput).
        """
        if not records:
            return
        with self._append_lock:
            descriptor = self._segment()
            segments.append(descriptor, journal.encode_outcomes(records, self._stamp(0)))

    def sync(self) -> None:
        """Bring what was appended before onto the disk, with the name of its file; raises OSError.

        What has been sealed meanwhile is there: it was flushed as Parquet. May be called from any thread.
        """
        with self._append_lock:
            mine = [
                os.dup(descriptor) for descriptor, _ in [*self._left, *filter(None, [self._open])]
            ]
            unnamed, self._unnamed = self._unnamed, False
        for descriptor in mine:
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        if unnamed:
            sync_folder(self._folder)

    def rotate(self) -> None:
        """Seal the open segment and make it readable as Parquet; appending goes on meanwhile.

        Raises BadInput, after all others are converted, for one that cannot be read and is set aside.
        """
        strange = None
        with self._rotate_lock:
            with self._append_lock:
                if self._open:
                    self._left.append(self._open)
                    self._open = None
            while self._left:
                descriptor, segment = self._left[0]
                try:
                    segments.convert(self._home, self._line, segment)
                except BadInput as error:  # it is out of the way; those after it are not held up
                    strange = strange or error
                with self._append_lock:
                    self._left.pop(0)
                os.close(descriptor)
        if strange:
            raise strange

    def close(self) -> None:
        """Rotate for the last time."""
        self.rotate()

    def _stamp(self, earliest: int) -> int:
        """The arrival time in microseconds: never before the segment, the request or a past row."""
        now = micros(self.clock.at(time.time()))
        self._latest = max(self._latest, now, earliest)
        return self._latest

    def _segment(self) -> int:
        """The open segment's descriptor; a new segment is locked before it becomes visible."""
        if self._open:
            return self._open[0]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sequence += 1
        opened = self._stamp(0)
        final = self._folder / f"{self._id}-{self._sequence:06d}-{opened}.jsonl"
        draft = self._folder / f".{self._id}-{os.getpid()}.draft"
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        segments.append(descriptor, journal.encode_header(self._line))
        os.link(draft, final)
        draft.unlink()
        self._open, self._unnamed = (descriptor, final), True
        return descriptor


def _segments(home: Path, line: Line) -> list[Path]:
    return sorted(segments.folder(home, line).glob("[!.]*.jsonl"))


def recover(home: Path, line: Line) -> int:
    """Convert segments that dead writers left behind; returns how many.

    Segments of live writers are left alone. One that cannot be read does not keep the others from
    being recovered: it is set aside, and reported (BadInput) once, after them.
    """
    recovered, broken = 0, None
    for segment in _segments(home, line):
        try:
            descriptor = os.open(segment, os.O_RDONLY)
        except FileNotFoundError:
            continue  # its writer has just converted it
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:  # else converted between opening and locking
                segments.convert(home, line, segment)
                recovered += 1
        except BlockingIOError:
            continue
        except BadInput as error:
            broken = broken or error
        finally:
            os.close(descriptor)
    if broken:
        raise broken
    return recovered


def open_before(home: Path, line: Line, at: datetime) -> list[Path]:
    """Segments that may hold rows that arrived before a time."""
    return [segment for segment in _segments(home, line) if segments.opened_at(segment) <= at]


def recover_and_report(home: Path, line: Line) -> None:
    """As :func:`recover`, for a caller whose own work does not end with a strange segment."""
    try:
        recover(home, line)
    except BadInput as error:
        logging.getLogger("slipway").warning("%s", error)


def complete_until(home: Path, line: Line, now: datetime) -> datetime:
    """The time before which every arrived row is readable as Parquet; at most ``now``.

    ``now`` must be taken before the call: rows stamped later may be in segments not yet seen.
    """
    own = now if line.source is None else taken.until(home, line) or EPOCH
    return min(
        (segments.opened_at(segment) for segment in _segments(home, line)), default=min(now, own)
    )


def require_complete(home: Path, line: Line, cut: datetime, now: datetime) -> None:
    """Recover what dead writers left, then raise LogIncomplete unless all before ``cut`` is there.

    What cannot be read is reported and set aside; the caller's table names it.
    """
    recover_and_report(home, line)
    until = min(now, complete_until(home, line, now))
    if until < cut:
        raise LogIncomplete(
            f"log of {line.name}, complete until",
            found=until.isoformat(),
            expected=f"at least {cut.isoformat()}",
            next_step="wait for the writers to seal their segments, then try again",
        )
