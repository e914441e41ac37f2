"""Waiting that ends when nothing moves any more, and never because a machine is slow.

What is awaited shows *facts*: states of tasks, sizes of logs, numbers of rows. A fact that changes is
progress. So is work: CPU time of the processes that do it, up to a limit, since a loop that never ends
works, too. Where neither moves, only the time counts in which the machine would have let these
processes run: seconds in which they were ready and others had the core, in which they waited for the
disk, or in which the waiting process itself did not run (a stopped or sleeping machine), do not.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from slipway.domain.errors import SlipwayError

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

BOOT_S = 1.0
"""How far a process's time of birth may be off: the kernel tells when it booted in whole seconds."""

GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


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


@dataclass(frozen=True, slots=True)
class Use:
    """What processes took since the look before, in seconds: on a core, ready but without one."""

    ran_s: float = 0.0
    starved_s: float = 0.0


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


Times = tuple[float, dict[int, float]]
"""CPU seconds of a process, and by thread the seconds that it was ready and had no core."""


@dataclass(slots=True)
class Meter:
    """What a changing set of processes takes between two looks."""

    _before: dict[tuple[int, float], Times] = field(default_factory=dict)
    _looked: float = float("inf")
    _last: float = field(default_factory=time.monotonic)

    def take(self, processes: Iterable[psutil.Process]) -> Use:
        """The use of ``processes`` since the look before.

        One that was born since then counts from its birth, one that was not asked for from now on.
        """
        now, ran_s, starved_s = dict[tuple[int, float], Times](), 0.0, 0.0
        looked, moment = time.time(), time.monotonic()
        for process in processes:
            with suppress(*GONE, OSError):
                born = process.create_time()
                times = used(process)
                now[process.pid, born] = times
                new = (0.0, {}) if born > self._looked - BOOT_S else times
                ran, delays = self._before.get((process.pid, born), new)
                ran_s += times[0] - ran
                # a thread that began since the look before was not ready before it began
                missed = (late - delays.get(thread, 0.0) for thread, late in times[1].items())
                starved_s = max(starved_s, *missed)
                if times[0] == ran and _on_disk(process):
                    starved_s = max(starved_s, moment - self._last)
        self._before, self._looked, self._last = now, looked, moment
        return Use(ran_s, starved_s)


@dataclass(slots=True)
class Theft:
    """What the machine below this one took from its busiest core between two looks."""

    _before: list[float] = field(default_factory=list)

    def take(self) -> float:
        """Seconds since the look before in which no process here could have that core."""
        now = [getattr(times, "steal", 0.0) for times in psutil.cpu_times(percpu=True)]
        before, self._before = self._before or now, now
        return max((b - a for a, b in zip(before, now, strict=False)), default=0.0)


def used(process: psutil.Process) -> Times:
    """Seconds that a process has run, and by thread those that it was ready to run and did not.

    The second are the kernel's run delays (``/proc/<pid>/task/*/schedstat``), 0 where it keeps none.
    """
    times = process.cpu_times()
    delays = {int(path.name): _run_delay(path / "schedstat") for path in _threads(process.pid)}
    return times.user + times.system, delays


def _threads(pid: int) -> list[Path]:
    with suppress(OSError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _run_delay(path: Path) -> float:
    try:
        return int(path.read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _on_disk(process: psutil.Process) -> bool:
    """Whether a thread of the process waits for the disk at this moment."""
    for path in _threads(process.pid):
        with suppress(OSError):
            if (path / "stat").read_text().rpartition(")")[2].startswith(" D"):
                return True
    return False


@dataclass(slots=True)
class Watch:
    """A :class:`Patience` that is told what the clock and the processes say at each look."""

    patience: Patience = field(default_factory=Patience)
    _own: Meter = field(default_factory=Meter)
    _served: Meter = field(default_factory=Meter)
    _theft: Theft = field(default_factory=Theft)
    _last: float = field(default_factory=time.monotonic)

    def seen(self, sight: Sight) -> str:
        """Take in a look of this moment; the reason to give up, empty while there is hope."""
        use, shared, stolen = (
            self._own.take(sight.workers), self._served.take(sight.servers), self._theft.take(),
        )  # fmt: skip
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


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all its descendants, where it lives."""
    with suppress(*GONE):
        return [process, *process.children(recursive=True)]
    return []
