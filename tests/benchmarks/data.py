"""Rows per second of the log writer, the bulk writer, features, rollup and snapshot.

Run ``python tests/benchmarks/data.py [requests]`` (10 items each, four weeks; default 60,000). The
median and the slowest of three runs are printed: other work on the machine shows as a wide gap.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa

sys.path += [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from log_kit import FEATURES, LINE, T0, WEEK, catalogue
from rich.console import Console
from rich.table import Table
from slipway.data import catalog, features, log, rollup, snapshot
from slipway.data.frozen_tables import Snapshot
from slipway.data.parts import micros
from slipway.data.schema import OUTCOMES, TIME, exposure_schema
from slipway.settings import EventClock

ITEMS = 10
RUNS = 3


def times(us):
    return pa.array(us).cast(TIME)


def history(requests: int) -> tuple[pa.Table, pa.Table]:
    """Four weeks of invented exposures and clicks, seeded."""
    rng = np.random.default_rng(7)
    rows = requests * ITEMS
    of = np.repeat(np.arange(requests), ITEMS)
    asked = micros(T0) + np.sort(rng.integers(0, int(4 * WEEK.total_seconds() * 1e6), requests))
    arm = np.array(["champion", "candidate", "rules"])[rng.integers(0, 3, requests)]
    first_item = rng.integers(0, 500 - ITEMS, requests)  # a list holds an item once
    values = {name: pa.array(rng.random(rows)) for name in FEATURES}
    values |= {
        "request_id": pa.array([f"{k:032x}" for k in range(requests)]).take(pa.array(of)),
        "user": pa.array([f"u{k}" for k in rng.integers(0, 20_000, requests)]).take(pa.array(of)),
        "requested_at": times(asked[of]), "arrived_at": times(asked[of] + 900),
        "arm": pa.array(arm[of]), "epoch": pa.array(np.ones(rows, np.int32)),
        "version": pa.array(np.full(rows, "1")), "stage": pa.array(np.full(rows, "canary_50")),
        "item": pa.array([f"film-{k}" for k in first_item.repeat(ITEMS) + np.tile(np.arange(ITEMS), requests)]),
        "position": pa.array(np.tile(np.arange(1, ITEMS + 1), requests).astype(np.int16)),
        "propensity": pa.array(np.ones(rows)), "score": pa.array(rng.random(rows)),
        "latency_ms": pa.array(rng.lognormal(0, 1, requests)[of]),
        "fallback": pa.array(np.zeros(rows, bool)), "features_as_of": times(asked[of] - 1),
        "genre": pa.array(rng.integers(0, 14, rows).astype(float)),
        "age_band": pa.array(rng.integers(0, 3, requests).astype(float)[of]),
    }  # fmt: skip
    schema = exposure_schema(LINE)
    shown = pa.table({f.name: values.get(f.name, pa.nulls(rows, f.type)) for f in schema})
    hit = np.flatnonzero(rng.random(rows) < 0.2)
    late = times(asked[of][hit] + rng.integers(1_000, int(4e9), len(hit)))
    picked = shown.select(["request_id", "item"]).take(pa.array(hit))
    clicks = {"kind": pa.array(["click"] * len(hit)), "value": pa.array(np.ones(len(hit)))}
    for name, column in {**clicks, "happened_at": late, "arrived_at": late}.items():
        picked = picked.append_column(name, column)
    return shown.cast(schema), picked.append_column(
        "delivery_id", pa.nulls(len(hit), pa.string())
    ).cast(OUTCOMES)


def append(home: Path, requests: int) -> Callable[[], None]:
    """Append requests one by one, as the router does."""
    writer = log.LogWriter(home, LINE, "bench", EventClock())
    matrix = np.random.default_rng(1).random((ITEMS, len(FEATURES)))
    record = {
        "user": "u", "requested_at": T0, "arm": "champion", "version": "1", "stage": "",
        "epoch": 1, "latency_ms": 0.4, "fallback": False, "features_as_of": T0,
        "items": [f"film-{k}" for k in range(ITEMS)], "positions": list(range(1, ITEMS + 1)),
        "propensities": [1.0] * ITEMS, "scores": matrix[:, 0], "features": matrix,
    }  # fmt: skip

    def run() -> None:
        for k in range(requests):
            writer.append_exposure({**record, "request_id": f"{k:032x}"})

    run.writer = writer  # type: ignore[attr-defined]
    return run


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def once(
    home: Path, requests: int, past: tuple[pa.Table, pa.Table]
) -> dict[str, tuple[int, float]]:
    """``{name: (rows, seconds)}`` of one run in a fresh home."""
    catalog.write(home, LINE, catalogue())
    rows, end = requests * ITEMS, T0 + 4 * WEEK
    few = min(requests, 20_000)
    appending = append(home / "live", few)
    found = {"append, one write(2) a request": (few * ITEMS, seconds(appending))}
    found["rotate to Parquet"] = (few * ITEMS, seconds(appending.writer.rotate))
    found["write_parts"] = (rows, seconds(lambda: log.write_parts(home, LINE, *past, "history")))
    found["features.compute"] = (rows, seconds(lambda: features.compute(home, LINE, end)))
    now = end + timedelta(hours=2)
    found["rollup.update"] = (rows, seconds(lambda: rollup.update(home, LINE, now=now)))
    found["rollup.read"] = (rows, seconds(lambda: rollup.read(home, LINE, T0)))
    week = {"now": end, "recipe": LINE.recipe}
    tables: list[Snapshot] = []
    spent = seconds(lambda: tables.append(snapshot.freeze(home, LINE, end - WEEK, end, **week)))
    found["snapshot.freeze (3 weeks, sampled)"] = (sum(tables[0].available.values()), spent)
    return found


def main() -> None:
    """Print the table."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    past = history(requests)
    runs = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(once(Path(folder), requests, past))
    table = Table("work", "rows", "median s", "slowest s", "rows/s (median)")
    for name, (rows, _) in runs[0].items():
        spent = [run[name][1] for run in runs]
        speed = f"{rows / median(spent):,.0f}"
        table.add_row(name, f"{rows:,}", f"{median(spent):.2f}", f"{max(spent):.2f}", speed)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
