"""A world of recorded visits: each is a row of the table, at a like hour, with what was recorded of it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from slipway import lines
from slipway.demo.line_past import LinePast, generate
from slipway.demo.recorded_world import RecordedWorld, read, recorded_world
from slipway.domain.errors import BadConfig

START = datetime(2025, 1, 6, tzinfo=UTC)
END = START + timedelta(weeks=8)
DATA = Path(os.environ.get("DATA", "")) if os.environ.get("DATA") else None
FOLDERS = {"bank": "leak_bank_marketing", "bike": "bike_sharing", "taxi": "leak_chicago_taxi"}


def rides(n=4000):
    """Recorded rides whose fare says the hour, and whose tip says the row."""
    at = pd.date_range("2014-01-01", periods=n, freq="h", tz="UTC")
    local = at.tz_convert("America/Chicago")
    return pd.DataFrame(
        {
            "at": at,
            "fare": local.hour.astype(float),
            "miles": 1.0,
            "minutes": 5.0,
            "company": [None if k % 5 == 0 else f"c{k % 3}" for k in range(n)],
            "pickup_area": "area 1",
            "dropoff_area": "area 2",
            "tip": np.arange(n) / 100,
            "paid_by_card": 1.0,
        }
    )


def test_a_visit_is_a_recorded_one_of_a_like_hour():
    """What is sent and what comes is one row of the table, near the demo's place in it, at the same hour."""
    world = RecordedWorld(lines.load("taxi"), rides(), START, END)
    middle = (START + (END - START) / 2).timestamp()
    visits = world.visits(np.random.default_rng(1), middle + np.arange(24) * 3600.0)
    hours = pd.to_datetime(visits.at, unit="s", utc=True).tz_convert("America/Chicago").hour
    assert visits.sent["fare"].tolist() == hours.astype(float).tolist()
    assert (np.abs(visits.rows - 2000) < 1600).all()
    found = world.outcomes(np.random.default_rng(2), visits, visits.offered, np.zeros(24))
    assert np.array_equal(found["tip"][:, 0], visits.rows / 100)
    assert set(visits.sent["company"].tolist()) <= {None, "c0", "c1", "c2"}


def test_an_effect_loses_outcomes_and_nothing_else_changes_them():
    """Of a version that does harm some outcomes do not come; the others are as recorded."""
    world = RecordedWorld(lines.load("taxi"), rides(), START, END)
    visits = world.visits(np.random.default_rng(1), np.full(2000, START.timestamp()))
    found = world.outcomes(np.random.default_rng(2), visits, visits.offered, np.full(2000, -0.5))[
        "tip"
    ][:, 0]
    lost = (found == 0) & (visits.rows > 0)
    assert 0.4 < lost.mean() < 0.6
    assert np.array_equal(found[~lost], visits.rows[~lost] / 100)


def test_a_table_without_a_column_is_refused():
    """What the line declares and the table lacks is named."""
    with pytest.raises(BadConfig, match="'miles'"):
        RecordedWorld(lines.load("taxi"), rides().drop(columns="miles"), START, END)


def test_lists_have_no_recorded_world(tmp_path):
    """What would have come of another list was never recorded: it is said, and what to do."""
    with pytest.raises(BadConfig, match="leave DATA out"):
        recorded_world(lines.load("feed"), tmp_path, START, END)


@pytest.mark.skipif(DATA is None, reason="no real tables: set DATA to the folder that holds them")
@pytest.mark.parametrize("name", FOLDERS)
def test_real_tables_become_a_past(tmp_path, name):
    """The table that a line's package reads has its columns and outcomes, and fills a log."""
    line = lines.load(name)
    table = read(name, DATA / FOLDERS[name])["visits"]
    assert table["at"].is_monotonic_increasing
    world = recorded_world(line, DATA / FOLDERS[name], START, END)
    past = LinePast(tmp_path, world, 200.0, "rules-1")
    written = sum(one.requests for one in generate(past, START, START + timedelta(days=2)))
    assert written > 100
