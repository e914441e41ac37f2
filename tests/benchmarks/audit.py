"""CPU seconds, wall time and memory of an audit of 1,000,000 rows x 50 columns, beside one bare DuckDB scan.

Run ``python tests/benchmarks/audit.py [rows] [--group] [--beside FOLDER]``; FOLDER is an older checkout, whose audit
runs on the same file. Goals on two free cores: 16 s and 4 GB; 10,000,000 rows in 120 s, by a sample.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PIECE = 1_000_000

MEASURED = """
import importlib, json, resource, sys, time
from pathlib import Path
module, path, group = sys.argv[1:]
marks = time.process_time(), time.perf_counter()
if module == "duckdb":
    import duckdb
    duckdb.sql(
        f"SELECT count(COLUMNS(*)), approx_count_distinct(COLUMNS(*)) FROM '{path}'"
    ).fetchall()
    said = ""
else:
    found = importlib.import_module(module).audit(Path(path), label="y", time=("at",), group=group)
    said = f"; {found.facts['rows']} rows; accused {', '.join(found.accused) or 'nobody'}"
cpu, wall = time.process_time() - marks[0], time.perf_counter() - marks[1]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps(f"{cpu:.1f} CPU s, {wall:.1f} s of wall time, {memory:.1f} GB at most{said}"))
"""


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    """Numbers, whole numbers and words; the label depends on three of them."""
    rng = np.random.default_rng(seed)
    columns = {f"n{k}": rng.normal(size=rows).astype("float32") for k in range(25)}
    columns |= {f"i{k}": rng.integers(0, 50 + k * 1000, rows) for k in range(15)}
    for k in range(8):
        said = np.array([f"word {j}" for j in range(20 * (k + 1))])
        columns[f"w{k}"] = said[rng.integers(0, len(said), rows)]
    logit = 0.8 * columns["n0"] + 0.5 * columns["n1"] + columns["i0"] / 40 - 2
    columns["y"] = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)
    seconds = np.sort(rng.integers(0, 90 * 86_400, rows))
    columns["at"] = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(seconds, unit="s")
    return pd.DataFrame(columns)


def write(path: Path, rows: int) -> None:
    """The table as Parquet, piece by piece: later pieces are later."""
    writer = None
    for k, start in enumerate(range(0, rows, PIECE)):
        piece = table(min(PIECE, rows - start), k)
        piece["at"] += pd.Timedelta(days=90 * k)
        held = pa.Table.from_pandas(piece, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, held.schema)
        writer.write_table(held)
    assert writer is not None
    writer.close()


def measured(module: str, path: Path, group: str, root: Path) -> str:
    """What one audit takes, in a process of its own with ``root`` on its path."""
    paths = os.pathsep.join((str(root / "pipeline"), str(root)))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, module, str(path), group],
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        text=True,
    )
    return str(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Write the table, scan it, audit it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("rows", type=int, nargs="?", default=1_000_000)
    asked.add_argument("--group", action="store_true", help="keep groups whole (column i5)")
    asked.add_argument("--beside", type=Path, help="an older checkout")
    given = asked.parse_args()
    group, here = "i5" if given.group else "", Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        write(path, given.rows)
        runs = [("bare scan", "duckdb", here), ("audit", "slipway.audit.run", here)]
        if given.beside:
            runs.append((f"audit of {given.beside.name}", "pipeline.audit.run", given.beside))
        for name, module, root in runs:
            print(f"{name}: {measured(module, path, group, root)}", flush=True)  # a script's result


if __name__ == "__main__":
    main()
