"""Finding and ending the processes of one stack, and no others."""

import ctypes
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from slipway.stack import machine_use, waiting

PROGRAM = "SUPERVISOR_PROCESS_NAME"
NO_PROGRAM = " " * 16
"""The value of the variable in the supervisor's own environment; no program has a longer name."""

STOP_IDLE_S = 20.0
"""Seconds without a move, on a free machine, after which a program that was asked to end is killed."""

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


def of_stack(stack_id: str, program: str | None = None) -> list[psutil.Process]:
    """Living processes whose environment names ``stack_id`` (and ``program``), not our own line.

    The caller and its ancestors are left out: a driver that carries the stack's environment may
    stop the stack and live on.
    """
    return [p for p in _others() if _belongs(p, stack_id, program)]


def other_homes(stack_id: str) -> set[Path]:
    """The home folders of the user's other living stacks."""
    found = set()
    for process in _others():
        with suppress(*_GONE):
            environment = process.environ()
            home = environment.get("SLIPWAY_HOME")
            if home and environment.get("SLIPWAY_STACK", stack_id) != stack_id:
                found.add(Path(home))
    return found


def of_session(session: int) -> list[psutil.Process]:
    """Living processes of a session, the caller and its ancestors left out.

    Airflow's workers hide their environment even from their own user, and outlive a killed
    scheduler. A session, too, is inherited by all that a supervisor starts, and anybody can see it.
    """
    return [p for p in _others() if _session(p) == session]


def orphans(session: int) -> list[psutil.Process]:
    """Processes of a session that no living parent leads back to its leader: their program is dead.

    Groups do not tell: each task of Airflow leads one of its own.
    """
    found = of_session(session)
    with suppress(*_GONE):
        led = machine_use.family(psutil.Process(session))
        return [p for p in found if p not in led]
    return found


def _others() -> Iterator[psutil.Process]:
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return (p for p in psutil.process_iter() if p.pid not in own and lives(p))


def lives(process: psutil.Process) -> bool:
    """Whether a process can still do anything: one that only waits to be reaped cannot."""
    with suppress(*_GONE):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _session(process: psutil.Process) -> int:
    """The session of a process; its own number where it has just ended."""
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return process.pid


def _belongs(process: psutil.Process, stack_id: str, program: str | None) -> bool:
    try:
        environment = process.environ()
    except _GONE:
        return False
    return environment.get("SLIPWAY_STACK") == stack_id and (
        program is None or environment.get(PROGRAM, "").strip() == program
    )


def show_program(program: str) -> None:
    """Let the environment that others see of this process, a fork of the supervisor, name it.

    The kernel shows the bytes that the process was started with, so they are written over.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    place = libc.getenv(PROGRAM.encode())
    if place:
        ctypes.memmove(place, program.ljust(len(NO_PROGRAM)).encode(), len(NO_PROGRAM))


def supervisors(stack_id: str) -> list[psutil.Process]:
    """The supervising process of the stack, if it lives."""
    return [p for p in of_stack(stack_id) if _is_supervisor(p)]


def programs(found: Iterable[psutil.Process], supervisor: psutil.Process) -> list[psutil.Process]:
    """Those that the supervisor itself has started: programs without their workers and tasks."""
    return [p for p in found if _parent(p) == supervisor.pid]


def _parent(process: psutil.Process) -> int | None:
    with suppress(*_GONE):
        return int(process.ppid())
    return None


def _is_supervisor(process: psutil.Process) -> bool:
    """Whether it leads its session and is no program: a fork has for a moment the same words."""
    with suppress(*_GONE, OSError):
        return (
            process.environ().get(PROGRAM) == NO_PROGRAM and os.getsid(process.pid) == process.pid
        )
    return False


def terminate(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Ask ``processes`` to end and return those that neither ended nor move any more."""
    asked = list(processes)
    for process in asked:
        with suppress(*_GONE):
            process.terminate()

    def left() -> list[psutil.Process]:
        return [p for p in psutil.wait_procs(asked, timeout=0)[1] if lives(p)]

    def look() -> waiting.Sight:
        alive = [one for process in left() for one in machine_use.family(process)]
        return waiting.Sight(facts=len(alive), workers=alive)

    with suppress(waiting.Stalled):
        waiting.until(
            "end of processes",
            lambda: not left(),
            look,
            next_step="they are killed",
            patience=waiting.Patience(idle_s=STOP_IDLE_S),
            poll_s=0.1,
        )
    return left()


def kill(processes: Iterable[psutil.Process]) -> None:
    """End ``processes`` at once and wait until they are gone."""
    doomed = list(processes)
    for process in doomed:
        with suppress(*_GONE):
            process.kill()
    while doomed := [p for p in psutil.wait_procs(doomed, timeout=0.05)[1] if lives(p)]:
        pass  # nothing outlives this signal, it may only wait for a core
