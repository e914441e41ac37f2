#!/usr/bin/env bash
# Windows of seven days begin on three different weekdays, in one library on two.
# Expected: rows grouped by 7 days fall into the weeks that a group by week gives, at least within one library.
# Seen: for Sunday, 29 November 2026, the window begins
#   in Polars with every="7d" on Thursday 26 (counted from 1970-01-01), with every="1w" on Monday 23;
#   in DuckDB with time_bucket(7 days) on Monday 23;
#   in pandas with resample("7D") on the weekday of the first row, with floor("7D") on Thursday 26.
# With: polars 2.1.0, duckdb 2.0.0, pandas 3.1.1, Python 3.11; seen 2026-12-01.
# Matters: weekly training windows and weekly baselines built in two tools overlap by days: rows of the test week
#   stand in the training week. With pandas the borders move when an older row arrives.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  polars==2.1.0 duckdb==2.0.0 pandas==3.1.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
from datetime import datetime

import duckdb
import pandas as pd
import polars as pl

sunday, earlier = datetime(2026, 11, 29), datetime(2026, 11, 18)

def polars(every):
    grouped = pl.DataFrame({"t": [sunday], "n": [1]}).group_by_dynamic("t", every=every)
    return grouped.agg(pl.col("n").sum())["t"][0]

def pandas(*times):
    return pd.Series(1, index=pd.to_datetime(times)).resample("7D").sum().index[-1]

seen = {
    "polars 7d": polars("7d"),
    "polars 1w": polars("1w"),
    "duckdb time_bucket": duckdb.sql(
        "select time_bucket(interval '7 days', timestamp '2026-11-29')").fetchall()[0][0],
    "pandas resample": pandas(sunday),
    "pandas resample, with an older row": pandas(earlier, sunday),
    "pandas floor": pd.Timestamp(sunday).floor("7D"),
}
seen = {name: f"{value:%a %d}" for name, value in seen.items()}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "polars 7d": "Thu 26",
    "polars 1w": "Mon 23",
    "duckdb time_bucket": "Mon 23",
    "pandas resample": "Sun 29",
    "pandas resample, with an older row": "Wed 25",
    "pandas floor": "Thu 26",
}, "no longer as described"
PY
