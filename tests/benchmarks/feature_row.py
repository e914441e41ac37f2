"""The features of one request for 30 films: CPU microseconds, beside those before columns had origins.

``git worktree add OLD f19fc76 && python tests/benchmarks/feature_row.py --before OLD``

Both trees get the same catalogue, the same 60,000 counted exposures and the same 2,000 requests of
different users, each in a process of its own, in turns. The least of the rounds counts: other work on the
machine only adds. The features must be the same in every bit. The goal is at most 1.5 times.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

HERE = Path(__file__).resolve().parents[2]
GOAL = 1.5
FILMS, USERS, ROWS, ASKED, OFFERED = 400, 3_000, 60_000, 2_000, 30
AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
ITEMS = [f"film-{n:03}" for n in range(FILMS)]


def exposures(rng, genre):
    """Random exposures, as both trees count them."""
    item = rng.integers(0, FILMS, ROWS)
    return pd.DataFrame(
        {
            "user": [f"u{k}" for k in rng.integers(0, USERS, ROWS)],
            "item": [ITEMS[k] for k in item],
            "genre": genre[item],
            "age_band": rng.integers(-1, 3, ROWS),
            "clicked": rng.random(ROWS) < 0.2,
        }
    )


def counted(rows, keys, clicks):
    """Exposures and clicks by keys."""
    groups = rows.groupby(keys)["clicked"].agg(["size", "sum"]).reset_index()
    return pa.Table.from_pandas(
        groups.rename(columns={"size": "exposures", "sum": clicks}), preserve_index=False
    )


def table_of(package, home, rng):
    """The feature table of the tree that is on the path."""
    genre = rng.integers(0, 14, FILMS)
    films = pa.table(
        {
            "item": ITEMS,
            "title": ITEMS,
            "genre": genre,
            "editors_pick": rng.random(FILMS) < 0.1,
            "released_at": [datetime(2024, 1 + n % 12, 1, tzinfo=UTC) for n in range(FILMS)],
        }
    )
    rows = exposures(rng, genre)
    line, catalog = (
        import_module(f"{package}.lines").load("feed"),
        import_module(f"{package}.data.catalog"),
    )
    of = import_module(f"{package}.data.feature_table").FeatureTable
    if package == "slipway":
        schema = catalog.schema_of(line)
        catalog.write(home, line, films.select(schema.names).cast(schema))
        groups = import_module("slipway.data.groups").counted_of(line)
        counts = {g.name: counted(rows, list(g.keys), "clicked") for g in groups}
        return of(AS_OF, line, catalog.load(home, line), counts)
    catalog.write(home, line, films.select(import_module(f"{package}.data.schema").CATALOG.names))
    keys = {
        "items": ["item"],
        "genre_age": ["genre", "age_band"],
        "users": ["user"],
        "user_genre": ["user", "genre"],
    }
    counts = import_module(f"{package}.data.feature_files").Counts(
        **{name: counted(rows, by, "clicks") for name, by in keys.items()}
    )
    return of.build(AS_OF, line, catalog.load(home, line), counts)


def measure(package):
    """CPU microseconds of a request, and the digest of all features."""
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as home:
        table = table_of(package, Path(home), rng)
    now = AS_OF + timedelta(hours=3)
    asked = [
        (f"u{k}", {"age_band": k % 3}, [ITEMS[i] for i in rng.permutation(FILMS)[:OFFERED]])
        for k in range(ASKED)
    ]
    total = hashlib.sha256()
    for user, context, items in asked:
        total.update((table.matrix(user, context, items, now) + 0.0).tobytes())
    begun = time.process_time()
    for user, context, items in asked:
        table.matrix(user, context, items, now)
    return (time.process_time() - begun) / ASKED * 1e6, total.hexdigest()


def main():
    """Ask both trees in turns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path, help="a worktree of f19fc76")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--package", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.package:
        print(json.dumps(measure(told.package)))
        return
    trees = {"now": ("slipway", HERE / "pipeline")}
    if told.before:
        trees["before"] = ("pipeline", told.before.resolve())
    found = {name: [] for name in trees}
    for _ in range(told.rounds):
        for name, (package, path) in trees.items():
            command = [sys.executable, __file__, "--package", package]
            env = os.environ | {"PYTHONPATH": str(path), "OMP_NUM_THREADS": "1"}
            found[name].append(json.loads(subprocess.check_output(command, env=env)))
    least = {name: min(us for us, _ in rounds) for name, rounds in found.items()}
    print(", ".join(f"{name} {us:.1f} us" for name, us in least.items()))
    if told.before:
        same = len({digest for rounds in found.values() for _, digest in rounds}) == 1
        ratio = least["now"] / least["before"]
        print(f"ratio {ratio:.2f} (goal {GOAL}), bits {'equal' if same else 'DIFFER'}")
        sys.exit(0 if same and ratio <= GOAL else 1)


if __name__ == "__main__":
    main()
