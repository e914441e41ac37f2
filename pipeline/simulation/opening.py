"""From an empty home folder to a running stack with a past, rules to serve and visitors."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.domain.errors import BadConfig
from pipeline.domain.line import Line
from pipeline.settings import Settings, settings
from pipeline.simulation import history, setting
from pipeline.simulation.setting import Setting
from pipeline.stack import stack
from pipeline.stack.environment import client_environment, process_environment
from pipeline.stack.installation import Installation
from pipeline.steps import context
from pipeline.steps.evaluate import rules_folder

REQUESTS_PER_WEEK = 14_000
RULES_VERSION = "rules-1"
AUTHOR = "slipway"


@dataclass(frozen=True, slots=True)
class Opening:
    """A past to be written: ``weeks`` whole weeks of the line before ``monday``, then until ``end``.

    ``monday`` is the end of the last complete data interval.
    """

    setting: Setting
    monday: datetime
    end: datetime
    weeks: int = 6

    @property
    def start(self) -> datetime:
        """When the past begins."""
        return self.monday - timedelta(weeks=self.weeks)


def last_interval_end(now: datetime) -> datetime:
    """The end of the last complete weekly interval before ``now``: a Monday, 06:00 UTC."""
    monday = now - timedelta(days=now.weekday())
    end = monday.replace(hour=6, minute=0, second=0, microsecond=0)
    return end if end <= now else end - timedelta(weeks=1)


def empty(home: Path) -> None:
    """Stop what an earlier demo left in ``home`` and remove it; raises BadConfig for other folders."""
    if not home.exists():
        return
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


def write_past(
    home: Path, line: Line, opening: Opening, tell: Callable[[float], None] = lambda _: None
) -> history.Written:
    """Write the past to the log of ``home``, unless it is there; ``tell`` hears the part done."""
    done = setting.folder(home) / "past.json"
    if done.is_file():
        return history.Written(**setting.read(done, {}))
    setting.save(home, opening.setting)
    world = opening.setting.world(line.list_length)
    past = history.Past(home, line, world, REQUESTS_PER_WEEK, RULES_VERSION)
    days = (opening.end - opening.start) / timedelta(days=1)
    total = history.Written()
    for number, day in enumerate(history.generate(past, opening.start, opening.end), start=1):
        total += day
        tell(min(1.0, number / days))
    setting.write(done, {"requests": total.requests, "rows": total.rows, "clicks": total.clicks})
    return total


def enter(installation: Installation) -> Settings:
    """Make this process one of the installation's own; returns its settings."""
    os.environ.update(client_environment(installation))
    settings.cache_clear()
    return settings()


def register_rules(line: Line) -> str:
    """Register the hand-written rules and show the line's present state; returns their version."""
    registry, ledger = context.registry(), context.ledger()
    version = registry.register_rules(line.name, rules_folder(line.name), author=AUTHOR)
    past = ledger.transitions(line.name)
    registry.project(ledger.state(line.name), past)
    return version


def open_shop(installation: Installation, *, rate: float) -> subprocess.Popen[bytes]:
    """Start the shop as a process of the stack: whoever stops the stack stops it, too."""
    setting.write(setting.folder(installation.home) / "scenario.json", {"rate": rate})
    environment = process_environment(installation, "shop")
    with (installation.run / "shop.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.simulation.shop"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
