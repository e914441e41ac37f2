"""One line in one worker: opened, kept current and asked for readiness apart from all the others.

Its tasks run in threads of their own, so that a line whose package is slow or whose tables are broken
takes no time of another line's tasks.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from slipway import lines
from slipway.data.log import LogWriter, recover
from slipway.domain.errors import SlipwayError
from slipway.domain.line import Line
from slipway.lines import edits
from slipway.serving import metrics
from slipway.serving.alarms import Alarm, alarms
from slipway.serving.line_keeper import LineKeeper
from slipway.serving.line_signs import LineSigns
from slipway.serving.order_reader import OrderReader
from slipway.serving.predict import server_of
from slipway.serving.rank import NotReady
from slipway.serving.readiness import public
from slipway.serving.rehearsal import Rehearsal
from slipway.serving.request_ids import RequestIds
from slipway.serving.served import Loader
from slipway.serving.state import Poller, StateFile
from slipway.settings import EventClock, Settings
from slipway.threads import in_daemon_thread

log = logging.getLogger("uvicorn.error")

TICK_S = 0.5
"""Wall seconds between two looks at the release state and the features on this machine."""
POLL_S = 1.0
"""Wall seconds between two questions to the registry; each costs its server .05 CPU seconds."""
SEAL_S = 1.0
"""Wall seconds after which logged rows become readable as Parquet."""
RECOVER_S = 5.0
"""Wall seconds between two looks for segments that a killed neighbour left."""
STALE_S = 3 * POLL_S
"""Wall seconds without an answer kept by the process that asks, after which each asks for itself."""
OPENING_S = 10.0
"""Wall seconds that a request waits for a line that a new worker still opens."""
REOPEN_S = 30.0
"""Wall seconds until a line that could not be opened is tried again."""


class LineService:
    """What one worker does for one line; ``keeper`` is None until the line could be opened."""

    def __init__(
        self, name: str, settings: Settings, budget_s: float, ids: RequestIds, poller: Poller
    ) -> None:
        self.name = name
        self.keeper: LineKeeper | None = None
        self.has_requests = True
        self.tried = asyncio.Event()  # the first try to open the line is over, however it went
        self._settings, self._budget_s, self._ids, self._poller = settings, budget_s, ids, poller
        self._last: dict[str, str] = {}
        self._misread = ""  # what is wrong with the policy file
        self._signs = LineSigns(settings, name)
        self._rehearsal = Rehearsal(settings.home, name)
        self._mark = settings.home / "router" / name / "opened"
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Open the line and then begin its tasks, in the running loop; returns at once."""
        self._begin("open", self._keep_open())

    async def stop(self) -> None:
        """End the tasks and seal the log for the last time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.keeper:
            await self._in_thread("seal", self.seal)
        self._signs.forget()

    def ready(self) -> str | None:
        """What keeps the line from answering; None: nothing."""
        if self.keeper is None:
            return self._last.get("open") or f"{self.name} is being opened"
        if self.keeper.server.served is None:
            return self._last.get("refresh") or f"no release state of {self.name} could be read"
        if self.keeper.server.features is None:
            return self._last.get("features") or f"no catalogue or no features of {self.name} yet"
        return None

    def alarms(self) -> tuple[Alarm, ...]:
        """What cannot be seen or shown of the line; an alarm keeps nobody from an answer."""
        if self.keeper is None:
            return ()
        found = alarms(self._signs.read(self.keeper.server, self.keeper.file))
        return (*found, Alarm("policy", self._misread)) if self._misread else found

    def epoch(self) -> int | None:
        """Epoch of the release that this worker serves."""
        served = self.keeper.server.served if self.keeper else None
        return served.release.epoch if served else None

    def set_clock(self, clock: EventClock) -> None:
        """Stamp events by ``clock`` from now on."""
        if self.keeper:
            self.keeper.server.clock = self.keeper.server.writer.clock = clock

    @property
    def opened_before(self) -> bool:
        """Whether a worker of this installation has opened the line: it is no stranger that may be slow."""
        return self._mark.exists()

    async def ask(self) -> LineKeeper:
        """The line for one request, which waits a while where a new worker still opens it.

        Raises NotReady with what keeps the line.
        """
        if not self.tried.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.tried.wait(), OPENING_S)
        return self.required()

    def required(self) -> LineKeeper:
        """The opened line; raises NotReady with what keeps it."""
        if self.keeper is None:
            raise NotReady(
                f"line {self.name}",
                found=public(self.ready() or ""),
                expected="open",
                next_step="ask again; the other lines answer",
            )
        return self.keeper

    def open(self) -> None:
        """Load the line and what is on this machine of it; raises UnknownReference, BadConfig.

        A line of a kind without requests stays closed.
        """
        home, name = self._settings.home, self.name
        line, misread = lines.understood(name, self._settings.policy_file, home)
        if not isinstance(line, Line):
            self.has_requests = False  # nothing to serve, and nothing wrong
            return
        self._misread = misread
        metrics.policy_alarm(name, raised=bool(misread))
        for note in filter(None, (misread, edits.unplanned(home, name))):
            log.warning("%s", note)
        clock = self._settings.clock
        writer = LogWriter(home, line, f"router-{os.getpid()}-{os.urandom(4).hex()}", clock)
        sync_s = self._settings.log_sync_s
        server = server_of(line)(line, self._ids, writer, clock, self._budget_s, sync_s=sync_s)
        orders = OrderReader(home, name, self._settings.ledger_url)
        self.keeper = LineKeeper(home, server, StateFile(home, name), Loader(home, line), orders)
        self.round("poll", self.poll)
        self.round("orders", self.read_ledger)
        self.round("refresh", self.refresh)
        self.round("features", self.refresh_features)
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.touch()

    def refresh(self) -> None:
        """Take over a new release state and what was ordered off, and show it in the metrics."""
        keeper = self.required()
        keeper.refresh_state()
        if served := keeper.server.served:
            release = served.release
            metrics.release(self.name, release.epoch, release.share, keeper.file.age_s())
            metrics.version_problems(self.name, len(served.problems))
            self._signs.show(release.epoch)

    def refresh_features(self) -> None:
        """Take over a new feature table or catalogue; apart, so that a huge one delays no return."""
        self.required().refresh_features()

    def poll(self) -> None:
        """Ask the registry, or listen to what the process that asks has kept for all."""
        keeper = self.required()
        if not self._poller.leads():
            age_s = keeper.file.age_s()
            if age_s is None or age_s > STALE_S:  # the answer is not kept, as on a full disk
                keeper.heard = self._poller.listen(self.name)
            return
        try:
            self._poller.poll(keeper.file, self.name)
        finally:  # a full disk keeps no file: what was heard takes off all the same
            keeper.heard = self._poller.heard.get(self.name)

    def read_ledger(self) -> None:
        """Look whether something was ordered off."""
        self.required().orders.read_ledger()

    def seal(self) -> None:
        """Make the logged rows readable."""
        self.required().server.writer.rotate()

    def recover(self) -> None:
        """Seal what killed neighbours left."""
        if self._poller.leads():
            recover(self._settings.home, self.required().server.line)

    def round(self, name: str, work: Callable[[], None]) -> None:
        """One round of a task; a problem of the line is its own, and logged once, not at every round."""
        try:
            work()
            problem = ""
        except Exception as error:  # noqa: BLE001 - a team's code may raise anything
            metrics.troubles(name).inc()
            problem = " ".join(str(error).split()) or type(error).__name__
            if not isinstance(error, SlipwayError):
                problem = f"{self.name}: {type(error).__name__}: {problem}"
            if problem != self._last.get(name):
                log.warning("%s of %s: %s", name, self.name, problem)
        if not problem and self._last.get(name):
            log.info("%s of %s: works again", name, self.name)
        self._last[name] = problem
        if not problem:
            self._signs.done(name)

    async def _keep_open(self) -> None:
        while self.keeper is None and self.has_requests:
            await self._in_thread("open", self.open)
            self.tried.set()
            if self.keeper is None:
                await asyncio.sleep(REOPEN_S)
        rounds = [
            ("refresh", TICK_S, self.refresh),
            ("features", TICK_S, self.refresh_features),
            ("rehearsal", TICK_S, lambda: self._rehearsal.acknowledge(self.required())),
            ("poll", POLL_S, self.poll),
            ("orders", POLL_S, self.read_ledger),
            ("seal", SEAL_S, self.seal),
            ("recover", RECOVER_S, self.recover),
        ]
        if self.has_requests:
            self._signs.begin()
            for name, every_s, work in rounds:
                self._begin(name, self._forever(name, every_s, work))

    def _begin(self, name: str, work: "asyncio._CoroutineLike[None]") -> None:
        self._tasks.append(asyncio.create_task(work, name=f"{name} of {self.name}"))

    async def _forever(self, name: str, every_s: float, work: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self._in_thread(name, work)

    async def _in_thread(self, name: str, work: Callable[[], None]) -> None:
        await in_daemon_thread(partial(self.round, name, work))
