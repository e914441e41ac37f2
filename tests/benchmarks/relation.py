"""The relation to the outcome: how often a quiet year holds a note, and which changes are found in two weeks.

python -m tests.benchmarks.relation quiet 100    # seasons, promotions and inputs that move for good
python -m tests.benchmarks.relation found 100    # changes in week 26, at 7,000 and 20,000 rows a week
"""

import argparse
import json
import sys

from tests.relation_kit import CHANGED, World, judged

QUIET = {
    "seasons": (World(), {}),
    "a promotion in week 30": (World(promoted=30), {}),
    "all inputs move by .5 sd in week 26": (World(), {"at": 26, "shifted": 0.5}),
}


def tell(**said: object) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def quiet(years: int, seed: int) -> None:
    """Years in which the relation stays: how many hold any note."""
    for name, (world, planted) in QUIET.items():
        notes = sum(
            bool(judged(world, seed + year, **planted).alarms.any()) for year in range(years)
        )
        tell(world=name, years=years, with_any_note=notes)


def found(runs: int, seed: int) -> None:
    """Changes in week 26: how many are named in that week or the next."""
    for rows in (7000, 20_000):
        for changed in CHANGED:
            weeks = [
                judged(World(weeks=28, rows=rows), seed + run, changed=changed, at=26).alarms
                for run in range(runs)
            ]
            tell(
                changed=changed,
                rows_a_week=rows,
                runs=runs,
                in_its_week=sum(bool(w[:, 26].any()) for w in weeks),
                within_two=sum(bool(w[:, 26:28].any()) for w in weeks),
                before=sum(bool(w[:, :26].any()) for w in weeks),
            )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["quiet", "found"])
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20_000)
    asked = parser.parse_args()
    (quiet if asked.what == "quiet" else found)(asked.count, asked.seed)


if __name__ == "__main__":
    main()
