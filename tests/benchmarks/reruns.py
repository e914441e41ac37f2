"""One week trained again and again in fresh processes: does every fingerprint come out the same?

``python tests/benchmarks/reruns.py [--runs 56] [--requests 2000]``

A past of three invented weeks is written once. Each run gets its own copy of the log with rows in
another order, cut into other files under other names, and freezes and trains the last week in a
process of its own: with other thread counts (OpenMP, OpenBLAS, MKL, numba, Arrow), another hash seed,
locale, time zone, working directory and number of cores it may use. It prints a row for each setting
that was varied, and ends with status 1 where a fingerprint differs, naming the parts.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import track
from rich.table import Table
from slipway.data import parts
from slipway.demo import history
from slipway.examples.films import world
from slipway.examples.films.line import LINE
from slipway.training import fingerprint

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)
WEEK = timedelta(weeks=1)
RECIPE = {"max_iter": 40, "max_rows": 20_000}

VARIED = {
    "threads": ("1", "2", "3", "8"),
    "hash seed": ("0", "1", "77", "4242", "random"),
    "locale": ("C", "C.UTF-8", "POSIX"),
    "time zone": ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham"),
    "directory": ("/", str(Path.home()), tempfile.gettempdir()),
    "cores": ("all", "one"),
    "files": ("as written", "shuffled", "one an hour", "many row groups"),
}
"""Settings and the values they take in turns; their numbers have few common divisors."""

CHILD = """
import json, sys
from datetime import datetime
from pathlib import Path
home, out, start, end, recipe = sys.argv[1:6]
from slipway.data import snapshot
from slipway.examples.films.line import LINE
from slipway.training.train import train
start, end = datetime.fromisoformat(start), datetime.fromisoformat(end)
chosen = LINE.recipe_with(json.loads(recipe))
table = snapshot.freeze(Path(home), LINE, start, end, now=end, recipe=chosen)
found = train(table, LINE, chosen, Path(out))
print(json.dumps({"fingerprint": found.fingerprint, **found.digests}))
"""


def settings(number):
    """The values of run ``number``: each setting turns at its own pace."""
    return {
        name: values[(number * (1 + place) + number // len(values)) % len(values)]
        for place, (name, values) in enumerate(VARIED.items())
    }


def environment(chosen):
    """The environment of one run."""
    threads = ("OMP", "OPENBLAS", "MKL", "NUMBA", "BLIS", "NUMEXPR")
    return {
        **os.environ,
        **{f"{library}_NUM_THREADS": chosen["threads"] for library in threads},
        "PYTHONHASHSEED": chosen["hash seed"],
        "LC_ALL": chosen["locale"],
        "TZ": chosen["time zone"],
        "PYTHONPATH": str(ROOT),
    }


def copy_log(source, target, how, seed):
    """The log of ``source`` in ``target``, cut and ordered as ``how`` says."""
    rng = np.random.default_rng(seed)
    for kind in (parts.EXPOSURES_KIND, parts.OUTCOMES_KIND):
        root = parts.folder(source, LINE, kind)
        for hour in sorted(root.glob("date=*/hour=*")):
            table = pa.concat_tables(pq.ParquetFile(path).read() for path in hour.glob("*.parquet"))
            if how != "as written":
                table = table.take(rng.permutation(table.num_rows))
            cuts = 1 if how == "one an hour" else int(rng.integers(1, 5))
            edges = np.linspace(0, table.num_rows, cuts + 1).astype(int)
            place = parts.folder(target, LINE, kind) / hour.relative_to(root)
            place.mkdir(parents=True)
            for low, high in itertools.pairwise(edges.tolist()):
                group = 50 if how == "many row groups" else None
                name = f"{rng.integers(1 << 40):x}.parquet"
                pq.write_table(table.slice(low, high - low), place / name, row_group_size=group)


def run(source, number):
    """Freeze and train in a fresh process; returns fingerprint and parts."""
    chosen = settings(number)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        copy_log(source, home, chosen["files"], number)
        command = [sys.executable, "-c", CHILD, str(home), f"{scratch}/out"]
        command += [(MONDAY - WEEK).isoformat(), MONDAY.isoformat(), json.dumps(RECIPE)]
        pin = None if chosen["cores"] == "all" else lambda: os.sched_setaffinity(0, {number % 2})
        done = subprocess.run(
            command,
            env=environment(chosen),
            cwd=chosen["directory"],
            preexec_fn=pin,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=56)
    parser.add_argument("--requests", type=int, default=2_000, help="lists a week")
    arguments = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        start = MONDAY - 4 * WEEK
        past = history.InventedPast(
            source, LINE, world.synthetic(start, users=2_000), arguments.requests, "rules-1"
        )
        for _ in history.generate(past, start, MONDAY):
            pass
        found = [
            run(source, number)
            for number in track(range(arguments.runs), "training again", console=console)
        ]
    table = Table(title=f"{arguments.runs} runs of one week, each in a fresh process")
    for name in ("varied", "values", "equal to the first run"):
        table.add_column(name)
    same = [one["fingerprint"] == found[0]["fingerprint"] for one in found]
    for name in VARIED:
        seen = Counter(settings(number)[name] for number in range(arguments.runs))
        right = Counter(settings(number)[name] for number in np.flatnonzero(same).tolist())
        values = ", ".join(f"{value} ({times})" for value, times in sorted(seen.items()))
        table.add_row(name, values, f"{right.total()} of {seen.total()}")
    console.print(table)
    console.print(f"identical fingerprints: {sum(same)} of {len(same)}")
    for number in np.flatnonzero(~np.array(same)).tolist():
        wrong = ", ".join(fingerprint.differing(found[0], found[number]))
        console.print(f"run {number} differs in {wrong}: {settings(number)}")
    return 0 if all(same) else 1


if __name__ == "__main__":
    raise SystemExit(main())
