"""Simulates releases cell by cell and writes table and figures; run it again to go on.

python -m tests.benchmarks.decisions [--releases 3000] [--only TEXT] [--seed 2026] [--out FOLDER]
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from zlib import crc32

import pandas as pd
from rich.progress import Progress

from .cells import Cell, all_cells
from .harness import path_of, run, summary
from .report import write

BATCH = 250
BESIDE = 2  # batches in which the peers are run as well: their rank sums cost the most


def main() -> None:
    """Every batch that is not there yet, on all cores; then the report of all that is there."""
    args = _arguments()
    cells = [cell for cell in all_cells() if cell.name.startswith(args.only)]
    batches = -(-args.releases // BATCH)
    args.out.mkdir(parents=True, exist_ok=True)
    todo = [
        (cell, batch, args.seed, args.out)
        for cell in cells
        for batch in range(batches)
        if not path_of(args.out, cell, batch).exists()
    ]
    with Progress() as progress, ProcessPoolExecutor(args.cores) as pool:
        bar = progress.add_task("releases", total=len(todo) * BATCH)
        for job in as_completed([pool.submit(_batch, *task) for task in todo]):
            progress.console.print(job.result())
            progress.advance(bar, BATCH)
    found = [
        pd.read_parquet(path)
        for cell in all_cells()
        for path in sorted(args.out.glob(f"{path_of(args.out, cell, 0).stem[:-3]}[0-9]*.parquet"))
    ]
    command = f"python -m tests.benchmarks.decisions --seed {args.seed}"
    write(summary(pd.concat(found, ignore_index=True)), args.out, command=command)


def seed_of(seed: int, cell: Cell, batch: int) -> int:
    """Every batch of every cell has a seed of its own, whatever the order of the cells."""
    return crc32(f"{seed}, {cell.name}, {batch}".encode())


def _batch(cell: Cell, batch: int, seed: int, folder: Path) -> str:
    begun, path = time.process_time(), path_of(folder, cell, batch)
    rows = run(cell, seed_of(seed, cell, batch), BATCH, beside=batch < BESIDE)
    rows.to_parquet(path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)  # a batch is there whole or not at all
    return f"{cell.name}, batch {batch}: {time.process_time() - begun:.0f} s"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=3000, help="for each cell; 0: report only")
    parser.add_argument("--only", default="", help="cells whose name begins so")
    parser.add_argument("--out", type=Path, default=Path(".bench/decisions"))
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    return parser.parse_args()


if __name__ == "__main__":
    main()
