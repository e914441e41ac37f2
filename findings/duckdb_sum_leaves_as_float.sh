#!/usr/bin/env bash
# DuckDB's sum of whole numbers is exact, but what pandas gets depends on the way out.
# Expected: the sum of a BIGINT column arrives as a whole number, as count(*) does.
# Seen: sum(BIGINT) is a HUGEINT. fetchall() gives 9007199254740993; .df() gives float64 and 9007199254740992, with
#   no warning; .to_arrow_table() gives decimal128(38, 0). count(*) of the same query stays int64.
# With: duckdb 2.0.0, pandas 3.1.1, pyarrow 25.0.1, Python 3.11; seen 2026-12-01.
# Matters: sums of amounts in cents, of times in nanoseconds and of id checksums lose their last digits where they are
#   compared between two runs, and a whole-number column turns to float only because it was summed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  duckdb==2.0.0 pandas==3.1.1 pyarrow==25.0.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import duckdb

query = "select sum(n) as total, count(*) as rows from (values (9007199254740993::bigint), (0)) t(n)"
frame = duckdb.sql(query).df()
seen = {
    "exact": duckdb.sql(query).fetchall()[0][0],
    "pandas": int(frame.total[0]),
    "pandas types": [str(kind) for kind in frame.dtypes],
    "arrow type": str(duckdb.sql(query).to_arrow_table().schema.field("total").type),
}
for name, value in seen.items():
    print(f"{name}: {value}")
assert seen == {
    "exact": 2**53 + 1,
    "pandas": 2**53,
    "pandas types": ["float64", "int64"],
    "arrow type": "decimal128(38, 0)",
}, "no longer as described"
PY
