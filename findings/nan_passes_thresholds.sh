#!/usr/bin/env bash
# A missing score (NaN) is above every threshold in a Polars or DuckDB filter, in pandas above none.
# Expected: NaN > 5 is false, as IEEE 754 and pandas have it; and if no value is above 5, nor is the maximum.
# Seen: over the values 1, 2, NaN the filter "x > 5" keeps one row in Polars and DuckDB and none in pandas.
#   Polars contradicts itself: it keeps that row, and max() of the column is 2.0. DuckDB's max() is NaN.
# With: polars 2.1.0, duckdb 2.0.0, pandas 3.1.1, Python 3.11; seen 2026-12-01.
# Matters: "rows above the limit" of a guardrail, and "requests scored above the cut", count requests whose score or
#   latency is missing, in one engine and not in the other; a rollup moved between them shifts without a word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  polars==2.1.0 duckdb==2.0.0 pandas==3.1.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import duckdb
import pandas as pd
import polars as pl

values = [1.0, 2.0, float("nan")]
frame, table = pd.DataFrame({"x": values}), pl.DataFrame({"x": values})
duckdb.sql("create table t as select unnest(['1', '2', 'nan'])::double as x")
seen = {
    "rows above 5": {
        "pandas": int((frame.x > 5).sum()),
        "polars": table.filter(pl.col("x") > 5).height,
        "duckdb": duckdb.sql("select count(*) from t where x > 5").fetchall()[0][0],
    },
    "max": {
        "pandas": float(frame.x.max()),
        "polars": table["x"].max(),
        "duckdb": str(duckdb.sql("select max(x) from t").fetchall()[0][0]),
    },
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "rows above 5": {"pandas": 0, "polars": 1, "duckdb": 1},
    "max": {"pandas": 2.0, "polars": 2.0, "duckdb": "nan"},
}, "no longer as described"
PY
