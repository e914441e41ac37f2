"""CPU seconds of an audit of 1,000,000 rows x 50 columns, beside one bare DuckDB scan of the file.

Run ``python tests/benchmarks/audit.py [rows]``. Goal: 60 s of wall time on two free cores.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path += [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import duckdb
import numpy as np
import pandas as pd
from rich.console import Console
from slipway.audit.run import audit


def table(rows: int) -> pd.DataFrame:
    """Numbers, whole numbers and words; the label depends on three of them."""
    rng = np.random.default_rng(0)
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


def main() -> None:
    """Write the table, scan it, audit it."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        table(rows).to_parquet(path)
        marks = [(time.process_time(), time.perf_counter())]
        duckdb.sql(
            f"SELECT count(COLUMNS(*)), approx_count_distinct(COLUMNS(*)) FROM '{path}'"
        ).fetchall()
        marks.append((time.process_time(), time.perf_counter()))
        with console.status("auditing") as status:
            found = audit(path, label="y", time=("at",), tell=status.update)
        marks.append((time.process_time(), time.perf_counter()))
    for name, before, after in zip(("bare scan", "audit"), marks, marks[1:], strict=False):
        cpu, wall = (b - a for a, b in zip(before, after, strict=True))
        console.print(f"{name}: {cpu:.1f} CPU s, {wall:.1f} s of wall time")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    console.print(
        f"accused {found.accused or 'nobody'}; {memory:.1f} GB at most (with the table's making)"
    )


if __name__ == "__main__":
    main()
