#!/usr/bin/env bash
# "The latest value of each user" is, in DuckDB and pandas, not the latest.
# Expected: the value in the row with the newest time; if it is missing there, missing.
# Seen: of the rows (Monday, 10), (Tuesday, missing), DuckDB's arg_max(value, time) and pandas' groupby().last() give
#   Monday's 10. DuckDB's last(value order by time), pandas' tail(1) and Polars' last() give missing.
# With: duckdb 2.0.0, pandas 3.1.1, polars 2.1.0, Python 3.11; seen 2026-12-01.
# Matters: features "as of" a request are looked up so. A value that was taken back lives on at training, while a
#   store that serves the newest row gives nothing: a skew between training and serving that no type check sees.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  duckdb==2.0.0 pandas==3.1.1 numpy==2.4.6 polars==2.1.0
cd "$folder"
venv/bin/python - <<'PY'
import duckdb
import pandas as pd
import polars as pl

rows = {"user": [1, 1], "day": [1, 2], "value": [10.0, None]}
frame, table = pd.DataFrame(rows), pl.DataFrame(rows)
duckdb.sql("create table t as select * from (values (1, 1, 10.0), (1, 2, null)) v(u, day, value)")

def sql(expression):
    return duckdb.sql(f"select ({expression})::double from t group by u").fetchall()[0][0]

def or_none(value):
    return None if pd.isna(value) else float(value)

seen = {
    "duckdb arg_max": sql("arg_max(value, day)"),
    "duckdb max_by": sql("max_by(value, day)"),
    "duckdb last": sql("last(value order by day)"),
    "pandas last": or_none(frame.sort_values("day").groupby("user").value.last().iloc[0]),
    "pandas tail": or_none(frame.sort_values("day").groupby("user").tail(1).value.iloc[0]),
    "polars last": table.sort("day").group_by("user").agg(pl.col("value").last())["value"][0],
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "duckdb arg_max": 10.0,
    "duckdb max_by": 10.0,
    "duckdb last": None,
    "pandas last": 10.0,
    "pandas tail": None,
    "polars last": None,
}, "no longer as described"
PY
