"""The demo: four past weeks, then five candidates who must meet five fates before one's eyes.

Everything is real but the visitors: Airflow retrains, judges and releases, MLflow registers and is
where the reviewer approves, the router answers over HTTP. Time is the only thing that is faster.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TypeVar

import httpx
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from pipeline import lines
from pipeline.domain.errors import SlipwayError
from pipeline.domain.line import Line
from pipeline.settings import Clock
from pipeline.simulation import cast, opening, pace, setting, shop, show
from pipeline.simulation.follow import Follower
from pipeline.simulation.opening import Opening
from pipeline.simulation.setting import Setting
from pipeline.simulation.start import tell_past
from pipeline.stack import stack
from pipeline.stack.airflow_api import AirflowApi
from pipeline.stack.installation import Installation, Options

T = TypeVar("T")

WALL_S_PER_DAY = 12.0
"""Wall seconds of an event day once live traffic begins."""

VISITS_PER_S = 350.0
"""Visits per wall second at the mean hour of the week."""

RELEASE_EVERY_S = 3.0
"""Wall seconds between two looks of the reconciler; a look itself takes a few seconds."""

BACKFILLED_WEEKS = 4
POLICY = Path(__file__).with_name("demo_policy.toml")
INVENTED_MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)
REAL_MONDAY = datetime(2013, 8, 5, 6, tzinfo=UTC)
INVENTED_PLENTY, REAL_PLENTY = "Comedy", "Action"
"""A swing needs enough films of its genre on offer."""
LEAD = timedelta(hours=1)  # of the event clock over the last past week's end


@dataclass(frozen=True, slots=True)
class Stage:
    """What the acts of the demo need."""

    installation: Installation
    line: Line
    clock_file: Path
    monday: datetime
    api: AirflowApi
    follower: Follower
    progress: Progress

    @property
    def now(self) -> datetime:
        """The present event time."""
        return Clock.from_file(self.clock_file).at(time.time())

    def wait(self, what: str, done: Callable[[], bool], patience_s: float) -> None:
        """Follow the release until ``done()``; raises TooSlow."""
        row = self.progress.add_task(what, total=None)

        def tell(text: str) -> None:
            tally = self.follower.visits()
            seen = f"{tally.get('answered', 0):,} lists, {tally.get('visits_per_s', 0):.0f}/s"
            self.progress.update(row, description=f"{self.now:%a %d %b %H:%M} · {seen} · {text}")

        try:
            self.follower.until(what, done, patience_s, tell)
        finally:
            self.progress.remove_task(row)


def run(home: Path, data: Path | None, console: Console, *, keep: bool = False) -> int:
    """Play the demo in ``home`` (emptied first); 0 only if all five fates are right.

    ``data`` is a folder of real ratings. ``keep`` leaves the stack running at the end. Ctrl-C stops
    what was started.
    """
    began = time.monotonic()
    opening.empty(home)
    plenty = REAL_PLENTY if data else INVENTED_PLENTY
    parts = cast.cast(lines.load(lines.names()[0], POLICY), plenty)
    records: dict[str, cast.Record] = {}
    with _stoppable():
        try:
            with _open(home, data, console) as on:
                try:
                    play(on, parts)
                finally:
                    records = {key: on.follower.record(key) for key in parts}
        except (SlipwayError, httpx.HTTPError) as error:
            console.print(f"[bold red]{escape(str(error))}[/]")
        except KeyboardInterrupt:
            console.print("stopped by hand")
        finally:
            if not keep:
                console.print(f"stopping: {stack.down(home)} processes ended")
    fates = [cast.fate(part, records.get(key, cast.Record())) for key, part in parts.items()]
    console.print(show.fates_table(fates))
    right = sum(fate.right for fate in fates)
    seconds = time.monotonic() - began
    console.print(f"{right} of {len(fates)} fates are right; {seconds:.0f} s of wall time")
    console.print(show.afterwards(home, keep=keep))
    return 0 if right == len(fates) else 1


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM stops the demo like Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _open(home: Path, data: Path | None, console: Console) -> Iterator[Stage]:
    """Write the past, boot the stack, open the shop."""
    name = lines.names()[0]
    line = lines.load(name, POLICY)
    console.print(show.policy_table(lines.load(name).policy, line.policy))
    monday = REAL_MONDAY if data else INVENTED_MONDAY
    play_in = Setting((monday - timedelta(weeks=6)).isoformat())
    if data:
        play_in = Setting(play_in.start, kind=setting.REAL, data=str(data.absolute()))
    past = Opening(play_in, monday, monday + LEAD)
    clock_file = home.absolute() / "clock.json"
    pace.start_clock(clock_file, past.end)
    options = Options(
        clock_file=str(clock_file), policy_file=str(POLICY), release_every_s=RELEASE_EVERY_S
    )
    # before the scheduler boots: a look at half a past would keep features of half a past
    written = tell_past(home, line, past, console)
    console.print(f"{past.weeks} past weeks: {written.requests:,} lists, {written.clicks:,} clicks")
    installation = stack.begin(home, options)
    addresses = stack.finish(installation, console=console)
    show.pages(console, addresses)
    ledger_url = opening.enter(installation).ledger_url
    opening.register_rules(line)
    opening.open_shop(installation, rate=0.0)
    account = ("admin", installation.secrets.airflow["admin"])
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        AirflowApi(installation.airflow_url, *account) as api,
        Progress(*columns, console=console) as progress,
    ):
        follower = Follower(installation, name, ledger_url, api, progress.console)
        yield Stage(installation, line, clock_file, monday, api, follower, progress)


def play(on: Stage, parts: dict[str, cast.Part]) -> None:
    """The five acts."""
    follow = on.follower
    backfill(on)
    follow.start(parts["good"], on.now)
    on.wait("training the first candidate", _offered(on, "good"), 240)
    pace.set_pace(on.clock_file, WALL_S_PER_DAY)
    shop.set_scenario(on.installation.home, rate=VISITS_PER_S)
    follow.start(parts["position"], on.now)
    on.wait("the first release", _ended(on, "good", "position"), 420)
    if not parts["good"].met(follow.record("good")):
        return  # the other candidates are judged against a champion
    follow.start(parts["genre"], on.now)
    follow.start(parts["slow"], on.now + timedelta(minutes=1))
    on.wait("two candidates for the offline gates", _ended(on, "genre", "slow"), 420)
    on.wait("Monday", lambda: on.now >= _next_monday(on), 120)
    follow.start(parts["worse"], on.now)
    on.wait("training the next week's candidate", lambda: bool(follow.record("worse").version), 240)
    effect = {str(follow.record("worse").version): cast.WORSE_LIVE}
    shop.set_scenario(on.installation.home, live_effect=effect)
    on.wait("its release", _ended(on, "worse"), 420)


def backfill(on: Stage) -> None:
    """Reproduce the weeks before the last one through Airflow's API, and wait for them."""
    dag, say = f"retrain_{on.line.name}", on.progress.console.print
    first = on.monday - timedelta(weeks=BACKFILLED_WEEKS + 1)
    last = on.monday - timedelta(weeks=2)
    say(f"backfilling {BACKFILLED_WEEKS} past weeks: {first:%d %b %Y} to {on.monday:%d %b %Y}")
    with _reconciler_resting(on):
        number = _insist(lambda: on.api.backfill(dag, first, last))
        on.wait("backfill", lambda: on.api.backfill_done(number), 420)
    runs = [run for run in on.api.runs(dag) if run["run_type"] == "backfill"]
    good = sum(run["state"] == "success" for run in runs)
    say(f"{good} of {len(runs)} past weeks reproduced; their versions can never get traffic")


@contextmanager
def _reconciler_resting(on: Stage) -> Iterator[None]:
    """Nothing is on the slipway yet: the looks of the reconciler would only take cores away."""
    path = f"dags/release_{on.line.name}?update_mask=is_paused"
    on.api.call("PATCH", path, {"is_paused": True})
    try:
        yield
    finally:
        on.api.call("PATCH", path, {"is_paused": False})


def _insist(call: Callable[[], T]) -> T:
    """The answer of a call that Airflow refuses (503) while its SQLite database is busy."""
    return Retrying(
        retry=retry_if_exception(_busy), wait=wait_fixed(1), stop=stop_after_delay(60), reraise=True
    )(call)


def _busy(error: BaseException) -> bool:
    codes = (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.CONFLICT)
    return isinstance(error, httpx.HTTPStatusError) and error.response.status_code in codes


def _next_monday(on: Stage) -> datetime:
    return on.monday + timedelta(weeks=1, minutes=90)


def _offered(on: Stage, key: str) -> Callable[[], bool]:
    return lambda: bool(on.follower.record(key).transitions)


def _ended(on: Stage, *keys: str) -> Callable[[], bool]:
    return lambda: all(on.follower.record(key).ended for key in keys)
