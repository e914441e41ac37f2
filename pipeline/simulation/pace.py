"""The event clock's pace: rewritten so that time never jumps."""

import time
from datetime import datetime
from pathlib import Path

from pipeline.settings import Clock
from pipeline.simulation import setting

DAY_S = 86_400.0


def start_clock(path: Path, at: datetime, speed: float = 1.0) -> Clock:
    """Start an event clock at ``at`` in the file ``path``; ``speed`` in event per wall seconds."""
    return _write(path, Clock(time.time(), at.timestamp(), speed))


def set_pace(path: Path, wall_s_per_day: float) -> Clock:
    """Let an event day last ``wall_s_per_day`` wall seconds from now on.

    Processes read the file about twice a second. A faster pace is therefore safe at any time; with
    a slower one a process may for that long stamp times that come again.
    """
    now = time.time()
    event = Clock.from_file(path).at(now).timestamp()
    return _write(path, Clock(now, event, DAY_S / wall_s_per_day))


def _write(path: Path, clock: Clock) -> Clock:
    value = {"wall0": clock.wall0, "event0": clock.event0, "speed": clock.speed}
    setting.write(path, value)
    return clock
