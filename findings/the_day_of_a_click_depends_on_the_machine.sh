#!/usr/bin/env bash
# The same SQL over the same instants finds another number of clicks a day, in DuckDB by itself and through Ibis.
# Expected: an instant (TIMESTAMPTZ) has one day, in UTC or in the zone that it was stored with.
# Seen: 24 hourly clicks of 30 November in UTC are 24 clicks of one day where TZ=UTC; with TZ=America/New_York five of
#   them belong to the 29th, for date_trunc, ::date and comparisons with a date alike. Ibis sets the session
#   to UTC: through it the 30th has 24 whatever the machine says.
# With: duckdb 2.0.0, ibis-framework 12.0.0, Python 3.11; seen 2026-12-01.
# Matters: a weekly window or a daily rollup made on a laptop holds other rows than the server's, and a team's own SQL
#   beside an Ibis pipeline disagrees with it by the hours of its zone, on the border days alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  'ibis-framework[duckdb]==12.0.0' duckdb==2.0.0 pandas==3.1.1 pyarrow==25.0.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import os
import subprocess
import sys

PLAIN = '''
import duckdb as con
con.sql("create table t as select timestamptz '2026-11-30 00:00+00' + interval 1 hour * h as seen from range(24) r(h)")
print([con.sql(f"select count(*) from t where {where}").fetchall()[0][0] for where in (
    "date_trunc('day', seen)::date = '2026-11-30'", "seen::date = '2026-11-30'", "seen >= '2026-11-30'")])
'''
IBIS = '''
import warnings
warnings.simplefilter("ignore")
import ibis
con = ibis.duckdb.connect()
con.raw_sql("create table t as select timestamptz '2026-11-30 00:00+00' + interval 1 hour * h as seen from range(24) r(h)")
t = con.table("t")
print([int((t.seen.date() == ibis.date("2026-11-30")).sum().to_pandas())])
'''

def on_the_30th(code, zone):
    run = [sys.executable, "-c", code]
    return subprocess.run(run, env={**os.environ, "TZ": zone}, check=True, capture_output=True, text=True).stdout.strip()

zones = ("UTC", "America/New_York")
seen = {(way, zone): on_the_30th(code, zone) for way, code in (("duckdb", PLAIN), ("ibis", IBIS)) for zone in zones}
for (way, zone), value in seen.items():
    print(f"{way}, TZ={zone}: clicks of the 30th: {value}")
assert list(seen.values()) == ["[24, 24, 24]", "[19, 19, 19]", "[24]", "[24]"], "no longer as described"
PY
