"""The demo: candidates who must meet their fates before one's eyes, of the film shop or of any other line.

Everything is real but the visitors: Airflow retrains, judges and releases, MLflow registers and is
where the reviewer approves, the router answers over HTTP. Time is the only thing that is faster, and
it runs no faster than the machine can follow (:mod:`slipway.demo.event_time`).
"""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console
from rich.markup import escape

from slipway import lines
from slipway.demo import opening, pace, past_writer, setting, show
from slipway.demo.acts import Demo
from slipway.demo.demo_candidates import Record, fate
from slipway.demo.display import DemoDisplay, Plan
from slipway.demo.event_time import EventTime
from slipway.demo.follow import Follower
from slipway.demo.story import Story
from slipway.domain.errors import SlipwayError
from slipway.stack import stack
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Options

STOPPED = 130
"""The exit code of who was told to stop: half-met fates are no result."""

RELEASE_EVERY_S = 3_600.0
"""Wall seconds between two looks of the reconciler by itself: who drives the event clock asks for them."""


def run(
    home: Path, data: Path | None, console: Console, *, keep: bool = False, line: str = setting.LINE
) -> int:
    """Play the demo of ``line`` in ``home`` (emptied first); 0 only if all fates are right.

    ``data`` is a folder of real data. ``keep`` leaves the stack running at the end. Ctrl-C, a
    closed terminal and SIGTERM stop what was started; after a kill -9 the shop does. Raises
    SlipwayError, before anything is started or deleted, for what nothing can be started with.
    """
    began = time.monotonic()
    records: dict[str, Record] = {}
    with opening.alone(home), _stoppable():
        story = story_of(home, data, line)
        display = DemoDisplay(console, Plan(story.steps, began))
        try:
            with display, _open(home, story, display) as on:
                try:
                    story.play(on)
                finally:
                    records = {key: on.follower.record(key) for key in story.candidates}
                if keep:
                    _go_on(on)
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
    return _last_words(story, records, display, opening.afterwards(home, keep=keep))


def story_of(home: Path, data: Path | None, line: str) -> Story:
    """What is played of a line, in an emptied folder; raises SlipwayError where nothing can be."""
    if line == setting.LINE:
        from slipway.demo.film_story import film_story  # one of two stories

        return film_story(home, data)
    from slipway.demo.line_story import line_story

    return line_story(home, line, data)


def _last_words(
    story: Story, records: Mapping[str, Record], display: DemoDisplay, afterwards: str
) -> int:
    """Print what became of the candidates and what to look at; the exit code."""
    console = display.console
    fates = [fate(one, records.get(key, Record())) for key, one in story.candidates.items()]
    if records:
        console.print(show.fates(fates, console.width, story.title))
    right = sum(each.right for each in fates)
    seconds = time.monotonic() - display.plan.began
    console.print(f"{right} of {len(fates)} fates are right; {seconds:.0f} s of wall time")
    console.print(afterwards, soft_wrap=True)
    return 0 if right == len(fates) else 1


def _go_on(on: Demo) -> None:
    """What a stack that is left running does every day: drift, retention, and a first rollback drill."""
    from slipway.steps.drill import drill

    for kind in ("drift", "retention"):
        on.api.unpause(f"{kind}_{on.line.name}")
    try:
        found = drill(on.line.name, actor="demo")
    except SlipwayError as error:  # of a line that nobody became champion of
        on.display.say(escape(f"no rollback was rehearsed: {error}"))
    else:
        on.display.say(escape(f"a rollback was rehearsed: {found.words}"))


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
def _open(home: Path, story: Story, display: DemoDisplay) -> Iterator[Demo]:
    """Boot the stack while the past is written, then open the shop."""
    name, past = story.line, story.past
    line = lines.load(name, story.policy_file)
    pace.start_clock(home / "clock.json", past.end, until=past.end)
    options = Options(
        clock_file=str(home / "clock.json"),
        policy_file=str(story.policy_file),
        release_every_s=RELEASE_EVERY_S,
        paused=True,  # a look at half a past would keep features of half a past
        uses=story.uses,
        router_budget_ms=story.budget_ms,
    )
    display.say(show.policy_table(lines.load(name).policy, line.policy, story.budget_ms))
    setting.save(home, past.setting)
    installation = stack.begin(home, options, say=lambda told: display.say(escape(told)))
    opening.open_shop(installation, visits_per_day=0.0, leashed=True)
    show.pages(display.console, stack.addresses(installation))
    display.say("the pages open in about half a minute; meanwhile the past is written")
    written, rules = past_writer.write(installation, name, story.data)
    display.say(written)
    stack.finish(installation, say=lambda text: display.show(text, ()))
    display.say(f"Airflow and MLflow answer: {installation.airflow_url}, {installation.mlflow_url}")
    ledger_url = opening.enter(installation).ledger_url
    opening.register_rules(line, rules)
    account = ("admin", installation.secrets.airflow["admin"])
    with AirflowApi(installation.airflow_url, *account) as api:
        for kind in ("retrain", "release", "watch", "approval"):
            api.unpause(f"{kind}_{name}")
        follower = Follower(installation, name, ledger_url, api, display.say)
        clock = EventTime(
            home,
            line,
            api,
            until=past.end,
            proves=story.proves,
            settles=story.settles,
            again=story.again,
        )
        yield Demo(
            installation,
            line,
            past.monday,
            api,
            follower,
            clock,
            display,
            story.candidates,
            asked=story.asked,
        )
