"""Rows of the log: write, seal, count, sum, look and freeze them; time, memory and bytes a row.

Run ``python tests/benchmarks/data.py [--beside CHECKOUT] [rows ...]`` (10 items a request, four
weeks, a user for every third request but 20,000 at least; default 1000000). Every step is a process of
its own, so that its peak of memory is its own. CPU seconds are those of all its threads: other work on the
machine changes them least. With ``--beside`` another check-out does each step as well, in turn, and the ratio
is printed. The files are removed at the end: 10^8 rows need some 10 GB meanwhile.
"""

import argparse
import json
import os
import resource
import subprocess
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
from slipway.data import catalog, features, log, rollup, schema, snapshot
from slipway.data.schema import OUTCOMES, TIME
from slipway.data.times import micros
from slipway.settings import EventClock

ITEMS, DAYS, DAY_US = 10, 28, 86_400_000_000
FILMS = pa.array([f"film-{k}" for k in range(500)])
END = T0 + DAYS * timedelta(days=1)
# a check-out beside this one may be older than the columns that not every part has
SHOWN = getattr(schema, "log_schema", schema.exposure_schema)(LINE)
HEADS = ("step", "rows", "CPU s", "rows a CPU s", "wall s", "peak MB", "note")


def times(us):
    return pa.array(us).cast(TIME)


def history(requests: int, users: int, day: int) -> tuple[pa.Table, pa.Table]:
    """A day of invented exposures and clicks, seeded."""
    rng = np.random.default_rng((7, day))
    rows = requests * ITEMS
    of = np.repeat(np.arange(requests), ITEMS)
    start = micros(T0) + day * DAY_US
    asked = np.sort(rng.integers(start, start + DAY_US, requests))
    arm = np.array(["champion", "candidate", "rules"])[rng.integers(0, 3, requests)]
    first_item = rng.integers(0, len(FILMS) - ITEMS, requests)  # a list holds an item once
    ids = pa.array([f"{k:032x}" for k in range(day * requests, (day + 1) * requests)])
    values = {name: pa.array(rng.random(rows)) for name in FEATURES}
    values |= {
        "request_id": ids.take(pa.array(of)),
        "user": pa.array([f"u{k}" for k in rng.integers(0, users, requests)]).take(pa.array(of)),
        "requested_at": times(asked[of]),
        "arrived_at": times(asked[of] + 900),
        "arm": pa.array(arm[of]),
        "epoch": pa.array(np.ones(rows, np.int32)),
        "version": pa.array(np.full(rows, "1")),
        "stage": pa.array(np.full(rows, "canary_50")),
        "item": FILMS.take(pa.array(first_item[of] + np.tile(np.arange(ITEMS), requests))),
        "position": pa.array(np.tile(np.arange(1, ITEMS + 1), requests).astype(np.int16)),
        "propensity": pa.array(np.ones(rows)),
        "score": pa.array(rng.random(rows)),
        "latency_ms": pa.array(rng.lognormal(0, 1, requests)[of]),
        "fallback": pa.array(np.zeros(rows, bool)),
        "features_as_of": times(asked[of] - 1),
        "genre": pa.array(rng.integers(0, 14, rows).astype(float)),
        "age_band": pa.array(rng.integers(0, 3, requests).astype(float)[of]),
    }
    shown = pa.table({f.name: values.get(f.name, pa.nulls(rows, f.type)) for f in SHOWN})
    hit = np.flatnonzero(rng.random(rows) < 0.2)
    late = times(asked[of][hit] + rng.integers(1_000, int(4e9), len(hit)))
    clicks = {
        "request_id": shown["request_id"].take(pa.array(hit)),
        "item": shown["item"].take(pa.array(hit)),
        "kind": pa.array(["click"] * len(hit)),
        "value": pa.array(np.ones(len(hit))),
        "happened_at": late,
        "arrived_at": late,
    }
    came = {f.name: clicks.get(f.name, pa.nulls(len(hit), f.type)) for f in OUTCOMES}
    return shown.cast(SHOWN), pa.table(came).cast(OUTCOMES)


def append(home: Path, requests: int) -> Callable[[], log.LogWriter]:
    """Append requests one by one, as the router does."""
    writer = log.LogWriter(home / "live", LINE, "bench", EventClock())
    matrix = np.random.default_rng(1).random((ITEMS, len(FEATURES)))
    record = {
        "user": "u", "requested_at": T0, "arm": "champion", "version": "1", "stage": "",
        "epoch": 1, "latency_ms": 0.4, "fallback": False, "features_as_of": T0,
        "items": [f"film-{k}" for k in range(ITEMS)], "positions": list(range(1, ITEMS + 1)),
        "propensities": [1.0] * ITEMS, "scores": matrix[:, 0], "features": matrix,
    }  # fmt: skip

    def run() -> log.LogWriter:
        for k in range(requests):
            writer.append_exposure({**record, "request_id": f"{k:032x}"})
        return writer

    return run


def spent(work: Callable[[], object], rows: int, note: str = "") -> dict[str, object]:
    """What one piece of work cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cost = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return {"rows": rows, **cost, "mb": peak, "note": note}


def size(folder: Path) -> int:
    """Bytes of the files in it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write(home: Path, rows: int) -> dict[str, object]:
    """Write the whole log, a day at a time; what inventing it costs is not counted."""
    catalog.write(home, LINE, catalogue())
    requests = max(rows // ITEMS // DAYS, 1)
    users = max(20_000, rows // ITEMS // 3)
    found = {"cpu": 0.0, "wall": 0.0}
    for day in range(DAYS):
        past = history(requests, users, day)
        one = spent(lambda past=past, day=day: log.write_parts(home, LINE, *past, f"d{day}"), 0)
        found = {name: found[name] + one[name] for name in found}
    written = requests * DAYS * ITEMS
    note = f"{size(home / 'log') / written:.0f} bytes a row, clicks included"
    return {**one, **found, "rows": written, "note": note}


def look(home: Path) -> None:
    """Read what a look at a release reads: the last hours, with and without outcomes."""
    rollup.read(home, LINE, END - timedelta(hours=3))
    rollup.read_requests(home, LINE, END - timedelta(hours=3))


def looks(home: Path, _: int) -> dict[str, object]:
    """The median look of nine; its rows are looks."""
    every = [spent(lambda: look(home), 1) for _ in range(9)]
    middle = {name: median(one[name] for one in every) for name in ("cpu", "wall")}
    return {**every[-1], **middle, "note": f"a look: {middle['cpu'] * 1e3:.1f} CPU ms"}


def hour(home: Path, rows: int) -> dict[str, object]:
    """Roll up one hour more, as it is done every hour."""
    return spent(
        lambda: rollup.update(home, LINE, now=END + timedelta(hours=2)),
        rows // DAYS // 24,
        "one hour",
    )


STEPS: dict[str, Callable[[Path, int], dict[str, object]]] = {
    "append": lambda home, rows: spent(
        append(home, min(rows // ITEMS, 20_000)), min(rows, 200_000)
    ),
    "append and seal": lambda home, rows: spent(
        lambda: append(home, min(rows // ITEMS, 20_000))().rotate(), min(rows, 200_000)
    ),
    "write_parts": write,
    "features": lambda home, rows: spent(lambda: features.compute(home, LINE, END), rows),
    "rollup": lambda home, rows: spent(
        lambda: rollup.update(home, LINE, now=END + timedelta(hours=1)), rows
    ),
    "rollup of an hour": hour,
    "look": looks,
    "snapshot": lambda home, rows: spent(
        lambda: snapshot.freeze(home, LINE, END - WEEK, END, now=END, recipe=LINE.recipe), rows
    ),
}


def asked(checkout: Path, step: str, home: Path, rows: int) -> dict[str, object]:
    """One step in a process of its own, by the package of a check-out."""
    place = os.pathsep.join(str(checkout / part) for part in ("pipeline", "tests"))
    env = os.environ | {"PYTHONPATH": place, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--step", step, str(home), str(rows)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def compare(checkouts: list[Path], rows: int) -> None:
    """Do each step by each check-out in turn and print what it cost."""
    table = Table(*HEADS, title=f"{rows:,} rows")
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / str(k) for k in range(len(checkouts))]
        for step in STEPS:
            found = [asked(c, step, h, rows) for c, h in zip(checkouts, homes, strict=True)]
            for place, one in enumerate(found):
                ratio = f"{found[0]['cpu'] / one['cpu']:.2f} of its CPU s" if place else ""
                table.add_row(
                    "beside" if place else step,
                    f"{one['rows']:,}",
                    f"{one['cpu']:.2f}",
                    f"{one['rows'] / one['cpu']:,.0f}",
                    f"{one['wall']:.2f}",
                    str(one["mb"]),
                    ratio or str(one["note"]),
                )
    Console(width=120).print(table)


def main() -> None:
    """Print a table for each number of rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=float, default=[1e6])
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        step, home, rows = args.step
        sys.stdout.write(json.dumps(STEPS[step](Path(home), int(rows))))
        return
    checkouts = [Path(__file__).parents[2], *([args.beside] if args.beside else [])]
    for rows in args.rows:
        compare(checkouts, int(rows))


if __name__ == "__main__":
    main()
