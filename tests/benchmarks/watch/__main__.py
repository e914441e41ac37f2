"""How the watch does: ``python -m tests.benchmarks.watch [releases] [first seed] [cell ...]`` from the top folder.

Each cell is that many champions, each watched from its promotion by the real gates and the real decision,
looked at daily, and weekly where nothing is lost; cells are named by what they begin with. Choices were made on seeds from 100,000 on; RESULTS.md is of seeds from 1 on.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[2]
sys.path += [str(TESTS), str(TESTS.parent / "pipeline")]

from benchmarks.watch.watched import World, watch  # noqa: E402
from slipway.domain.policy import Policy  # noqa: E402

DAY_H, WEEK_H = 24, 168
DECAY = World(first=0.05, last=-0.05)
CELLS = {
    "+5 % halved in 1 day towards -5 %": (replace(DECAY, half_life=1.0), 14),
    "+5 % halved in 5 days towards -5 %": (replace(DECAY, half_life=5.0), 14),
    "+5 % halved in 10 days towards -5 %": (replace(DECAY, half_life=10.0), 28),
    "+2 % lasting": (World(first=0.02, last=0.02), 28),
    "0 %": (World(), 28),
    "+5 % for 10 days, then -3 %": (World(first=0.05, last=-0.03, turns=10.0), 28),
    "halved in 5 days, an outage of 3 days": (
        replace(DECAY, half_life=5.0, quiet=(2.0, 3.0)),
        17,
    ),
    "0 %, an outage of 3 days": (World(quiet=(2.0, 3.0)), 31),
    "0 %, no traffic from 0 to 6": (World(night=6), 28),
    "halved in 5 days, DEFF 2": (
        replace(DECAY, half_life=5.0, session=2, visits=0.5, active=0.51),
        14,
    ),
    "0 %, DEFF 2": (World(session=2, visits=0.5, active=0.51), 28),
    "halved in 5 days, 200 k a day": (replace(DECAY, half_life=5.0, daily=200_000), 28),
}


def row(name, world, days, policy, seeds):
    """One line of the table."""
    begun = time.monotonic()
    every_h = WEEK_H if world.first == world.last else DAY_H
    seen = [watch(world, policy, seed, every_h=every_h) for seed in seeds]
    back = np.array([one.returned for one in seen])
    ended = np.array([one.ended for one in seen])
    found = back[np.isfinite(back)]
    median = f"{np.median(found):.1f}" if len(found) else ""
    over = f"{np.median(ended[np.isfinite(ended)]):.1f}" if np.isfinite(ended).any() else ""
    return (
        f"| {name} | {len(seen)} | {(back <= days).mean():.1%} within {days} days | "
        f"{np.isfinite(back).mean():.1%} | {median} | {over} | "
        f"{np.mean([one.lost for one in seen]):,.0f} | {time.monotonic() - begun:.0f} s |"
    )


def say(line):
    """A line at once: a table takes its time."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    releases = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    policy = Policy()
    say(
        "| cell | releases | returned | returned ever | median day of return | median day of the end | "
        "exposures of the hold-back | took |\n|---|---|---|---|---|---|---|---|"
    )
    wanted = tuple(sys.argv[3:]) or ("",)
    for name, (world, days) in CELLS.items():
        if not name.startswith(wanted):
            continue
        say(row(name, world, days, policy, range(first, first + releases)))


if __name__ == "__main__":
    main()
