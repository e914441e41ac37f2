#!/usr/bin/env bash
# A manual run in the night of a clock change gets no hour of data, or hours that have not come yet.
# Expected: a run by hand gets the last complete interval before it, as on every other day.
# Seen: for the schedule "30 2 * * *" in Europe/Berlin, a run at 01:00 UTC on 29 March 2026 gets an interval of length 0
#   that begins at 01:30, half an hour ahead; a run at 00:45 UTC on 25 October gets 24 October 00:30 to 25 October 01:30,
#   45 minutes of which lie ahead. On 30 March it is the 23 hours before, all past.
# With: apache-airflow-core 3.3.2, Python 3.11; seen 2026-12-01.
# Matters: an empty interval trains on nothing (or on all, where start = end means "no limit"); one that ends ahead
#   freezes a snapshot that a later run of the same interval does not repeat.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  apache-airflow-core==3.3.2 apache-airflow-task-sdk==1.3.2 apache-airflow-providers-standard==1.21.0
cd "$folder"
venv/bin/python - <<'PY'
import os

os.environ["AIRFLOW_HOME"] = os.getcwd()
import warnings

warnings.simplefilter("ignore")
import pendulum
from airflow.timetables.interval import CronDataIntervalTimetable

nightly = CronDataIntervalTimetable("30 2 * * *", "Europe/Berlin")

def by_hand(*at):
    run_at = pendulum.datetime(2026, *at)
    interval = nightly.infer_manual_data_interval(run_after=run_at)
    hours = (interval.end - interval.start).total_seconds() / 3600
    ahead = (interval.end - run_at).total_seconds() / 60
    print(f"run by hand {run_at:%d %b %H:%M}: {interval.start:%d %b %H:%M} to {interval.end:%d %b %H:%M} UTC")
    return hours, max(ahead, 0)

seen = {
    "night of spring": by_hand(3, 29, 1, 0),
    "a day later": by_hand(3, 30, 1, 0),
    "night of autumn": by_hand(10, 25, 0, 45),
}
for name, (hours, ahead) in seen.items():
    print(f"{name}: {hours} hours, {ahead} minutes of them ahead")
assert seen == {"night of spring": (0.0, 30.0), "a day later": (23.0, 0), "night of autumn": (25.0, 45.0)}, \
    "no longer as described"
PY
