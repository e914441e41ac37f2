"""The processes of one small installation, each started, killed and started again as a supervisor would."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import registry_kit
import router_kit
import waits
from slipway.settings import settings

from . import child, steps
from .database import Database

HERE = Path(__file__).parent
BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
SPEED = 900.0
"""Event seconds in a wall second: an hour of event time is four seconds."""
CLEAN = "/slipway/never"


class World:
    """A home with a registry, a router and visitors; ``down`` are wall times without a router."""

    def __init__(self, home: Path, seed: int, database: Database | None = None) -> None:
        self.home, self.seed = home, seed
        self.notes = home / "visitors.jsonl"
        self.clock_file = home / "clock.json"
        self.database = database
        self.ledger_url = database.url if database else f"sqlite:///{home / 'ledger.db'}"
        self.number, self.down = 0, []
        self._visitors: subprocess.Popen | None = None

    @contextmanager
    def open(self):
        """Everything runs until the block ends."""
        with ExitStack() as stack:
            self._environment()
            stack.callback(self.disk_is_free)
            router_kit.furnish(self.home, as_of=BEGIN - timedelta(hours=1))
            self.set_clock(BEGIN)
            self.desk = stack.enter_context(registry_kit.running(self.home / "registry"))
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
        inject = str(HERE / "inject")
        os.environ.update(
            CHAOS_ORDER=str(self.home / "order.json"),
            PYTHONPATH=os.pathsep.join((inject, os.environ.get("PYTHONPATH", ""))),
            SLIPWAY_HOME=str(self.home),
            SLIPWAY_CLOCK=str(self.clock_file),
            SLIPWAY_POLICY=str(HERE / "policy.toml"),
            SLIPWAY_LEDGER_URL=self.ledger_url,
        )

    # time

    def set_clock(self, at: datetime) -> None:
        """The event clock stands at ``at`` now, and runs on from there."""
        draft = self.clock_file.with_suffix(".draft")
        clock = {"wall0": time.time(), "event0": at.timestamp(), "speed": SPEED}
        draft.write_text(json.dumps(clock))
        draft.replace(self.clock_file)

    @property
    def now(self) -> datetime:
        """The present event time."""
        return settings().clock.at(time.time())

    def sleep(self, hours: float) -> None:
        """Let so much event time go by."""
        time.sleep(hours * 3600 / SPEED)

    # steps

    def run(self, step, *words, kill_after_s: float | None = None) -> child.Ended:
        """One step as a process."""
        return child.run(self.home, step, *words, kill_after_s=kill_after_s)

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

    def router_on(self, port: int) -> router_kit.Router:
        """A router on this home, starting."""
        words = {
            name: os.environ[f"SLIPWAY_{name}"]
            for name in ("HOME", "CLOCK", "POLICY", "LEDGER_URL", "MLFLOW_URL", "PUBLIC_KEY")
        }
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SLIPWAY_")}
        account = {
            "SLIPWAY_MLFLOW_USER": "router",
            "SLIPWAY_MLFLOW_PASSWORD": self.desk.words["router"],
            "OMP_NUM_THREADS": "1",
        }
        log = self.home / "router.log"
        command = [sys.executable, "-m", "slipway.serving", "--port", str(port)]
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*command, "--workers", "2", "--budget-ms", "1000000"],
                env=clean | {f"SLIPWAY_{k}": v for k, v in words.items()} | account,
                stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        return router_kit.Router(process, port, log)

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

    def disk_fills(self) -> str:
        """Put the log on a small disk of its own, and fill it; says why where that cannot be done."""
        log = self.home / "log"
        log.mkdir(exist_ok=True)
        size = 2 * sum(p.stat().st_size for p in log.rglob("*") if p.is_file()) + (64 << 20)
        kept = self.home / "log-before"
        shutil.copytree(log, kept, symlinks=True, dirs_exist_ok=True)
        mount = ("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(log))
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            return "no small disk can be mounted here"
        shutil.copytree(kept, log, symlinks=True, dirs_exist_ok=True)
        with suppress(OSError), (log / "filler").open("wb") as file:
            while file.write(bytes(1 << 16)):
                file.flush()
        return ""

    def disk_is_free(self) -> None:
        """Remove what filled it, and move the log back."""
        log = self.home / "log"
        if not log.is_mount():
            return
        (log / "filler").unlink(missing_ok=True)
        kept = self.home / "log-after"
        shutil.copytree(log, kept, symlinks=True, dirs_exist_ok=True)
        subprocess.run(("umount", "-l", str(log)), check=True)
        shutil.rmtree(log)
        kept.rename(log)
        shutil.rmtree(self.home / "log-before", ignore_errors=True)

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
