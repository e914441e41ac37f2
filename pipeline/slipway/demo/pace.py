"""The event clock's pace: rewritten so that time never jumps."""

import time
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from slipway.demo import setting
from slipway.settings import EventClock

DAY_S = 86_400.0
READ_EVERY_S = 0.7
"""Wall seconds after which whoever stamps events has read the file again, also on a busy machine."""


def start_clock(
    path: Path, at: datetime, speed: float = 1.0, until: datetime | None = None
) -> EventClock:
    """Start an event clock at ``at`` in the file ``path``; ``speed`` in event per wall seconds.

    With ``until`` it stands from that event time on: :func:`grant` lets it go on.
    """
    limit = until.timestamp() if until else None
    return _write(path, EventClock(time.time(), at.timestamp(), speed, limit))


def set_pace(path: Path, wall_s_per_day: float) -> EventClock:
    """Let an event day last ``wall_s_per_day`` wall seconds from now on.

    Processes read the file about twice a second. A faster pace is therefore safe at any time; with
    a slower one a process may for that long stamp times that come again.
    """
    clock, now = EventClock.from_file(path), time.time()
    event = clock.at(now).timestamp()
    return _write(path, EventClock(now, event, DAY_S / wall_s_per_day, clock.until))


def grant(path: Path, until: datetime) -> EventClock:
    """Let the event clock run on to ``until``; what was granted before is not taken back.

    A clock that stands goes on a moment later, when every process has read the new limit: all of
    them then see one time. A clock that still runs is not moved.
    """
    clock, now, limit = EventClock.from_file(path), time.time(), until.timestamp()
    if clock.until is None or limit <= clock.until:
        return clock
    event = clock.at(now).timestamp()
    if event < clock.until:
        return _write(path, replace(clock, until=limit))
    return _write(path, EventClock(now + READ_EVERY_S, event, clock.speed, limit))


def _write(path: Path, clock: EventClock) -> EventClock:
    setting.write(path, {name: v for name, v in asdict(clock).items() if v is not None})
    return clock
