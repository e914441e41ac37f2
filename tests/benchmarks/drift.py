"""Drift: how long a million rows of 20 columns take beside other tools, how often it errs, what it finds.

    python -m tests.benchmarks.drift speed             # Slipway alone
    python -m tests.benchmarks.drift speed --peers DIR # DIR holds evidently/ and nannyml/, a venv each
    python -m tests.benchmarks.drift quiet 100         # years in which nothing happens
    python -m tests.benchmarks.drift found 40          # planted changes, each in week 26

A venv is made by ``python -m venv DIR/evidently && DIR/evidently/bin/pip install evidently==0.7.23``, and
``nannyml==0.13.1 statsmodels`` likewise. CPU seconds are those of the process, reading the Parquet included.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.sketch import Asked, CountedAs, sketches

from tests.drift_kit import PLANTED, World, all_distances, judged

ROWS, DAYS = 1_000_000, 14
DAY_US = 86_400_000_000
START = datetime(2026, 1, 5, tzinfo=UTC)
PEERS = {
    "evidently": """
import sys, time, resource
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
table = pd.read_parquet(sys.argv[1])
half = len(table) // 2
table = table.drop(columns="at")
Report([DataDriftPreset()]).run(table.iloc[half:], table.iloc[:half]).dict()
print(time.process_time())
""",
    "nannyml": """
import os, sys, time
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
import pandas as pd, nannyml as nml
table = pd.read_parquet(sys.argv[1])
half = len(table) // 2
names = [c for c in table.columns if c != "at"]
found = nml.UnivariateDriftCalculator(
    column_names=names, timestamp_column_name="at", chunk_number=1,
    continuous_methods=["kolmogorov_smirnov"], categorical_methods=["jensen_shannon"],
)
found.fit(table.iloc[:half]); found.calculate(table.iloc[half:]).to_df()
print(time.process_time())
""",
}


def tell(**said: object) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def two_weeks(path: Path) -> None:
    """14 days of rows: 14 numbers, six categories of which one has 20,000 values."""
    rng = np.random.default_rng(1)
    columns: dict[str, pa.Array] = {}
    at = int(START.timestamp() * 1e6) + np.sort(rng.integers(0, DAYS * DAY_US, ROWS))
    columns["at"] = pa.array(at, pa.timestamp("us"))
    for k in range(14):
        columns[f"n{k}"] = pa.array(
            rng.lognormal(0, 0.5, ROWS) if k in (4, 9) else rng.normal(k, 1, ROWS)
        )
    for k, size in enumerate((2, 5, 20, 100, 1000, 20_000)):
        words = np.array([f"value {i}" for i in range(size)])
        columns[f"c{k}"] = pa.array(words[np.minimum(rng.zipf(1.3, ROWS) - 1, size - 1)])
    pq.write_table(pa.table(columns), path, use_dictionary=[n for n in columns if n[0] == "c"])


def slipway_reads(path: Path) -> int:
    """Sketch both weeks and compare the second with the first; returns how many distances there are."""
    words = [f"c{k}" for k in range(6)]
    table = pq.read_table(path, read_dictionary=words)
    day = (table["at"].cast(pa.int64()).to_numpy() - int(START.timestamp() * 1e6)) // DAY_US
    names = [name for name in table.column_names if name != "at"]
    asked = [Asked(n, CountedAs.VALUE if n in words else CountedAs.NUMBER) for n in names]
    slots: list[dict] = [{} for _ in range(DAYS)]
    policy = WatchPolicy(reference=1)
    for place, sketch in sketches(table, asked, day, DAYS, most=policy.table):
        slots[place][sketch.asked.name, "all"] = sketch
    return len(all_distances(slots, policy)[1])


def cpu_of(act: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of this process and its children, and what ``act`` returned."""
    before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    found = act()
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - before, found


def speed(peers: Path | None) -> None:
    """One table, each tool in turn."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "weeks.parquet"
        two_weeks(path)
        best = min(cpu_of(lambda: slipway_reads(path)) for _ in range(3))
        tell(tool="slipway", rows=ROWS, cpu_s=round(best[0], 2), distances=best[1])
        for name, program in PEERS.items():
            python = (peers or Path("none")) / name / "bin" / "python"
            if not python.exists():
                tell(tool=name, skipped="no venv of it: see the head of this file")
                continue
            ran = subprocess.run(
                [python, "-c", program, path], capture_output=True, text=True, check=False
            )
            said = ran.stdout.split()[-1:] or [ran.stderr[-300:]]
            tell(tool=name, cpu_s=said[0], of_slipway=_ratio(said[0], best[0]))


def _ratio(said: str, own: float) -> float | None:
    try:
        return round(float(said) / own, 1)
    except ValueError:
        return None


def quiet(years: int, seed: int) -> None:
    """Stationary years of 20 columns with seasons and holidays: how many hold any alarm."""
    began, found = time.process_time(), 0
    for year in range(years):
        alarms = judged(World(), seed + year).alarms
        found += bool(alarms.any())
        if (year + 1) % 10 == 0 or year + 1 == years:
            cpu_s = round(time.process_time() - began)
            tell(years=year + 1, with_any_alarm=found, cpu_s=cpu_s)


def found(runs: int, seed: int) -> None:
    """Planted changes from week 26 on: how many are named in that week."""
    for planted, column in PLANTED.items():
        hits = 0
        for run in range(runs):
            year = judged(World(weeks=27), seed + run, planted, at=26)
            hits += bool(year.alarms[year.places.index((column, "all")), 26])
        tell(planted=planted, runs=runs, named_in_its_week=hits)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "quiet", "found"])
    parser.add_argument("count", nargs="?", type=int, default=20)
    parser.add_argument("--seed", type=int, default=10_000)
    parser.add_argument("--peers", type=Path)
    asked = parser.parse_args()
    if asked.what == "speed":
        speed(asked.peers)
    elif asked.what == "quiet":
        quiet(asked.count, asked.seed)
    else:
        found(asked.count, asked.seed)


if __name__ == "__main__":
    main()
