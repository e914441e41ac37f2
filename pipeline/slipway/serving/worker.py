"""One worker's lines and the background tasks that keep them current.

Requests never wait for any of this: a task works in a thread and replaces what requests read.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from slipway import lines
from slipway.data import catalog, feature_files, feature_table
from slipway.data.log import LogWriter, recover
from slipway.domain.errors import SlipwayError
from slipway.registry.reader import RegistryReader
from slipway.registry.rest import RetryPolicy
from slipway.serving import metrics
from slipway.serving.rank import LineServer
from slipway.serving.request_ids import RequestIds
from slipway.serving.served import Loader
from slipway.serving.state import Poller, StateFile
from slipway.settings import Settings

log = logging.getLogger("uvicorn.error")

TICK_S = 0.5
"""Wall seconds between two looks at the clock, the release state and the features on this machine."""
CLOCK_S = 0.1
"""Wall seconds between two looks at a clock that is driven by a file (a demo's)."""
POLL_S = 1.0
"""Wall seconds between two questions to the registry; each costs its server .05 CPU seconds."""
RETRY_POLICY = RetryPolicy(timeout_s=5.0, attempts=1)
"""The next question comes in a second anyway, and until then the last known state goes on."""
SEAL_S = 1.0
"""Wall seconds after which logged rows become readable as Parquet."""
RECOVER_S = 5.0
"""Wall seconds between two looks for segments that a killed neighbour left."""

_MISHAPS = (SlipwayError, OSError, ValueError, TypeError, LookupError)


@dataclass
class LineKeeper:
    """Keeps one line's server current with the files of this machine."""

    home: Path
    server: LineServer
    file: StateFile
    loader: Loader
    state_stamp: object = None
    feature_stamp: object = None

    def refresh(self) -> None:
        """Take over a new release state, feature table or catalogue; raises as they do."""
        server, line = self.server, self.server.line
        stamp = ("state", self.file.stamp())
        if stamp != self.state_stamp:
            server.served = self.loader.serve(self.file.read())
            self.state_stamp = stamp
        now = server.clock.at(time.time())
        path = catalog.path_of(self.home, line)
        written = path.stat().st_mtime_ns if path.exists() else None
        latest = feature_files.latest(self.home, line, now)
        changed = feature_files.stamp(self.home, line, latest) if latest else None
        newest = (latest, written, changed)
        if None not in newest and newest != self.feature_stamp:
            server.features = feature_table.load(self.home, line, latest)
            self.feature_stamp = newest


@dataclass
class Worker:
    """The lines of one process, by name, with their tasks."""

    settings: Settings
    budget_s: float
    parent: int | None = None
    keepers: dict[str, LineKeeper] = field(default_factory=dict)
    draining: bool = False

    def __post_init__(self) -> None:
        settings = self.settings
        self._last: dict[str, str] = {}
        self._reader = RegistryReader(
            settings.mlflow_url, settings.mlflow_user, settings.mlflow_password, retry=RETRY_POLICY
        )
        self._poller = Poller(settings.home, self._reader)
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, names: tuple[str, ...]) -> None:
        """Open the lines and load what is on this machine; raises UnknownReference, BadConfig."""
        home, ids = self.settings.home, RequestIds(self.settings.home)
        for name in names:
            line = lines.load(name, self.settings.policy_file)
            clock = self.settings.clock
            writer = LogWriter(home, line, f"router-{os.getpid()}-{os.urandom(4).hex()}", clock)
            server = LineServer(line, ids, writer, clock, self.budget_s)
            file, loader = StateFile(home, name), Loader(home, line)
            self.keepers[name] = LineKeeper(home, server, file, loader)
        self._round("poll", self._poll)
        self._round("refresh", self._refresh)

    def start(self) -> None:
        """Begin the background tasks in the running loop."""
        rounds = [
            ("refresh", TICK_S, self._refresh),
            ("poll", POLL_S, self._poll),
            ("seal", SEAL_S, self._seal),
            ("recover", RECOVER_S, self._recover),
        ]
        if self.settings.clock_file:
            rounds.append(("clock", CLOCK_S, self._read_clock))
        for name, every_s, work in rounds:
            task = asyncio.create_task(self._forever(name, every_s, work), name=name)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    async def stop(self) -> None:
        """End the tasks and seal the log for the last time."""
        self.draining = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._round, "seal", self._seal)
        self._reader.close()

    def ready(self) -> str | None:
        """What keeps this worker from answering; None: nothing."""
        for name, keeper in self.keepers.items():
            if keeper.server.served is None:
                return f"no release state of {name} could be read"
            if keeper.server.features is None:
                return f"no catalogue or no features of {name} yet"
        return "shutting down" if self.draining else None

    async def _forever(self, name: str, every_s: float, work: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(every_s)
            await asyncio.to_thread(self._round, name, work)

    def _round(self, name: str, work: Callable[[], None]) -> None:
        """One round of a task; a mishap is told once, not at every round."""
        try:
            work()
            told = ""
        except _MISHAPS as error:
            metrics.troubles(name).inc()
            told = str(error) or type(error).__name__
            if told != self._last.get(name):
                log.warning("%s: %s", name, told)
        if not told and self._last.get(name):
            log.info("%s: works again", name)
        self._last[name] = told

    def _refresh(self) -> None:
        if self.parent not in {None, os.getppid()}:  # killed: leave the port to its successor
            os.kill(os.getpid(), signal.SIGTERM)
        for name, keeper in self.keepers.items():
            keeper.refresh()
            if served := keeper.server.served:
                release = served.release
                metrics.release(name, release.epoch, release.share, keeper.file.age_s())

    def _read_clock(self) -> None:
        clock = self.settings.clock
        for keeper in self.keepers.values():
            keeper.server.clock = keeper.server.writer.clock = clock

    def _poll(self) -> None:
        if self._poller.leads():
            for name, keeper in self.keepers.items():
                self._poller.poll(keeper.file, name)

    def _seal(self) -> None:
        for keeper in self.keepers.values():
            keeper.server.writer.rotate()

    def _recover(self) -> None:
        if self._poller.leads():
            metrics.forget_dead_workers()
            for keeper in self.keepers.values():
                recover(self.settings.home, keeper.server.line)

    @staticmethod
    def _ended(task: asyncio.Task[None]) -> None:
        """A task that fails in an unforeseen way ends the worker; its parent starts another."""
        if not task.cancelled() and task.exception():
            log.error("task %s failed", task.get_name(), exc_info=task.exception())
            os.kill(os.getpid(), signal.SIGTERM)
