"""What one worker knows of a line's health: gathered when somebody asks, never by the tasks themselves."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from psutil import pid_exists

from slipway.data import set_aside
from slipway.domain.errors import SlipwayError
from slipway.domain.last_look import LEAST_S
from slipway.serving.alarms import Signs, WorkerSign
from slipway.serving.rank import LineServer
from slipway.serving.state import StateFile
from slipway.settings import Settings

TASKS = ("refresh", "features", "orders", "seal", "recover")


def own_name() -> str:
    """The name of this worker among all that serve from this home."""
    return f"{socket.gethostname()}-{os.getpid()}"


def folder_of_workers(home: Path, line: str) -> Path:
    """Where each worker of a line shows that it lives."""
    return home / "router" / line / "workers"


class LineSigns:
    """The signs of one line in one worker.

    ``router/<line>/workers/<host>-<pid>`` holds the epoch that a worker serves, and is touched as long
    as its task lives: neighbours on the same machine see who is behind or silent.
    """

    def __init__(self, settings: Settings, line: str) -> None:
        self._settings = settings
        self._host = socket.gethostname()
        self._folder = folder_of_workers(settings.home, line)
        self._own = self._folder / own_name()
        self._shown: int | None = None
        self._started = time.monotonic()
        self._done: dict[str, float] = {}

    def begin(self) -> None:
        """The line is open and its tasks begin: from now on they can be late."""
        self._started = time.monotonic()

    def done(self, task: str) -> None:
        """A round of a background task went well."""
        self._done[task] = time.monotonic()

    def show(self, epoch: int) -> None:
        """Tell the neighbours which epoch this worker serves, and that it lives. Raises OSError."""
        if epoch == self._shown and self._own.exists():
            os.utime(self._own)
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._own.with_name(f".{self._own.name}")
        draft.write_text(str(epoch))
        draft.replace(self._own)
        self._shown = epoch

    def forget(self) -> None:
        """This worker ends."""
        self._own.unlink(missing_ok=True)

    def read(self, server: LineServer, file: StateFile) -> Signs:
        """Everything that is known now."""
        now, served = time.monotonic(), server.served
        look, look_s = file.last_look()
        pace = max(LEAST_S, self._settings.release_every_s)
        own = served.release.epoch if served else 0
        epoch, state_s = own, 0.0
        with suppress(SlipwayError):  # a damaged file: the refresh, which fails, tells of it
            epoch, state_s = file.epoch()
        up_s = now - self._started
        return Signs(
            interval_s=look.interval_s if look else pace,
            up_s=up_s,
            candidate=served.release.candidate if served else None,
            look_s=look_s,
            registry_s=file.age_s(),
            epoch=epoch,
            state_s=state_s,
            workers=tuple(self._workers()),
            unlogged_s=None if server.book.unlogged_at is None else now - server.book.unlogged_at,
            free_bytes=_free(self._settings.home),
            tasks={name: now - self._done.get(name, self._started) for name in TASKS},
            segments=[each.name for each in set_aside.unread(self._settings.home, server.line)],
            features_s=server.stale_s(),
        )

    def _workers(self) -> Iterator[WorkerSign]:
        """Living workers of this machine; what dead ones left is removed."""
        for path in self._folder.glob(f"{self._host}-*"):
            pid = int(path.name.rpartition("-")[2])
            if not pid_exists(pid):
                path.unlink(missing_ok=True)
                continue
            with suppress(OSError, ValueError):
                silent_s = max(0.0, time.time() - path.stat().st_mtime)
                yield WorkerSign(pid, int(path.read_text()), silent_s)


def _free(home: Path) -> int | None:
    """Bytes that are free where the log is; None where the system does not say."""
    with suppress(OSError):
        return shutil.disk_usage(home).free
    return None
