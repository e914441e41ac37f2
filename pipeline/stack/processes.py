"""Finding and ending the processes of one stack, and no others."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


def of_stack(stack_id: str, program: str | None = None) -> list[psutil.Process]:
    """Living processes whose environment names ``stack_id`` (and ``program``), not our own line.

    The caller and its ancestors are left out: a driver that carries the stack's environment may
    stop the stack and live on.
    """
    return [p for p in _others() if _belongs(p, stack_id, program)]


def of_session(session: int) -> list[psutil.Process]:
    """Living processes of a session, the caller and its ancestors left out.

    Airflow's workers hide their environment even from their own user, and outlive a killed
    scheduler. A session, too, is inherited by all that a supervisor starts, and anybody can see it.
    """
    return [p for p in _others() if _numbers(p)[0] == session]


def orphans(session: int) -> list[psutil.Process]:
    """Processes of a session whose program, the leader of their group, is dead."""
    return [p for p in of_session(session) if not psutil.pid_exists(_numbers(p)[1])]


def _others() -> Iterator[psutil.Process]:
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return (p for p in psutil.process_iter() if p.pid not in own)


def _numbers(process: psutil.Process) -> tuple[int, int]:
    """The session and the group of a process; its own number where it has just ended."""
    try:
        return os.getsid(process.pid), os.getpgid(process.pid)
    except ProcessLookupError:
        return process.pid, process.pid


def _belongs(process: psutil.Process, stack_id: str, program: str | None) -> bool:
    try:
        environment = process.environ()
    except _GONE:
        return False
    return environment.get("SLIPWAY_STACK") == stack_id and (
        program is None or environment.get("SUPERVISOR_PROCESS_NAME") == program
    )


def supervisors(stack_id: str) -> list[psutil.Process]:
    """The supervising process of the stack, if it lives."""
    return [p for p in of_stack(stack_id) if _is_supervisor(p)]


def _is_supervisor(process: psutil.Process) -> bool:
    with suppress(*_GONE):
        return any("supervisor.supervisord" in word for word in process.cmdline())
    return False


def terminate(processes: Iterable[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """Ask ``processes`` to end and return those still alive after ``patience_s`` seconds."""
    asked = list(processes)
    for process in asked:
        with suppress(*_GONE):
            process.terminate()
    return psutil.wait_procs(asked, timeout=patience_s)[1]


def kill(processes: Iterable[psutil.Process]) -> None:
    """End ``processes`` at once and wait until they are gone."""
    doomed = list(processes)
    for process in doomed:
        with suppress(*_GONE):
            process.kill()
    psutil.wait_procs(doomed, timeout=10)
