"""Writes the past of a demo, in a process of its own: ``python -m`` this module.

Writing the past needs a world, tables and their libraries: 300 MB that nobody needs any more once it
is written. The process ends, and whoever drives the demo beside models that are trained holds 60.
Its last line on standard output is one JSON object: what was written, or the error in its parts.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from slipway import lines
from slipway.data import rollup
from slipway.demo import film_story, history, line_past, line_story, setting, visitors
from slipway.demo.history import Written
from slipway.demo.opening import Opening
from slipway.domain.errors import BadInput, SlipwayError
from slipway.domain.line import Line
from slipway.examples.films.world import World
from slipway.settings import settings
from slipway.steps.evaluate import rules_folder

REQUESTS_PER_WEEK = 14_000
LEAST_PER_DAY, MOST_PER_DAY = 20.0, 2_500.0
"""Visits of a past day of any line, within these bounds."""
RULES_VERSION = "rules-1"


def write_past(
    home: Path, line: Line, opening: Opening, report: Callable[[float], None] = lambda _: None
) -> Written:
    """Write the film shop's past to the log of ``home``, unless it is there; ``report`` hears the part done."""
    done = setting.folder(home) / "past.json"
    if done.is_file():
        return Written(**setting.read(done, {}))
    setting.save(home, opening.setting)
    world = opening.setting.world(line.list_length)
    past = history.InventedPast(home, line, world, REQUESTS_PER_WEEK, RULES_VERSION)
    days = (opening.end - opening.start) / timedelta(days=1)
    total = Written()
    for number, day in enumerate(history.generate(past, opening.start, opening.end), start=1):
        total += day
        report(min(1.0, number / days))
    setting.write(done, {"requests": total.requests, "rows": total.rows, "clicks": total.clicks})
    return total


def check_offer(world: World, opening: Opening) -> None:
    """Raise BadInput for a world that has not enough films at the start for the lists of its visitors."""
    start = opening.start
    films = len(world.shelf(np.random.default_rng(), start.timestamp()).order)
    if films < visitors.CANDIDATES:
        raise BadInput(
            f"films on offer on {start:%Y-%m-%d}",
            found=films,
            expected=f"at least {visitors.CANDIDATES}, to choose lists from",
            next_step="pass a folder with ratings of that time; nothing was started",
        )


def write_line_past(home: Path, line: Line, past: Opening) -> str:
    """Write the past of any other line; says what was written."""
    setting.save(home, past.setting)
    world = past.setting.line_world(line)
    days = (past.end - past.start) / timedelta(days=1)
    per_day = min(MOST_PER_DAY, max(LEAST_PER_DAY, world.visits_until(past.end) / days))
    of = line_past.LinePast(home, world, per_day, RULES_VERSION)
    found = sum(line_past.generate(of, past.start, past.end), start=Written())
    event = line.primary.name
    return f"{days:.0f} past days: {found.requests:,} requests, {found.clicks:,} outcomes ({event})"


def check(name: str, data: Path) -> None:
    """Raise SlipwayError where a folder of real data gives no past."""
    line = lines.load(name)
    if name == setting.LINE:
        past = film_story.past_of(data)
        check_offer(past.setting.world(line.list_length), past)
    else:
        line_story.past_of(line, data).setting.line_world(line)


def write(name: str, data: Path | None) -> dict[str, str]:
    """Write the past, sum it, and make the rules' folder, in this process's installation."""
    of = settings()
    line = lines.load(name, of.policy_file)
    if name == setting.LINE:
        past = film_story.past_of(data)
        found = write_past(of.home, line, past)
        words = f"{past.weeks} past weeks: {found.requests:,} lists, {found.clicks:,} clicks"
    else:
        past = line_story.past_of(line, data)
        words = write_line_past(of.home, line, past)
    rollup.update(of.home, line, now=past.end)  # else the first look has all of it to sum
    return {"words": words, "rules": str(rules_folder(name))}


def main(verb: str, name: str, data: Path | None) -> dict[str, Any]:
    """What was written, or the error in its parts."""
    try:
        if verb == "write":
            return write(name, data)
        if data:
            check(name, data)
    except SlipwayError as error:
        parts = {"what": error.what, "found": error.found, "expected": error.expected}
        return {"error": type(error).__name__, **parts, "next_step": error.next_step}
    return {}


if __name__ == "__main__":
    verb, name, *data = sys.argv[1:]
    answer = main(verb, name, Path(data[0]) if data else None)
    sys.stdout.write(f"\n{json.dumps(answer, default=str)}\n")
