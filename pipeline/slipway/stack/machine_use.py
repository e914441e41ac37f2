"""What processes take of the machine, and what keeps them from taking more: the use of cores and disk."""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

BOOT_S = 1.0
"""How far a process's time of birth may be off: the kernel tells when it booted in whole seconds."""

GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


@dataclass(frozen=True, slots=True)
class Use:
    """What processes took since the look before, in seconds: on a core, ready but without one."""

    ran_s: float = 0.0
    starved_s: float = 0.0


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
                starved_s = max((starved_s, *missed))  # a process that just ended has no thread
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


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all its descendants, where it lives."""
    with suppress(*GONE):
        return [process, *process.children(recursive=True)]
    return []
