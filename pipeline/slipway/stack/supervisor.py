"""The supervisor's configuration, its start and its stop."""

import os
import subprocess
import sys
from collections.abc import Container
from pathlib import Path

import psutil

from slipway.stack import processes
from slipway.stack.environment import process_environment
from slipway.stack.installation import Installation, stack_id
from slipway.stack.launch import PROGRAMS

_HEAD = """\
[supervisord]
nodaemon = true
umask = 077
logfile = {run}/supervisord.log
logfile_maxbytes = 10MB
pidfile = {run}/supervisord.pid
childlogdir = {run}
{user}

# the scheduler ends first: its running tasks report to the others that they are done
[group:scheduling]
programs = scheduler
priority = 2

# one group, so that all of them stop at once and not one after the other
[group:stack]
programs = {programs}
priority = 1
"""

# A second start within two seconds counts as a failed one and is tried again more slowly; a killed
# process comes back at once.
_PROGRAM = """
[program:{name}]
command = {python} -m slipway.stack.launch {name}
autorestart = true
startsecs = 2
startretries = 1000
stopsignal = TERM
stopasgroup = true
killasgroup = true
stopwaitsecs = 12
redirect_stderr = true
stdout_logfile = {run}/{name}.log
stdout_logfile_maxbytes = 20MB
stdout_logfile_backups = 1
"""
_SESSION = "session"


def configuration(installation: Installation) -> str:
    """The text of ``supervisord.conf``; it holds no secret."""
    run = _escaped(str(installation.run))
    user = "user = root" if os.geteuid() == 0 else ""  # as root it asks for this setting
    python = _escaped(f'"{sys.executable}"')
    others = [name for name in PROGRAMS if name != "scheduler"]
    head = _HEAD.format(run=run, user=user, programs=",".join(others))
    return head + "".join(_PROGRAM.format(name=name, run=run, python=python) for name in PROGRAMS)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def start(installation: Installation) -> None:
    """Start the supervisor in its own session; it outlives the caller."""
    path = installation.run / "supervisord.conf"
    path.write_text(configuration(installation))
    environment = process_environment(installation, processes.NO_PROGRAM)
    with (installation.run / "supervisord.out").open("ab") as out:
        started = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "slipway.stack.prefork", "-c", str(path)],
            env=environment,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    (installation.run / _SESSION).write_text(str(started.pid))


def stop(home: Path) -> int:
    """End every process of the stack in ``home``, orderly where possible; returns how many."""
    supervisors = processes.supervisors(stack_id(home))
    session = _session(home / "run" / _SESSION, {p.pid for p in supervisors})
    count = len(_members(home, session))
    processes.terminate(supervisors)
    while left := _members(home, session):
        processes.kill(left)
    return count


def _members(home: Path, session: int | None) -> set[psutil.Process]:
    hidden = processes.of_session(session) if session else ()
    return {*processes.of_stack(stack_id(home)), *hidden}


def _session(path: Path, supervisors: Container[int]) -> int | None:
    """The session that was started last, unless its number may be somebody else's by now."""
    if not path.exists() or path.stat().st_mtime < psutil.boot_time():
        return None
    number = int(path.read_text())
    return number if number in supervisors or not psutil.pid_exists(number) else None


_ROOT = Path("/")
