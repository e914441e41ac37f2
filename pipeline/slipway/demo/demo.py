"""The demo: five candidates who must meet five fates before one's eyes, and four past weeks made again.

Everything is real but the visitors: Airflow retrains, judges and releases, MLflow registers and is
where the reviewer approves, the router answers over HTTP. Time is the only thing that is faster, and
it runs no faster than the machine can follow (:mod:`slipway.demo.event_time`).
"""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console
from rich.markup import escape

from slipway import lines
from slipway.data import rollup
from slipway.demo import demo_candidates, opening, pace, setting, show
from slipway.demo.acts import STEPS, Demo, play
from slipway.demo.display import DemoDisplay, Plan
from slipway.demo.event_time import EventTime
from slipway.demo.follow import Follower
from slipway.demo.opening import Opening
from slipway.demo.setting import Setting
from slipway.domain.errors import SlipwayError
from slipway.examples.films.world import World
from slipway.stack import stack
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Options

STOPPED = 130
"""The exit code of who was told to stop: half-met fates are no result."""

RELEASE_EVERY_S = 3_600.0
"""Wall seconds between two looks of the reconciler by itself: who drives the event clock asks for them."""

POLICY = Path(__file__).with_name("demo_policy.toml")
INVENTED_MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)
REAL_MONDAY = datetime(2013, 8, 5, 6, tzinfo=UTC)
INVENTED_PLENTY, REAL_PLENTY = "Comedy", "Action"
"""A swing needs enough films of its genre on offer."""
LEAD = timedelta(hours=1)  # of the event clock over the last past week's end


def run(home: Path, data: Path | None, console: Console, *, keep: bool = False) -> int:
    """Play the demo in ``home`` (emptied first); 0 only if all five fates are right.

    ``data`` is a folder of real ratings. ``keep`` leaves the stack running at the end. Ctrl-C, a
    closed terminal and SIGTERM stop what was started; after a kill -9 the shop does. Raises
    SlipwayError, before anything is started or deleted, for what nothing can be started with.
    """
    began = time.monotonic()
    plenty = REAL_PLENTY if data else INVENTED_PLENTY
    candidates = demo_candidates.demo_candidates(lines.load(setting.LINE, POLICY), plenty)
    records: dict[str, demo_candidates.Record] = {}
    display = DemoDisplay(console, Plan(STEPS, began))
    with opening.alone(home), _stoppable():
        past, world = _past(home, data)
        try:
            with display, _open(home, past, world, display, candidates) as on:
                try:
                    play(on)
                finally:
                    records = {key: on.follower.record(key) for key in candidates}
        except (SlipwayError, httpx.HTTPError, OSError) as error:
            console.print(f"[bold red]{escape(str(error))}[/]", soft_wrap=True)
        except KeyboardInterrupt:
            console.print("stopped by hand")
            return STOPPED
        finally:
            if keep and records:
                opening.unleash(home)
            else:
                console.print(f"stopping: {stack.down(home)} processes ended")
    return _last_words(candidates, records, display, opening.afterwards(home, keep=keep))


def _last_words(
    candidates: Mapping[str, demo_candidates.DemoCandidate],
    records: Mapping[str, demo_candidates.Record],
    display: DemoDisplay,
    afterwards: str,
) -> int:
    """Print what became of the candidates and what to look at; the exit code."""
    console = display.console
    fates = [
        demo_candidates.fate(candidate, records.get(key, demo_candidates.Record()))
        for key, candidate in candidates.items()
    ]
    if records:
        console.print(show.fates(fates, console.width))
    right = sum(fate.right for fate in fates)
    seconds = time.monotonic() - display.plan.began
    console.print(f"{right} of {len(fates)} fates are right; {seconds:.0f} s of wall time")
    console.print(afterwards, soft_wrap=True)
    return 0 if right == len(fates) else 1


def _past(home: Path, data: Path | None) -> tuple[Opening, World]:
    """The past to be written and its world; raises SlipwayError where there can be none."""
    line = lines.load(setting.LINE, POLICY)
    monday = REAL_MONDAY if data else INVENTED_MONDAY
    play_in = Setting((monday - timedelta(weeks=6)).isoformat())
    if data:
        play_in = Setting(play_in.start, kind=setting.REAL, data=str(data.absolute()))
    world = play_in.world(line.list_length)
    past = Opening(play_in, monday, monday + LEAD)
    opening.check_offer(world, past)
    opening.check_room(home)
    opening.empty(home)
    return past, world


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM and the end of the terminal stop the demo like Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {n: signal.signal(n, interrupt) for n in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _open(
    home: Path,
    past: Opening,
    world: World,
    display: DemoDisplay,
    candidates: dict[str, demo_candidates.DemoCandidate],
) -> Iterator[Demo]:
    """Boot the stack while the past is written, then open the shop."""
    name = setting.LINE
    line = lines.load(name, POLICY)
    pace.start_clock(home / "clock.json", past.end, until=past.end)
    options = Options(
        clock_file=str(home / "clock.json"),
        policy_file=str(POLICY),
        release_every_s=RELEASE_EVERY_S,
        paused=True,  # a look at half a past would keep features of half a past
    )
    display.say(show.policy_table(lines.load(name).policy, line.policy))
    setting.save(home, past.setting)
    installation = stack.begin(home, options, say=lambda told: display.say(escape(told)))
    opening.open_shop(installation, visits_per_day=0.0, leashed=True)
    show.pages(display.console, stack.addresses(installation))
    display.say("the pages open in about half a minute; meanwhile six past weeks are written")
    written = opening.write_past(home, line, past, world)
    rollup.update(home, line, now=past.end)  # else the first look has all of it to sum
    opening.give_memory_back()
    display.say(f"{past.weeks} past weeks: {written.requests:,} lists, {written.clicks:,} clicks")
    stack.finish(installation, say=lambda text: display.show(text, ()))
    display.say(f"Airflow and MLflow answer: {installation.airflow_url}, {installation.mlflow_url}")
    ledger_url = opening.enter(installation).ledger_url
    opening.register_rules(line)
    account = ("admin", installation.secrets.airflow["admin"])
    with AirflowApi(installation.airflow_url, *account) as api:
        for kind in ("retrain", "release", "watch"):
            api.unpause(f"{kind}_{name}")
        follower = Follower(installation, name, ledger_url, api, display.say)
        clock = EventTime(home, line, api, until=past.end)
        yield Demo(installation, line, past.monday, api, follower, clock, display, candidates)
