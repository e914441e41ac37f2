"""The ML Test Score of a bundled line after two good releases on a real stack: what a line earns by being run.

    python tests/benchmarks/readiness.py feed [--home FOLDER] [--keep]

It plays what an engineer's first weeks are: a first release, the next week's candidate beside it, the champion's
week made again, a day of drift, retention and consistency, and a rollback drill. Nothing is confirmed by hand: what
only a person can say counts 0 here and half a point afterwards (`slipway readiness LINE --confirm …`).
"""

import argparse
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from rich.console import Console
from slipway.demo import acts, demo, line_story, pace, setting
from slipway.demo.acts import Demo
from slipway.demo.demo_candidates import DemoCandidate, became_champion
from slipway.demo.display import Step
from slipway.demo.story import Story
from slipway.domain.errors import SlipwayError
from slipway.steps import readiness

GOOD, AGAIN = "good", "again"
DAILY = ("drift", "retention")
STEPS = (
    Step("writing the past and starting the servers", 40),
    Step("training the first candidate", 25),
    Step("the first release", 110),
    Step("the next interval", 30),
    Step("the second release", 110),
    Step("the daily runs", 40),
)


def play(on: Demo) -> None:
    """Two good releases, and then what happens every day."""
    record = on.follower.record
    on.start(GOOD)
    on.wait("training the first candidate", lambda: bool(record(GOOD).transitions or record(GOOD).ended))  # fmt: skip
    _live(on)
    on.wait("the first release", lambda: record(GOOD).ended)
    end = on.line.schedule.last(on.clock.now)
    if end <= on.monday:
        on.clock.until = _next(on) + timedelta(minutes=90)
        on.wait("the next interval", lambda: on.clock.now >= on.clock.until - timedelta(minutes=60))
    on.start(AGAIN)
    on.wait("the second release", lambda: record(AGAIN).ended)
    _daily(on)


def _live(on: Demo) -> None:
    if on.line.name == setting.LINE:
        acts._live(on, acts.VISITS_PER_DAY, acts.WALL_S_PER_DAY)
    else:
        line_story._live(on)


def _next(on: Demo) -> datetime:
    """The end of the interval after the one that the demo began with."""
    end, day = on.monday, timedelta(0)
    while end <= on.monday:
        day += timedelta(days=1)
        end = on.line.schedule.last(on.monday + day)
    return end


def _daily(on: Demo) -> None:
    pace.set_pace(on.clock.clock_file, acts.QUIET_WALL_S_PER_DAY)
    backfill = on.api.backfill(on.dag, on.monday - timedelta(days=7), on.monday - timedelta(days=7))
    for kind in DAILY:
        on.api.unpause(f"{kind}_{on.line.name}")
    done = partial(_ended, on)
    on.wait("the daily runs", lambda: on.api.backfill_done(backfill) and all(map(done, DAILY)))
    line_story.recompute(on.line, on.clock.now, on.display.say)
    demo._go_on(on)
    try:
        readiness.check_champion(on.line.name)
    except SlipwayError as error:
        on.display.say(f"not checked: {error}")
    found = readiness.of(on.line.name)
    for item in found.items:
        print(f"{item.id:<9} {item.points:>3g}  {item.words}: {item.evidence}", flush=True)
    print({**found.sections, "final": found.final}, flush=True)


def _ended(on: Demo, kind: str) -> bool:
    return any(r["state"] in ("success", "failed") for r in on.api.runs(f"{kind}_{on.line.name}"))


def main() -> int:
    """Play it and print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("line")
    parser.add_argument("--home", type=Path, default=Path(".slipway-readiness"))
    parser.add_argument("--keep", action="store_true")
    said = parser.parse_args()
    story_of = demo.story_of

    def two_releases(home: Path, data: Path | None, line: str) -> Story:
        made = story_of(home, data, line)
        title = "the next interval's"
        again = DemoCandidate(AGAIN, title, {}, "champion, approved by a reviewer", became_champion)
        both = {GOOD: made.candidates[GOOD], AGAIN: again}
        return replace(made, candidates=both, steps=STEPS, play=play)

    demo.story_of = two_releases
    return demo.run(
        said.home.absolute(), None, Console(highlight=False), keep=said.keep, line=said.line
    )


if __name__ == "__main__":
    sys.exit(main())
