#!/usr/bin/env bash
# Polars wraps counts and sums around in silence.
# Expected: a sum of whole numbers fits the sum (DuckDB, pandas and Arrow widen it), and a count minus a
#   larger count is negative.
# Seen: Int8 and Int16 are widened before they are summed, Int32 is not: 2147483647 + 1 = -2147483648. Counts are
#   UInt32, so "1 treated - 2 control" is 4294967295. No warning, no error; mean() of the same column is right.
# With: polars 2.1.0, Python 3.11; seen 2026-12-01.
# Matters: impressions in Int32 (as Spark and Parquet write them) and differences between arms are what a release
#   is decided on; the difference above reads as an enormous gain.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  polars==2.1.0
cd "$folder"
venv/bin/python - <<'PY'
import polars as pl

big = 2**31 - 1
arms = pl.DataFrame({"day": [1, 1, 1], "arm": ["control", "control", "candidate"]})
of = lambda arm: (pl.col("arm") == arm).sum()
seen = {
    "Int32 sum": pl.Series([big, 1], dtype=pl.Int32).sum(),
    "Int32 sum by group": pl.DataFrame({"k": [1, 1], "n": pl.Series([big, 1], dtype=pl.Int32)})
    .group_by("k").agg(pl.col("n").sum())["n"].to_list(),
    "Int32 mean": pl.Series([big, 1], dtype=pl.Int32).mean(),
    "Int16 sum": pl.Series([2**15 - 1, 1], dtype=pl.Int16).sum(),
    "candidate - control": arms.group_by("day").agg(d=of("candidate") - of("control"))["d"].to_list(),
    "value_counts is": str(arms["arm"].value_counts().schema["count"]),
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "Int32 sum": -(2**31),
    "Int32 sum by group": [-(2**31)],
    "Int32 mean": 2.0**30,
    "Int16 sum": 2**15,
    "candidate - control": [2**32 - 1],
    "value_counts is": "UInt32",
}, "Polars no longer answers as described"
PY
