"""The processes of one small installation, each started, killed and started again as a supervisor would."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import httpx
import psutil
import registry_kit
import router_kit
import waits
from slipway.registry.server.command import mlflow_argv, mlflow_start
from slipway.settings import settings
from slipway.stack import launch

from . import child, servers, small_disk, steps
from .database import Database
from .hours import Hours

HERE = Path(__file__).parent
BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)


class Desk(registry_kit.Desk):
    """The registry as a fork of the loop."""

    def start(self) -> None:
        """Start the process and wait until it answers; the database is prepared once."""
        if not hasattr(self, "_made"):
            self._made = launch.start_fork(self._make)()
        words, environment = self._made["command"][2:], self._made["environment"]
        self._process = servers.registry(words, environment, self.log)
        waits.answer_of(self._process, self.log, "the registry's answer", self._answers)

    def _make(self):
        os.environ.update(self.environment)
        return mlflow_start(mlflow_argv(self.server)[3:])


@dataclass(frozen=True)
class Second:
    """Another stack on the same folder."""

    desk: Desk
    router: router_kit.Router

    @contextmanager
    def addresses(self):
        """Steps that begin in the block ask this stack's registry."""
        before = os.environ["SLIPWAY_MLFLOW_URL"]
        os.environ["SLIPWAY_MLFLOW_URL"] = self.desk.url
        settings.cache_clear()
        yield
        os.environ["SLIPWAY_MLFLOW_URL"] = before
        settings.cache_clear()


class World(Hours):
    """A home with a registry, a router and visitors; ``down`` are wall times without a router."""

    called: ClassVar[defaultdict[str, Mapping[str, int]]] = defaultdict(dict)
    """The fewest calls of a step in a place, known in all installations of a run."""
    _lasted: ClassVar[dict[str, float]] = {}

    def __init__(self, home: Path, seed: int, database: Database | None = None) -> None:
        self.home, self.seed = home, seed
        self.notes = home / "visitors.jsonl"
        self.database = database
        self.ledger_url = database.url if database else f"sqlite:///{home / 'ledger.db'}"
        self.number, self.replayed, self.down = 0, 0, []
        self._visitors: subprocess.Popen | None = None

    @contextmanager
    def open(self):
        """Everything runs until the block ends."""
        with ExitStack() as stack:
            self._environment()
            stack.callback(small_disk.free, self.home)
            router_kit.furnish(self.home, as_of=BEGIN - timedelta(hours=1))
            self.set_clock(BEGIN)
            self.desk = stack.enter_context(
                registry_kit.running(self.home / "registry", made_by=Desk)
            )
            os.environ.update(
                SLIPWAY_MLFLOW_URL=self.desk.url,
                SLIPWAY_MLFLOW_USER="slipway",
                SLIPWAY_MLFLOW_PASSWORD=self.desk.words["slipway"],
                SLIPWAY_PUBLIC_KEY=str(self.desk.server.signing.public),
            )
            settings.cache_clear()
            self.sure(steps.register_rules)
            self.port = router_kit.free_port()
            self.start_router()
            stack.callback(self.stop_router)
            self.start_visitors()
            stack.callback(self.stop_visitors)
            yield self

    def _environment(self) -> None:
        os.environ.update(
            CHAOS_ORDER=str(self.home / "order.json"),
            SLIPWAY_HOME=str(self.home),
            SLIPWAY_CLOCK=str(self.clock_file),
            SLIPWAY_POLICY=str(HERE / "policy.toml"),
            SLIPWAY_LEDGER_URL=self.ledger_url,
        )

    # steps

    def run(self, step, *words) -> child.Ended:
        """One step as a process."""
        began = time.monotonic()
        ended = child.run(self.home, step, *words)
        if not ended.killed:
            self._lasted[step.__name__] = time.monotonic() - began
        return ended

    def lasts_s(self, step) -> float:
        """Wall seconds that a step took when it last ended."""
        return self._lasted.get(step.__name__, 1.0)

    def sure(self, step, *words):
        """The result of a step that must succeed; raises AssertionError with what it raised."""
        ended = self.run(step, *words)
        assert not ended.error, f"{step.__name__}: {ended.error}"
        assert not ended.killed, f"{step.__name__} was killed"
        return ended.result

    # processes

    def start_router(self) -> None:
        """The router's parent and two workers on the port they had."""
        self.router = self.router_on(self.port)
        self.router.wait_ready()

    def router_on(self, port: int, registry: str = "") -> router_kit.Router:
        """A router on this home, starting."""
        words = ("HOME", "CLOCK", "POLICY", "LEDGER_URL", "MLFLOW_URL", "PUBLIC_KEY")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SLIPWAY_")}
        environment |= {f"SLIPWAY_{name}": os.environ[f"SLIPWAY_{name}"] for name in words}
        environment |= {
            "SLIPWAY_MLFLOW_USER": "router",
            "SLIPWAY_MLFLOW_PASSWORD": self.desk.words["router"],
            "OMP_NUM_THREADS": "1",
        }
        if registry:
            environment["SLIPWAY_MLFLOW_URL"] = registry
        log = self.home / "router.log"
        return router_kit.Router(servers.router(port, environment, log), port, log)

    def stop_router(self) -> None:
        """End it in order."""
        waits.stop(self.router.process, self.router.log)

    def router_parent_dies(self) -> None:
        """Kill the parent; its workers notice and leave, and it is started again."""
        began = time.time()
        self.router.process.kill()
        self.router.process.wait()
        self.start_router()
        self.down.append((began - 1, time.time() + 1))

    def router_worker(self) -> int:
        """One of the workers."""
        return self.router.wait(self.router.workers)[0]

    def registry_dies(self) -> None:
        """Kill the server with everything below it."""
        process = psutil.Process(self.desk._process.pid)
        for one in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.desk._process.wait()

    def registry_is_back(self) -> None:
        """Start it where it is gone, and wait until it answers."""
        if self.desk._process.poll() is not None:
            self.desk.start()
        waits.answer_of(self.desk._process, self.desk.log, "the registry", self._registry_answers)

    def _registry_answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.desk.url}/health", timeout=None).is_success
        return False

    def database_dies(self, rng: random.Random) -> None:
        """Kill one of PostgreSQL's processes; the server goes through its recovery, or is started."""
        parent = psutil.Process(self.database.pid)
        rng.choice([parent, *parent.children()]).kill()
        self.database.is_back()

    @contextmanager
    def second_stack(self):
        """A second registry and a router on the same folder, until the block ends."""
        desk = Desk(
            replace(self.desk.server, port=router_kit.free_port()),
            self.desk.words,
            self.desk.environment,
        )
        desk.start()
        router = self.router_on(router_kit.free_port(), desk.url)
        try:
            router.wait_ready()
            yield Second(desk, router)
        finally:
            waits.stop(router.process, router.log)
            desk.stop()

    def start_visitors(self) -> None:
        """Visitors who ask and click, and write down what they were told."""
        self.notes.touch()
        command = [sys.executable, str(HERE / "visitors.py"), self.router.url, str(self.notes)]
        self._visitors = subprocess.Popen([*command, str(self.seed)])

    def stop_visitors(self) -> None:
        """The last of them leaves."""
        if self._visitors is not None:
            self._visitors.send_signal(signal.SIGTERM)
            self._visitors.wait()
            self._visitors = None
