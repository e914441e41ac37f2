"""Schedules of lines in their own zones: every hour of data is in one interval, also when clocks change."""

from datetime import timedelta
from itertools import pairwise

import pendulum
import pytest
from slipway.lines import store
from slipway.lines.definition import Definition

CRONS = {"hourly": "0 * * * *", "daily": "0 6 * * *", "weekly": "0 6 * * 1"}
LONGEST = {"hourly": 1, "daily": 25, "weekly": 7 * 24 + 1}
"""Hours of the longest interval: that in which clocks are put back."""
ZONES = {
    "utc": "UTC",
    "berlin": "Europe/Berlin",
    "new_york": "America/New_York",
    "sydney": "Australia/Sydney",
}
CHANGES = (3, 4, 10, 11)
"""Months in which clocks change somewhere."""


@pytest.fixture(scope="module")
def scheduled(planned, parse, tmp_path_factory):
    """The DAGs of twelve lines in use, one for each cadence and zone."""
    home, feed = tmp_path_factory.mktemp("scheduled"), store.in_use(planned, "feed")
    for cadence, cron in CRONS.items():
        for place, zone in ZONES.items():
            words = {"cron": cron, "zone": zone, "content": feed.content, "code": feed.code}
            definition = Definition(f"deck_{cadence}_{place}", feed.kind, has_traffic=True, **words)
            store.write(home, definition)
            store.use(home, definition.name, definition.digest)
    return parse(home)


def intervals(dag, month):
    """The data intervals that the scheduler makes of a DAG in a month."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    start = pendulum.datetime(2026, month, 1, tz="UTC")
    allowed = TimeRestriction(earliest=start, latest=None, catchup=True)
    found, last = [], None
    while last is None or last.end < start.add(months=1):
        last = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=allowed
        ).data_interval
        found.append(last)
    return found


@pytest.mark.parametrize("cadence", CRONS)
@pytest.mark.parametrize("place", ZONES)
def test_intervals_meet_when_clocks_change(scheduled, cadence, place):
    """Each interval begins where the one before ended, at the local time that the line declares."""
    dag = scheduled[f"retrain_deck_{cadence}_{place}"]
    for month in CHANGES:
        found = intervals(dag, month)
        assert all(before.end == after.start for before, after in pairwise(found))
        assert max(each.end - each.start for each in found) <= timedelta(hours=LONGEST[cadence])
        if cadence != "hourly":
            assert {each.end.in_timezone(ZONES[place]).hour for each in found} == {6}


def test_every_line_in_use_has_the_dags_of_the_feed(dags, scheduled):
    """A line of any cadence is released, watched and cleaned up as the others are."""
    kinds = {dag_id.removesuffix("_feed") for dag_id in dags if dag_id.endswith("_feed")}
    assert {"retrain", "release", "watch"} <= kinds
    names = {f"deck_{cadence}_{place}" for cadence in CRONS for place in ZONES}
    assert set(scheduled) == {f"{kind}_{name}" for kind in kinds for name in names}
