"""The event clock of an installation: it runs slowly and jumps when visitors have been seen.

So an hour of event time holds as many visitors on a machine of any speed, and a slow one has no more hours
to look at than a fast one.
"""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import router_kit
from slipway.data.log import complete_until
from slipway.settings import settings

from . import steps

SPEED = 60.0
"""Event seconds in a wall second, between the jumps."""
HOUR_OF = 24
"""Answers after which an hour of event time may end."""


class Hours:
    """What of an installation has to do with time; ``notes`` is what its visitors wrote."""

    home: Path
    notes: Path
    router: router_kit.Router
    speed = SPEED
    _seen_until = 0

    def set_clock(self, at: datetime) -> None:
        """The event clock stands at ``at`` now, and runs on from there."""
        clock = {"wall0": time.time(), "event0": at.timestamp(), "speed": self.speed}
        draft = self.clock_file.with_suffix(".draft")
        draft.write_text(json.dumps(clock))
        draft.replace(self.clock_file)

    @property
    def clock_file(self) -> Path:
        """What all processes read."""
        return self.home / "clock.json"

    @property
    def now(self) -> datetime:
        """The present event time."""
        return settings().clock.at(time.time())

    def move_clock(self, hours: float) -> None:
        """Let everybody's clock jump."""
        self.set_clock(self.now + timedelta(hours=hours))

    def pass_by(self, event_time: timedelta, answers: int) -> None:
        """Let so much time pass, once so many more answers were given."""
        before, begun = self.notes.stat().st_size, self.now
        self.router.wait(lambda: len(steps.read_notes(self.notes, before)) >= answers, poll_s=0.3)
        self.move_clock(max(event_time - (self.now - begun), timedelta()) / timedelta(hours=1))

    def an_hour(self) -> Iterator[None]:
        """Four times, a quarter of an hour of event time before each; visitors come meanwhile."""
        for _ in range(4):
            self.pass_by(timedelta(minutes=15), HOUR_OF // 4)
            yield

    def hour_may_pass(self) -> None:
        """An hour passes where as many visitors as in any hour have come since the one before."""
        if len(steps.read_notes(self.notes, self._seen_until)) >= HOUR_OF:
            self.hour_is_seen()

    def hour_is_seen(self) -> None:
        """An hour passes, and what arrived in it can be read."""
        end = self.now + timedelta(hours=1)
        come = len(steps.read_notes(self.notes, self._seen_until))
        self.pass_by(timedelta(hours=1), HOUR_OF - come)
        self._seen_until = self.notes.stat().st_size
        readable = lambda: complete_until(self.home, router_kit.LINE, self.now)  # noqa: E731
        self.router.wait(lambda: readable() >= end, poll_s=0.3)
