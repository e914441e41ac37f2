"""``slipway up``: the embedded stack with a simulated past and a shop, on the real clock."""

import time
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from slipway import lines
from slipway.demo import opening, past, setting, show
from slipway.demo.history import Written
from slipway.demo.opening import Opening
from slipway.demo.setting import Setting
from slipway.domain.line import Line
from slipway.settings import EventClock
from slipway.stack import stack
from slipway.stack.installation import Options
from slipway.steps.evaluate import rules_folder

WEEKS = 5
RELEASE_EVERY_S = 60.0
DAY_S = 86_400.0


def start(home: Path, rate: float, console: Console) -> None:
    """Boot the stack in ``home`` and open a shop with ``rate`` visits per second.

    The past is written once: a second start goes on where the first one stopped.
    """
    name = setting.LINE
    line = lines.load(name)
    now = EventClock().at(time.time())
    monday = opening.last_interval_end(now)
    began = monday - timedelta(weeks=WEEKS)
    before = Opening(Setting(began.isoformat()), monday, now, weeks=WEEKS)
    # before the scheduler boots: it starts the last week's run at once
    written = tell_past(home, line, before, console)
    console.print(f"simulated past: {written.requests:,} lists, {written.rows:,} exposures")
    installation = stack.begin(
        home, Options(release_every_s=RELEASE_EVERY_S), say=lambda told: console.print(escape(told))
    )
    with console.status("starting the servers") as status:
        addresses = stack.finish(installation, say=status.update)
    opening.enter(installation)
    opening.register_rules(line, rules_folder(line.name))
    opening.open_shop(installation, visits_per_day=rate * DAY_S)
    show.pages(console, addresses)


def start_empty(home: Path, console: Console) -> None:
    """Boot the stack in ``home`` without a past and without traffic."""
    options = Options(release_every_s=RELEASE_EVERY_S)
    installation = stack.begin(home, options, say=lambda told: console.print(escape(told)))
    with console.status("starting the servers") as status:
        addresses = stack.finish(installation, say=status.update)
    show.pages(console, addresses)


def tell_past(home: Path, line: Line, before: Opening, console: Console) -> Written:
    """Write the past with a progress bar."""
    columns = (TextColumn("Writing the past"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        row = progress.add_task("", total=1.0)
        return past.write_past(
            home, line, before, report=lambda done: progress.update(row, completed=done)
        )
