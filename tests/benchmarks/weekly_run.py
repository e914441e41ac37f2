"""A weekly run in Airflow beside the sum of its own work, on one machine in one go.

``python tests/benchmarks/weekly_run.py [--weeks 3] [--max-iter 120]``

The embedded stack is started with a simulated past. ``retrain_feed`` is backfilled week by week, one
run at a time, and its wall time is taken from Airflow. Then the same steps on the same weeks are done
in one plain process that has everything imported, with the stack still idling beside it. The
difference is what Airflow, its processes and its database add to the work: a fixed price for each
task, so the share depends on how long a line trains (``--max-iter`` boosting rounds).
"""

import argparse
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from slipway import lines
from slipway.demo import opening, past
from slipway.demo.setting import Setting
from slipway.domain.release import Origin
from slipway.settings import settings
from slipway.stack import stack
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Options
from slipway.steps.evaluate import rules_folder

MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def in_airflow(api: AirflowApi, start: datetime, recipe: dict) -> float:
    """Wall seconds of one backfilled run, from its first task's start to its end."""
    number = api.backfill("retrain_feed", start, start, conf={"recipe": recipe})
    while not api.backfill_done(number):
        time.sleep(0.5)
    runs = [r for r in api.runs("retrain_feed") if r["run_type"] == "backfill"]
    run = max(runs, key=lambda r: r["start_date"] or "")
    assert run["state"] == "success", run
    begin, end = (datetime.fromisoformat(run[f"{word}_date"]) for word in ("start", "end"))
    return (end - begin).total_seconds()


def by_hand(start: datetime, recipe: dict) -> dict[str, float]:
    """Wall seconds of each step of the same week, done here."""
    from slipway.steps import context, evaluate, register, snapshot, train, validate

    seconds = {}

    def timed(name, act):
        begun = time.perf_counter()
        value = act()
        seconds[name] = time.perf_counter() - begun
        return value

    times = (start.isoformat(), (start + WEEK).isoformat())
    key = f"bench-{start:%Y%m%d}"
    run = timed("snapshot", lambda: snapshot.snapshot("feed", *times, recipe, key))
    run = timed("validate", lambda: validate.validate(run))
    run = timed("train", lambda: train.train(run))
    run = timed("evaluate", lambda: evaluate.evaluate(run))
    gates = evaluate.offline_gates(run)
    verdicts = timed("judge", lambda: [evaluate.judge(run, gate) for gate in gates])
    timed("register", lambda: register.register(run, verdicts, Origin.BACKFILL, "bench"))
    context.ledger()
    return seconds


def main() -> None:
    """Run and print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=3)
    parser.add_argument("--max-iter", type=int, default=120)
    given = parser.parse_args()
    weeks, recipe = given.weeks, {"max_iter": given.max_iter}
    console = Console()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        line = lines.load("feed")
        before = opening.Opening(
            Setting((MONDAY - (weeks + 3) * WEEK).isoformat()), MONDAY, MONDAY, weeks=weeks + 3
        )
        past.write_past(home, line, before)
        installation = stack.begin(home, Options(release_every_s=3600.0))
        try:
            stack.finish(installation)
            opening.enter(installation)
            opening.register_rules(line, rules_folder(line.name))
            starts = [MONDAY - (number + 1) * WEEK for number in range(weeks + 1)]
            account = ("admin", installation.secrets.airflow["admin"])
            with AirflowApi(installation.airflow_url, *account) as api:
                api.call("PATCH", "dags/release_feed?update_mask=is_paused", {"is_paused": True})
                in_airflow(
                    api, starts[0], recipe
                )  # the first run also warms what Airflow makes lazily
                runs = [in_airflow(api, start, recipe) for start in starts[1:]]
            by_hand(starts[0], recipe)  # imports
            works = [by_hand(start, recipe) for start in starts[1:]]
        finally:
            stack.down(home)
            settings.cache_clear()
    _show(console, runs, works)


def _show(console: Console, runs: list[float], works: list[dict[str, float]]) -> None:
    table = Table(title="one weekly run, wall seconds, median")
    table.add_column("what")
    table.add_column("s", justify="right")
    for name in works[0]:
        table.add_row(name, f"{statistics.median(work[name] for work in works):.2f}")
    own = statistics.median(sum(work.values()) for work in works)
    run = statistics.median(runs)
    table.add_row("sum of its own work", f"{own:.2f}")
    table.add_row("the run in Airflow", f"{run:.2f}")
    table.add_row("Airflow adds", f"{(run / own - 1):.0%}")
    console.print(table)


if __name__ == "__main__":
    main()
