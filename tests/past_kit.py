"""A small past of the line, written by the simulation: three weeks that a run can be trained on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from slipway.demo import history
from slipway.examples.films import world
from slipway.lines import load

MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)  # the end of the interval
WEEK = timedelta(weeks=1)
LINE = load("feed")


def write(home: Path) -> Path:
    """Write the log of the three weeks before MONDAY, and of the hours that let labels mature."""
    start = MONDAY - 3 * WEEK - LINE.maturity
    place = world.synthetic(start, seed=7, users=300, films=60, places=LINE.list_length)
    past = history.InventedPast(home, LINE, place, 300, "rules-1")
    for _ in history.generate(past, start, MONDAY + timedelta(hours=1)):
        pass
    return home
