#!/usr/bin/env bash
# Weeks of Airflow's CronTriggerTimetable overlap in spring and leave an hour out in autumn.
# Expected: each interval begins where the one before ended, as with CronDataIntervalTimetable.
# Seen: "0 6 * * 1" in Europe/Berlin with interval=7 days takes 168 hours back from each Monday: in spring 2026 the hour
#   from 04:00 UTC on 23 March is in two weeks, in autumn the hour from 04:00 UTC on 19 October in none;
#   relativedelta(days=7) does the same. CronDataIntervalTimetable has one week of 167 and one of 169 hours and no gap.
# With: apache-airflow-core 3.3.2, Python 3.11; seen 2026-12-01.
# Matters: rows of that hour are trained on and tested on in spring (a leak), and never seen in autumn; daily
#   schedules lose or double an hour of a day, at night, where few look.
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
from datetime import timedelta

import pendulum
from airflow.timetables.base import TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
from dateutil.relativedelta import relativedelta

MONDAYS, ZONE = "0 6 * * 1", "Europe/Berlin"

def breaks(timetable, start):
    'Hours between the end of a week and the start of the next, where they are not 0.'
    limits, last, weeks = TimeRestriction(earliest=start, latest=None, catchup=True), None, []
    for _ in range(5):
        last = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=limits).data_interval
        weeks.append(last)
    gaps = ((a.end, (b.start - a.end).total_seconds() / 3600) for a, b in zip(weeks, weeks[1:]))
    return [(f"{end:%d %b}", hours) for end, hours in gaps if hours]

spring, autumn = pendulum.datetime(2026, 3, 2), pendulum.datetime(2026, 10, 5)
seen = {}
for name, timetable in {
    "trigger, timedelta": CronTriggerTimetable(MONDAYS, timezone=ZONE, interval=timedelta(days=7)),
    "trigger, relativedelta": CronTriggerTimetable(MONDAYS, timezone=ZONE, interval=relativedelta(days=7)),
    "data interval": CronDataIntervalTimetable(MONDAYS, ZONE),
}.items():
    seen[name] = (breaks(timetable, spring), breaks(timetable, autumn))
    print(f"{name}: spring {seen[name][0]}, autumn {seen[name][1]}")
broken = ([("23 Mar", -1.0)], [("19 Oct", 1.0)])
assert seen == {"trigger, timedelta": broken, "trigger, relativedelta": broken, "data interval": ([], [])}
PY
