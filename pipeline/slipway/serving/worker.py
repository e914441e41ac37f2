"""The lines of one process, each served and kept current for itself, and what they share.

Requests never wait for any of this: a task works in a thread and replaces what requests read.
"""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from slipway import lines
from slipway.lines import store
from slipway.registry.reader import RegistryReader
from slipway.registry.rest import RetryPolicy
from slipway.serving import metrics, readiness
from slipway.serving.line_service import RECOVER_S, LineService
from slipway.serving.request_ids import RequestIds
from slipway.serving.state import Poller
from slipway.settings import Settings
from slipway.threads import in_daemon_thread

log = logging.getLogger("uvicorn.error")

PARENT_S = 0.5
"""Wall seconds between two looks whether the parent still lives."""
CLOCK_S = 0.1
"""Wall seconds between two looks at a clock that is driven by a file (a demo's)."""
FIND_S = 10.0
"""Wall seconds between two looks for lines that were declared meanwhile."""
GRACE_S = 20.0
"""Wall seconds that the start waits for lines that have opened before; others open while these answer."""
RETRY_POLICY = RetryPolicy(timeout_s=5.0, attempts=1, whole_s=30.0)
"""The next question comes in a second anyway, and until then the last known state goes on."""


@dataclass
class Worker:
    """The lines of one process, by name; ``wanted`` are its lines, empty for all lines in use."""

    settings: Settings
    budget_s: float
    parent: int | None = None
    wanted: tuple[str, ...] = ()
    lines: dict[str, LineService] = field(default_factory=dict)
    strangers: dict[str, str] = field(default_factory=dict)
    draining: bool = False

    def __post_init__(self) -> None:
        settings = self.settings
        self._reader = RegistryReader(
            settings.mlflow_url, settings.mlflow_user, settings.mlflow_password, retry=RETRY_POLICY
        )
        self._poller = Poller(settings.home, self._reader)
        self._ids = RequestIds(settings.home)
        self._tasks: list[asyncio.Task[None]] = []
        self._frozen: set[str] = set()

    async def start(self) -> None:
        """Open the lines and begin all tasks in the running loop; a slow line is not waited for."""
        await self._find()
        every = list(self.lines.values())
        awaited = [line for line in every if line.opened_before] or every  # all at the first start
        tries = [asyncio.create_task(line.tried.wait()) for line in awaited]
        if tries:
            await asyncio.wait(tries, timeout=GRACE_S)
        self._freeze()
        rounds = [
            ("parent", PARENT_S, self._look_after_parent),
            ("metrics", RECOVER_S, self._forget_dead_workers),
            ("find", FIND_S, self._find),
        ]
        if self.settings.clock_file:
            rounds.append(("clock", CLOCK_S, self._read_clock))
        for name, every_s, work in rounds:
            task = asyncio.create_task(_forever(every_s, work), name=name)
            task.add_done_callback(_ended)
            self._tasks.append(task)

    async def stop(self) -> None:
        """End the tasks and seal the logs for the last time."""
        self.draining = True
        for task in self._tasks:
            task.cancel()
        stopped = (line.stop() for line in self.lines.values())
        await asyncio.gather(*self._tasks, *stopped, return_exceptions=True)
        self._reader.close()

    @property
    def served(self) -> dict[str, LineService]:
        """The lines that requests can be sent to, whether they answer yet or not."""
        return {name: line for name, line in self.lines.items() if line.has_requests}

    def readiness(self) -> readiness.Readiness:
        """What keeps each line, and the worker, from answering."""
        reasons = {name: line.ready() for name, line in self.served.items()}
        alarms = {name: line.alarms() for name, line in self.served.items()}
        return readiness.Readiness(
            reasons, draining=self.draining, alarms=alarms, strangers=self.strangers
        )

    async def _find(self) -> None:
        """Begin with lines that were declared meanwhile; leave those out that have no requests."""
        names = self.wanted or await in_daemon_thread(self._names)
        for name in names:
            if name not in self.lines:
                line = LineService(name, self.settings, self.budget_s, self._ids, self._poller)
                self.lines[name] = line
                line.start()
        self._freeze()
        await self._find_strangers()

    async def _find_strangers(self) -> None:
        """Say loudly what the policy file says of lines that are not here; no line waits for it."""
        found = await in_daemon_thread(lambda: lines.policy_faults(self.settings.policy_file))
        for name, fault in found.items():
            if self.strangers.get(name) != fault:
                log.error("%s", fault)
        for name in {*self.strangers, *found}:
            metrics.policy_alarm(name, raised=name in found)
        self.strangers = found

    def _names(self) -> tuple[str, ...]:
        """The lines in use; before any is planned, all that may be expected to be."""
        return store.names(self.settings.home) or lines.wanted_names(self.settings.home)

    def _freeze(self) -> None:
        """Tables and models that were opened stay: no collection need walk them again."""
        opened = {name for name, line in self.lines.items() if line.keeper}
        if opened != self._frozen:
            gc.collect()
            gc.freeze()
            self._frozen = opened

    async def _look_after_parent(self) -> None:
        if self.parent not in {None, os.getppid()}:  # killed: leave the port to its successor
            os.kill(os.getpid(), signal.SIGTERM)

    async def _forget_dead_workers(self) -> None:
        if self._poller.leads():
            await in_daemon_thread(metrics.forget_dead_workers)

    async def _read_clock(self) -> None:
        clock = await in_daemon_thread(lambda: self.settings.clock)
        for line in self.lines.values():
            line.set_clock(clock)


async def _forever(every_s: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await work()
        except (OSError, ValueError, TypeError, LookupError) as error:
            log.warning("%s", error)


def _ended(task: asyncio.Task[None]) -> None:
    """A task that fails in an unforeseen way ends the worker; its parent starts another."""
    if not task.cancelled() and task.exception():
        log.error("task %s failed", task.get_name(), exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)
