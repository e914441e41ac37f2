"""From an empty home folder to a running stack with a past, rules to serve and visitors."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from slipway.demo import setting
from slipway.demo.setting import Setting
from slipway.domain.errors import BadConfig
from slipway.domain.line import Line
from slipway.settings import Settings, settings
from slipway.stack import stack
from slipway.stack.environment import client_environment, process_environment
from slipway.stack.installation import Installation
from slipway.steps import context

AUTHOR = "slipway"
ROOM_BYTES = 10**9
"""Free disk that a demo wants before it starts; it takes a third of that."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A past to be written: ``weeks`` whole weeks of the line before ``monday``, then until ``end``.

    ``monday`` is the end of the last complete data interval; ``begin`` is when the past begins, where that is
    not a number of weeks before.
    """

    setting: Setting
    monday: datetime
    end: datetime
    weeks: int = 6
    begin: datetime | None = None

    @property
    def start(self) -> datetime:
        """When the past begins."""
        return self.begin or self.monday - timedelta(weeks=self.weeks)


def last_interval_end(now: datetime) -> datetime:
    """The end of the last complete weekly interval before ``now``: a Monday, 06:00 UTC."""
    monday = now - timedelta(days=now.weekday())
    end = monday.replace(hour=6, minute=0, second=0, microsecond=0)
    return end if end <= now else end - timedelta(weeks=1)


def empty(home: Path) -> None:
    """Stop what an earlier demo left in ``home`` and remove it; raises BadConfig for other folders."""
    if not home.exists():
        return
    if not home.is_dir():
        raise BadConfig(
            "demo home",
            found=f"{home}, a file",
            expected="a new folder, or one of an earlier demo",
            next_step="choose another with --home; nothing was deleted",
        )
    known = {"run", "simulation", "log", "mlflow", "airflow"}
    found = {path.name for path in home.iterdir()}
    if found and not found & known:
        raise BadConfig(
            "demo home",
            found=str(home),
            expected="a new folder, or one of an earlier demo",
            next_step="choose another with --home; nothing was deleted",
        )
    stack.down(home)
    shutil.rmtree(home)


def enter(installation: Installation) -> Settings:
    """Make this process one of the installation's own; returns its settings."""
    os.environ.update(client_environment(installation))
    settings.cache_clear()
    return settings()


def register_rules(line: Line, folder: Path) -> str:
    """Register the hand-written rules in ``folder`` and show the line's state; returns their version."""
    registry, ledger = context.registry(), context.ledger()
    version = registry.register_rules(line.name, folder, author=AUTHOR)
    past = ledger.transitions(line.name)
    registry.project(ledger.state(line.name), past)
    return version


def open_shop(
    installation: Installation, *, visits_per_day: float, leashed: bool = False
) -> subprocess.Popen[bytes]:
    """Start the shop as a process of the stack: whoever stops the stack stops it, too.

    A ``leashed`` shop stops the stack itself when the process that started it is gone, unless
    :func:`unleash` was called before.
    """
    scenario = {"visits_per_day": visits_per_day, "leash": os.getpid() if leashed else None}
    setting.write(setting.folder(installation.home) / "scenario.json", scenario)
    environment = process_environment(installation, "shop")
    with (installation.run / "shop.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "slipway.demo.shop"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def unleash(home: Path) -> None:
    """Let the stack of ``home`` live on without the process that started it."""
    path = setting.folder(home) / "scenario.json"
    setting.write(path, setting.read(path, {}) | {"leash": None})


def afterwards(home: Path, *, keep: bool) -> str:
    """How to open the pages that the last table links to, or how to close them."""
    if keep:
        return (
            "look at the links above, and at Releases in Airflow's menu; the stack is running: "
            f"SLIPWAY_HOME={home.name} make down stops it"
        )
    return "the stack is stopped: make demo KEEP=1 leaves its pages open to look at"


def check_room(home: Path) -> None:
    """Raise BadConfig where the disk of ``home`` has no room for a stack, its log and its models."""
    free = shutil.disk_usage(home.parent).free
    if free < ROOM_BYTES:
        raise BadConfig(
            f"free disk at {home.parent}",
            found=f"{free / 1e9:.1f} GB",
            expected=f"at least {ROOM_BYTES / 1e9:.0f} GB",
            next_step="free some, or choose another folder with --home; nothing was started",
        )


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One demo at a time in a folder; raises BadConfig for a second one, and where nobody may write."""
    path = home.with_name(f"{home.name}.lock")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        lock.acquire(blocking=False)
    except Timeout:
        raise BadConfig(
            "demo home",
            found=str(home),
            expected="a folder that no other demo uses at this moment",
            next_step="wait for that demo, stop it with Ctrl-C, or choose another with --home",
        ) from None
    except OSError as error:
        raise BadConfig(
            "demo home",
            found=f"{home} ({error.strerror})",
            expected="a folder that you may write to",
            next_step="choose another with --home, or another folder to run make in",
        ) from None
    try:
        yield
    finally:
        lock.release()
        path.unlink(missing_ok=True)
