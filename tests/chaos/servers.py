"""Servers as forks of the loop, which has imported what they need: as the embedded stack starts them.

A server that is killed fifty times would otherwise spend the day importing.
"""

import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from slipway.stack import launch, preload

from . import crash

SHARED = (
    *(name for name in (*preload.SHARED, *preload.TASKS) if not name.startswith(("airflow", "great_"))),
    "sqlalchemy.dialects.postgresql", "alembic.config", "flask_wtf", "fastapi", "psycopg",
    "slipway.registry.server.permissions", "slipway.reports.evidence",
)  # fmt: skip
"""What servers and steps need, imported once."""


def load() -> None:
    """Import what is shared; nothing of it starts a thread."""
    rooms = (
        name for room in ("data", "gates", "reports", "steps") for name in preload._modules(room)
    )
    preload.load([*SHARED, *rooms, "slipway.examples.films.line"])
    crash.watch_places()


class Server:
    """A process that was forked, with the part of ``subprocess.Popen`` that the kits use."""

    def __init__(self, work: Callable[[], None], environment: Mapping[str, str], log: Path) -> None:
        self.returncode: int | None = None
        log.touch()
        self.pid = os.fork()
        if self.pid:
            return
        with launch.end_with():
            os.setsid()
            with log.open("ab", buffering=0) as out:
                os.dup2(out.fileno(), 1)
                os.dup2(out.fileno(), 2)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.environ.clear()
            os.environ.update(environment)
            work()

    def poll(self) -> int | None:
        """The exit code, None while it lives."""
        return self._ended(os.WNOHANG)

    def wait(self) -> int | None:
        """The exit code once it has ended."""
        return self._ended(0)

    def _ended(self, how: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, how)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to it alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def router(port: int, environment: Mapping[str, str], log: Path) -> Server:
    """The router's parent and two workers."""

    def work() -> None:
        sys.argv = ["serving", "--port", str(port), "--workers", "2", "--budget-ms", "1000000"]
        launch._router()

    return Server(work, environment, log)


def registry(argv: list[str], environment: Mapping[str, str], log: Path) -> Server:
    """MLflow with the guard, as ``argv`` says; its database must be prepared."""

    def work() -> None:
        sys.argv = argv
        runpy.run_module("uvicorn", run_name="__main__", alter_sys=True)

    return Server(work, environment, log)
