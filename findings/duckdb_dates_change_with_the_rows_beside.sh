#!/usr/bin/env bash
# The same cell of a CSV is another day when another row stands below it.
# Expected: 01/02/2026 stays text, or one order of day and month is the rule.
# Seen: read_csv takes it for 1 February where the other rows leave both orders open, and for 2 January where one
#   of them has 13 in second place. Both times the column is a DATE, without a warning.
# With: duckdb 2.0.0, Python 3.11; seen 2026-12-01.
# Matters: an export read week by week shifts by months in weeks whose days are all below 13 (the first week and a
#   half of a month). Features "days since" and as-of joins then look into the future or lose their rows.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  duckdb==2.0.0
cd "$folder"
venv/bin/python - <<'PY'
from pathlib import Path

import duckdb

def first_day(*cells):
    Path("export.csv").write_text("\n".join(("day", *cells, "")))
    day, kind = duckdb.sql("select day, typeof(day) from read_csv('export.csv')").fetchall()[0]
    return f"{day} {kind}"

seen = {
    "beside 03/04/2026": first_day("01/02/2026", "03/04/2026"),
    "beside 01/13/2026": first_day("01/02/2026", "01/13/2026"),
    "alone": first_day("01/02/2026"),
}
for name, value in seen.items():
    print(f"01/02/2026 {name}: {value}")
assert seen == {
    "beside 03/04/2026": "2026-02-01 DATE",
    "beside 01/13/2026": "2026-01-02 DATE",
    "alone": "2026-02-01 DATE",
}, "no longer as described"
PY
