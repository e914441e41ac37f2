"""Real weeks of the line ``feed``: floor, gain, churn and mix of every week's retraining.

``python tests/benchmarks/films.py <folder of movietweetings> [--weeks 5] [--blend .5]``

The folder's films, users and visits become a past that the rules ranked. Each week is frozen, trained
and judged as the weekly run does it, and its model is promoted. Without a folder it says so and ends.
"""

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table
from slipway.artifact.folder import recipe_of, write_rules
from slipway.artifact.load import load_ranker
from slipway.data import snapshot
from slipway.demo import film_story, history, setting
from slipway.domain.stage import Stage
from slipway.evaluation.evaluate import evaluate
from slipway.examples.films.line import LINE
from slipway.gates import gain, gates_for, judge
from slipway.training.train import train

WEEK = timedelta(weeks=1)


def past(home, folder, weeks, requests, console):
    """Write the log of ``weeks`` whole weeks and those that the first one trains on."""
    start = film_story.REAL_MONDAY - (LINE.schedule.train + 2 * WEEK)
    end = film_story.REAL_MONDAY + weeks * WEEK
    world = setting.Setting(start.isoformat(), kind=setting.REAL, data=str(folder)).world(10)
    told = history.InventedPast(home, LINE, world, requests, "rules-1")
    days = (end - start).days
    for _ in track(history.generate(told, start, end), "past days", total=days, console=console):
        pass


def main():
    """Print a row a week."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--weeks", type=int, default=5)
    parser.add_argument("--requests", type=int, default=14_000, help="lists a week")
    parser.add_argument("--blend", type=float, default=0.0)
    given, console = parser.parse_args(), Console(width=130)
    if given.folder is None:
        console.print("no folder of real ratings given: nothing to measure")
        return
    recipe = LINE.recipe_with({"blend": given.blend})
    table = Table("week to", "gain", "floor", "churn", "chance", "genre mix", "chance", "RBO",
                  "paid", "plain churn", "verdicts", title="feed on real films, week by week")  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        past(home, given.folder, given.weeks, given.requests, console)
        champion = None
        for number in track(range(given.weeks + 1), "weeks", console=console):
            end = film_story.REAL_MONDAY + number * WEEK
            table_of = snapshot.freeze(home, LINE, end - WEEK, end, now=end, recipe=recipe)
            out = home / f"week{number}"
            found = train(table_of, LINE, recipe, out, champion)
            if champion is not None:
                rules = load_ranker(write_rules(home / "rules", LINE, found.examination), LINE)
                measured = evaluate(
                    table_of,
                    LINE,
                    recipe,
                    load_ranker(found.folder, LINE),
                    load_ranker(champion, LINE),
                    rules,
                    reference=recipe_of(champion, LINE)[0],
                    plain=load_ranker(found.plain, LINE) if found.plain else None,
                )
                table.add_row(f"{end:%Y-%m-%d}", *row(measured))
            champion = found.folder
    console.print(table)


def row(m):
    """The cells of one week."""
    verdicts = [judge(name, m, LINE.policy) for name in gates_for(Stage.OFFERED, has_champion=True)]
    held = [f"{v.gate} {v.conclusion.name}" for v in verdicts if v.conclusion]
    return (
        f"{-m.log_loss_diff_champion.mean:+.2%}",
        f"{gain.floor(m, LINE.policy.quality_alpha):.2%}",
        f"{m.churn:.1%}",
        f"{m.chance['churn'].total:.1%}",
        f"{m.category_mix_distance:.1%}",
        f"{m.category_mix_floor:.1%}",
        f"{1 - m.moved['rank_biased']:.2f}",
        f"{m.worth.log_loss:+.2%}" if m.worth else "",
        f"{m.worth.plain_churn:.1%}" if m.worth else "",
        "; ".join(held) or "all PASS",
    )


if __name__ == "__main__":
    sys.exit(main())
