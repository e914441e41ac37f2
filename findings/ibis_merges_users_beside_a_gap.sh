#!/usr/bin/env bash
# One missing id makes Ibis hand two users to pandas as one.
# Expected: 64-bit ids arrive as they are; DuckDB's own .df() keeps them (Int64 with <NA>), so Ibis on DuckDB does.
# Seen: of the ids 1152921504606846977, 1152921504606846978 and null, to_pandas() makes float64: both users are
#   1152921504606846976. Without the null both are right. Ibis' own nunique() on the same column says 2.
# With: ibis-framework 12.0.0, duckdb 2.0.0, pandas 3.1.1, pyarrow 25.0.1, Python 3.11; seen 2026-12-01.
# Matters: hashed and snowflake ids use all 64 bits. A single request without a user's id merges users whose ids lie
#   next to each other: counts by user, caps by user and joins are wrong, and only in weeks with a gap.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  'ibis-framework[duckdb]==12.0.0' duckdb==2.0.0 pandas==3.1.1 pyarrow==25.0.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import warnings

warnings.simplefilter("ignore")
import duckdb
import ibis

first = 2**60 + 1
con = ibis.duckdb.connect()
con.raw_sql(f"create table t as select unnest([{first}, {first + 1}, null]) as user")
users = con.table("t")
seen = {
    "ibis, whole column": users.to_pandas().user.dropna().nunique(),
    "its type": str(users.to_pandas().user.dtype),
    "ibis, rows without the gap": users.filter(users.user.notnull()).to_pandas().user.nunique(),
    "ibis nunique()": int(users.user.nunique().to_pandas()),
    "duckdb .df()": duckdb.sql(f"select unnest([{first}, {first + 1}, null]) as u").df().u.nunique(),
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "ibis, whole column": 1,
    "its type": "float64",
    "ibis, rows without the gap": 2,
    "ibis nunique()": 2,
    "duckdb .df()": 2,
}, "no longer as described"
PY
