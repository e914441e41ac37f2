"""Waiting that ends when nothing moves any more, and never because a machine is slow.

What is awaited shows *facts*: states of tasks, sizes of logs, numbers of rows. A fact that changes is
progress. So is work: CPU time of the processes that do it, up to a limit, since a loop that never ends
works, too. Where neither moves, only the time counts in which the machine would have let these
processes run: seconds in which they were ready and others had the core, in which they waited for the
disk, or in which the waiting process itself did not run (a stopped or sleeping machine), do not.
"""

import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from slipway.domain.errors import SlipwayError
from slipway.stack.machine_use import GONE, Meter, Theft, Use

POLL_S = 0.5
"""Wall seconds between two questions whether it is done."""

LOOK_EVERY_S = 4.0
"""Wall seconds between two sights of what is awaited."""

LONGEST_STEP_S = 2 * LOOK_EVERY_S
"""What one look counts at most: who was stopped for an hour has not waited for an hour."""

IDLE_S = 180.0
"""Seconds without any progress, offered by the machine and not used, after which waiting ends."""

BUSY_S = 1_200.0
"""CPU seconds spent without any new fact after which waiting ends."""

WORKING = 0.1
"""Share of an offered second that has to be used to count as work: servers that wait use less."""


class Stalled(SlipwayError):
    """What was waited for does not move any more."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at what is awaited.

    ``facts`` change whenever it moves. ``workers`` are the processes that do this work alone;
    ``servers`` those that it needs and that others use as well: their work is no progress of it, but
    while they cannot get a core it cannot move. ``text`` says how far it is, for people. ``broken``
    says why it can never be done, where that is known.
    """

    facts: Hashable = None
    workers: Sequence[psutil.Process] = ()
    servers: Sequence[psutil.Process] = ()
    text: str = ""
    broken: str = ""


@dataclass(slots=True)
class Pulse:
    """How often the waits of this process have looked: who watches it sees that they live."""

    looks: int = 0


PULSE = Pulse()


@dataclass(slots=True)
class Patience:
    """Decides from look to look whether anything moves; pure.

    ``idle_s`` and ``busy_s`` are the limits of :data:`IDLE_S` and :data:`BUSY_S`. A second that was
    not offered counts for nothing: a starved worker is never given up sooner than a free one.
    """

    idle_s: float = IDLE_S
    busy_s: float = BUSY_S
    idle: float = 0.0
    busy: float = 0.0
    facts: Hashable = None

    def seen(self, facts: Hashable, own: Use, served: Use, passed_s: float) -> str:
        """Take in a look, ``passed_s`` wall seconds after the one before.

        ``own`` is what the workers took, ``served`` what the servers took. Returns the reason to
        give up, empty while there is hope.
        """
        if facts != self.facts:
            self.facts, self.idle, self.busy = facts, 0.0, 0.0
            return ""
        # below 0 where a wait of several looks for a core has ended, which the kernel tells only then
        offered_s = passed_s - own.starved_s - served.starved_s
        self.busy += own.ran_s
        if own.ran_s > WORKING * max(0.0, offered_s):
            self.idle = 0.0
        else:
            self.idle = max(0.0, self.idle + min(offered_s, LONGEST_STEP_S))
        if self.busy > self.busy_s:
            return f"{self.busy:.0f} CPU seconds were used without getting on"
        if self.idle > self.idle_s:
            return f"nothing moved in {self.idle:.0f} s in which the machine was free for it"
        return ""


@dataclass(slots=True)
class Watch:
    """A :class:`Patience` that is given what the clock and the processes say at each look."""

    patience: Patience = field(default_factory=Patience)
    _own: Meter = field(default_factory=Meter)
    _served: Meter = field(default_factory=Meter)
    _theft: Theft = field(default_factory=Theft)
    _last: float = field(default_factory=time.monotonic)

    def seen(self, sight: Sight) -> str:
        """Take in a look of this moment; the reason to give up, empty while there is hope."""
        use, shared, stolen = (
            self._own.take(sight.workers),
            self._served.take(sight.servers),
            self._theft.take(),
        )
        now = time.monotonic()
        passed_s, self._last = now - self._last - stolen, now
        return sight.broken or self.patience.seen(sight.facts, use, shared, passed_s)


def until(
    what: str,
    done: Callable[[], bool],
    look: Callable[[], Sight],
    *,
    next_step: str,
    say: Callable[[str], None] = lambda _: None,
    patience: Patience | None = None,
    poll_s: float = POLL_S,
) -> None:
    """Return once ``done()``; raises Stalled where :class:`Patience` ends, or the sight is broken.

    ``done`` is asked every ``poll_s`` wall seconds; sights, which cost more, are taken every
    :data:`LOOK_EVERY_S`. ``say`` hears with each how far it is and, where it has been still for a
    while, since when.
    """
    patience = patience or Patience()
    every_s = min(LOOK_EVERY_S, patience.idle_s / 20)
    watch, moved, looked = Watch(patience), time.monotonic(), 0.0
    while not done():
        PULSE.looks += 1
        if time.monotonic() - looked >= every_s:
            sight, before = look(), patience.facts
            reason, now = watch.seen(sight), time.monotonic()
            moved = now if before != patience.facts else moved
            looked = now
            if reason:
                raise Stalled(
                    what,
                    found=f"not done: {sight.text or 'nothing was seen of it'}; {reason}",
                    expected="done",
                    next_step=f"{_who(sight)}{next_step}",
                )
            still = f" (unchanged for {now - moved:.0f} s)" if now - moved > IDLE_S / 6 else ""
            say(sight.text + still)
        time.sleep(poll_s)


def _who(sight: Sight) -> str:
    """The processes that should have moved, by number and state."""
    found = []
    for process in sight.workers or sight.servers:
        with suppress(*GONE):
            words = " ".join(process.cmdline())[-60:]
            found.append(f"{process.pid} ({process.status()}) {words}".strip())
    return f"waited for {'; '.join(found[:4])}: " if found else ""
