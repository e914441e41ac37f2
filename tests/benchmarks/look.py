"""What one look at a release costs, and whether that grows with the release's age.

python tests/benchmarks/look.py [users] [weeks]

One line with 5-minute blocks, 4 arms, 50 segments and 12 metrics (clicks beside the control and the
rules, errors, latency p95 and p99, unbelievable gains, creeping losses, sample ratio, 4 declared
means). The rollup of a year of hours lies there before the release begins, each new hour's is written
before its look. A look reads the hour that is new, adds it to the evidence, and asks every gate of
the last canary stage. Times are CPU milliseconds on one core, medians over a day's looks. The other
way, all blocks of the release again at each look, is timed beside it in the same run. Goal: at most
50 ms on the last day, and no more than 1.25 x the third day's, when every stage but one has begun.
"""

import os
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.progress import track
from rich.table import Table
from slipway.data import rollup
from slipway.data.schema import (
    ARRIVED_BLOCKS,
    ARRIVED_USERS,
    HISTOGRAM,
    ROLLUP_BLOCKS,
    amount_column,
    rollup_users,
)
from slipway.domain.mean import Mean, PerList
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.examples.films.line import LINE as FEED
from slipway.gates import gates_for, judge
from slipway.gates.testing.degraded import cut
from slipway.steps import look, rollup_arrays

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 2, tzinfo=UTC)
SEGMENTS, BLOCKS = 50, 12
GOAL_MS, GOAL_GROWTH, EARLY_DAY = 50.0, 1.25, 3
LATENCY = np.exp(-(((np.arange(64) - 20) / 5) ** 2) / 2)
LATENCY /= LATENCY.sum()
HEADS = ("day", "enter the hour", "all gates", "a look", "all blocks again")
ARMS = ("champion", "candidate", "rules", "explore")
POLICY = replace(
    FEED.policy, means=tuple(Mean(f"mean_{k}", "genre", PerList.MEAN) for k in range(4))
)
LINE = replace(FEED, policy=POLICY, outcomes=(replace(FEED.outcomes[0], window=HOUR),))
STEPS = tuple(
    Transition(
        LINE.name, place, START + place * DAY, "bench", None, stage,
        POLICY.rule(stage).share if stage.is_live else 0.0, "because",
        Candidate("2", "f", "a", Origin.MANUAL, START, stage, START + place * DAY,
                  START + DAY if stage.is_live else None),
        "1",
    )
    for place, stage in enumerate((Stage.SHADOW, *CANARY_STAGES))
)  # fmt: skip


def step_at(at: datetime) -> Transition:
    """The step in force at a time."""
    return [step for step in STEPS if step.at <= at][-1]


def write_hour(home: Path, rng: np.random.Generator, at: datetime, users: int) -> None:
    """The rollup of one hour, as :mod:`slipway.data.rollup` writes it."""
    step = step_at(at)
    share = step.share * 0.93
    of_arm = np.array([0.93 - share, share, 0.05, 0.02])
    arms = np.flatnonzero(of_arm > 0)
    names = ["all", *(f"age_band={k}" for k in range(SEGMENTS))]
    place, block, arm = (
        part.reshape(-1)
        for part in np.meshgrid(np.arange(len(names)), np.arange(BLOCKS), arms, indexing="ij")
    )
    each = np.where(place == 0, 1.0, 1 / SEGMENTS) * of_arm[arm] * users * 20 / 24 / BLOCKS
    trials = rng.poisson(each)
    first = place == 0
    requests = np.where(first, trials // 10, 0)
    histograms = rng.multinomial(requests[first], LATENCY)
    owner = pa.array(np.cumsum(first) - 1, mask=~first)
    grid = pa.array(list(histograms), HISTOGRAM).take(owner)
    columns = {
        "block_start": [at + int(k) * timedelta(minutes=5) for k in block],
        "epoch": np.full(len(place), step.epoch),
        "stage": [step.to_stage.value] * len(place),
        "arm": [ARMS[k] for k in arm],
        "version": ["2" if k == 1 else "1" for k in arm],
        "segment": [names[k] for k in place],
        "trials": trials,
        "successes": rng.binomial(trials, 0.05),
        "requests": requests,
        "fallbacks": np.zeros_like(requests),
        "latency_hist": grid,
        "shadow_requests": np.zeros_like(requests),
        "shadow_errors": np.zeros_like(requests),
        "shadow_latency_hist": grid,
    }
    blocks = pa.table(
        {
            f.name: pa.array(columns[f.name], f.type)
            if f.name not in ("latency_hist", "shadow_latency_hist")
            else columns[f.name]
            for f in ROLLUP_BLOCKS
        }
    )
    came = rng.choice(users, users // 12, replace=False)
    assigned = np.searchsorted(np.cumsum(of_arm), (came * 0.618034) % 1)
    lists = rng.integers(1, 4, len(came))
    schema = rollup_users(LINE)
    rows = {
        "hour": [at] * len(came),
        "arm": [ARMS[min(k, 3)] for k in assigned],
        "version": ["1"] * len(came),
        "epoch": np.full(len(came), step.epoch),
        "user": [f"user-{k:07d}" for k in came],
        "trials": lists * 10,
        "successes": rng.binomial(lists * 10, 0.05),
        "lists": lists,
        **{
            amount_column(m.name): (lists * (4e6 + came % 7 * 1e5)).astype(np.int64)
            for m in POLICY.means
        },
    }
    came = filled(rows, schema)
    commit(home, at, {"blocks": blocks.select(ROLLUP_BLOCKS.names), "users": came})


def filled(columns: dict[str, object], schema: pa.Schema) -> pa.Table:
    """A table of ``schema``; nobody has a column's count that is not given."""
    none = np.zeros(len(columns["hour"]), np.int64)
    return pa.table({f.name: pa.array(columns.get(f.name, none), f.type) for f in schema})


def commit(home: Path, at: datetime, tables: dict[str, pa.Table]) -> None:
    """The hour as both watermarks have it."""
    chain = rollup.matured(home, LINE)
    chain.commit(chain.part(at, at + HOUR), tables)
    users = tables["users"].to_pydict()
    blocks = tables["blocks"].filter(pc.equal(tables["blocks"]["segment"], "all"))
    came = {
        "blocks": blocks.select(ARRIVED_BLOCKS.names),
        "users": filled(users | {"requests": users["lists"]}, ARRIVED_USERS),
    }
    chain = rollup.arrived(home, LINE)
    chain.commit(chain.part(at, at + HOUR), came)


def write_past(home: Path) -> None:
    """A year of hours before the release in which nobody came."""
    empty = {"blocks": ROLLUP_BLOCKS.empty_table(), "users": rollup_users(LINE).empty_table()}
    for hour in track(range(365 * 24, 0, -1), description="a year of older parts"):
        commit(home, START - hour * HOUR, empty)


def one_look(at: datetime) -> tuple[float, float]:
    """CPU milliseconds of entering what is new, and of all gates."""
    step = step_at(at)
    own = [t for t in STEPS if t.epoch <= step.epoch]
    began = time.process_time()
    live = look.measure(LINE, step.candidate, own, has_champion=True, now=at)
    entered = time.process_time()
    for gate in gates_for(Stage.CANARY_50, has_champion=True, policy=POLICY):
        judge(gate, live, POLICY)
    return 1000 * (entered - began), 1000 * (time.process_time() - entered)


def all_again(home: Path, at: datetime) -> float:
    """CPU milliseconds of a look that reads every block of the release and judges it."""
    began = time.process_time()
    seen = rollup.read(home, LINE, since=START, until=at)
    live = seen.blocks[seen.blocks["stage"].isin(rollup_arrays.LIVE)]
    blank = look.measure(LINE, STEPS[-1].candidate, STEPS, has_champion=True, now=at)
    nothing = cut(blank, 0)[0]
    found = replace(
        nothing,
        past=type(blank.past)(),
        traffic=rollup_arrays.traffic(live, rollup_arrays.PAIR),
        **rollup_arrays.clicks(live, rollup_arrays.ARM_PLACES),
        **rollup_arrays.users_of(seen.users, rollup_arrays.Arm.CHAMPION),
    )
    for gate in gates_for(Stage.CANARY_50, has_champion=True, policy=POLICY):
        judge(gate, found, POLICY)
    return 1000 * (time.process_time() - began)


def main() -> int:
    """Look every hour; print medians by the age of the release; the exit code: were the goals met."""
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    weeks = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    rng, console = np.random.default_rng(1), Console()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SLIPWAY_HOME"] = folder
        home, took, again = Path(folder), {}, {}
        write_past(home)
        for hour in track(range(24 * 7 * weeks), description="hours"):
            at = START + hour * HOUR
            write_hour(home, rng, at, users)
            if step_at(at).to_stage.is_live:
                took.setdefault(hour // 24, []).append(one_look(at + 3 * HOUR))
            if hour in (24 * 7 - 1, 24 * 7 * weeks - 1):
                again[hour // 24] = all_again(home, at + 3 * HOUR)
    table = Table(*HEADS, title=f"CPU ms, {users} users")
    for day, looks in took.items():
        enter, judged = np.median(looks, axis=0)
        whole = f"{again[day]:.0f}" if day in again else ""
        table.add_row(str(day), f"{enter:.1f}", f"{judged:.1f}", f"{total(looks):.1f}", whole)
    console.print(table)
    last, early = total(took[max(took)]), total(took[EARLY_DAY])
    console.print(
        f"a look on the last day: {last:.1f} ms (goal {GOAL_MS:g}), "
        f"{last / early:.2f} x the one on day {EARLY_DAY} (goal {GOAL_GROWTH:g})"
    )
    return int(last > GOAL_MS or last > GOAL_GROWTH * early)


def total(looks: list[tuple[float, float]]) -> float:
    """The median time of whole looks."""
    return float(np.median(np.sum(looks, axis=1)))


if __name__ == "__main__":
    sys.exit(main())
