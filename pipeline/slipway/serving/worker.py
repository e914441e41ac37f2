"""One worker's lines and the background tasks that keep them current.

Requests never wait for any of this: a task works in a thread and replaces what requests read.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from slipway import lines
from slipway.data.log import LogWriter, recover
from slipway.registry.reader import RegistryReader
from slipway.registry.rest import RetryPolicy
from slipway.serving import metrics
from slipway.serving.line_keeper import LineKeeper
from slipway.serving.order_reader import OrderReader
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

STALE_S = 3 * POLL_S
"""Wall seconds without an answer kept by the process that asks, after which each asks for itself."""


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
        self._last: dict[tuple[str, str], str] = {}
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
            orders = OrderReader(home, name, self.settings.ledger_url)
            self.keepers[name] = LineKeeper(
                home, server, StateFile(home, name), Loader(home, line), orders
            )
        self._poll()
        self._read_ledger()
        self._refresh()

    def start(self) -> None:
        """Begin the background tasks in the running loop."""
        rounds = [
            ("refresh", TICK_S, self._refresh),
            ("poll", POLL_S, self._poll),
            ("orders", POLL_S, self._read_ledger),
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

    def _round(self, name: str, work: Callable[[], object], line: str = "") -> None:
        """One round of a task; a mishap is told once, not at every round, and ends nothing."""
        of = name, line
        try:
            work()
            told = ""
        except Exception as error:  # noqa: BLE001 - one line's damage keeps no other from its return
            metrics.troubles(name).inc()
            told = str(error) or type(error).__name__
            if told != self._last.get(of):
                log.warning("%s: %s", name, told)
        if not told and self._last.get(of):
            log.info("%s: works again", name)
        self._last[of] = told

    def _each(self, name: str, work: Callable[[LineKeeper], object]) -> None:
        """One round of every line, whatever becomes of its neighbours'."""
        for line, keeper in self.keepers.items():
            self._round(name, partial(work, keeper), line)

    def _refresh(self) -> None:
        if self.parent not in {None, os.getppid()}:  # killed: leave the port to its successor
            os.kill(os.getpid(), signal.SIGTERM)
        self._each("refresh", LineKeeper.refresh_state)
        self._each("refresh features", LineKeeper.refresh_features)
        for name, keeper in self.keepers.items():
            if served := keeper.server.served:
                release = served.release
                metrics.release(name, release.epoch, release.share, keeper.file.age_s())
                metrics.version_problems(name, len(served.problems))

    def _read_clock(self) -> None:
        clock = self.settings.clock
        for keeper in self.keepers.values():
            keeper.server.clock = keeper.server.writer.clock = clock

    def _poll(self) -> None:
        leads = self._poller.leads()
        self._each("poll", self._ask if leads else self._listen)

    def _ask(self, keeper: LineKeeper) -> None:
        """As the one process that asks: keep the answer for all."""
        line = keeper.server.line.name
        try:
            self._poller.poll(keeper.file, line)
        finally:  # a full disk keeps no file: what was heard takes off all the same
            keeper.heard = self._poller.heard.get(line)

    def _listen(self, keeper: LineKeeper) -> None:
        """As its neighbour: only where the answer is not kept, as on a full disk."""
        age_s = keeper.file.age_s()
        if age_s is None or age_s > STALE_S:
            keeper.heard = self._poller.listen(keeper.server.line.name)

    def _read_ledger(self) -> None:
        self._each("orders", lambda keeper: keeper.orders.read_ledger())

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
