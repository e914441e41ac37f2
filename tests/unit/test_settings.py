"""Settings are read once, from known words only."""

from datetime import UTC, datetime

import pytest
from slipway.domain.errors import BadConfig
from slipway.settings import EventClock, Settings


def test_an_unknown_variable_is_refused():
    """A misspelt SLIPWAY_ variable stops the process instead of being ignored."""
    with pytest.raises(BadConfig, match="SLIPWAY_HOEM"):
        Settings.from_environment({"SLIPWAY_HOEM": "x"})


def test_an_unknown_engine_is_refused():
    """The engine is one of two, and DuckDB where nothing is said."""
    with pytest.raises(BadConfig, match="SLIPWAY_ENGINE == 'trino', must be one of duckdb, spark"):
        Settings.from_environment({"SLIPWAY_ENGINE": "trino"})
    assert Settings.from_environment({}).engine == "duckdb"


@pytest.mark.parametrize("text", ["soon", "", "0", "-5", "nan", "inf"])
def test_a_time_that_is_none_is_refused(text):
    """How often a release is looked at is a number of seconds, or one clear line."""
    with pytest.raises(BadConfig, match="SLIPWAY_RELEASE_EVERY_S"):
        Settings.from_environment({"SLIPWAY_RELEASE_EVERY_S": text})


@pytest.mark.parametrize("text", ["soon", "", "-5", "nan", "inf"])
def test_a_deadline_of_the_disk_that_is_none_is_refused(text):
    """It is a number of milliseconds, and 0, which asks for no flush, where nothing is said."""
    with pytest.raises(BadConfig, match=r"SLIPWAY_LOG_SYNC_MS == .*milliseconds from 0"):
        Settings.from_environment({"SLIPWAY_LOG_SYNC_MS": text})
    assert Settings.from_environment({}).log_sync_s == 0
    assert Settings.from_environment({"SLIPWAY_LOG_SYNC_MS": "20"}).log_sync_s == 0.02


def test_the_clock_of_a_demo_runs_at_its_speed(tmp_path):
    """Ten wall seconds at speed 7,200 are twenty hours of events."""
    path = tmp_path / "clock.json"
    path.write_text('{"wall0": 1000.0, "event0": 0.0, "speed": 7200.0}')
    clock = Settings.from_environment({"SLIPWAY_CLOCK": str(path)}).clock
    assert clock.at(1010.0) == datetime(1970, 1, 1, 20, tzinfo=UTC)


def test_without_a_clock_file_events_happen_now():
    """The default clock is the wall clock."""
    assert EventClock().at(86400.0) == datetime(1970, 1, 2, tzinfo=UTC)


def test_a_file_of_people_that_cannot_be_read_is_named(tmp_path):
    """Missing or no TOML: one clear line, for nobody could be told from the author."""
    path = tmp_path / "people.toml"
    found = Settings.from_environment({"SLIPWAY_PEOPLE": str(path)})
    for text in (None, "[adam"):
        if text:
            path.write_text(text)
        with pytest.raises(BadConfig, match=r"SLIPWAY_PEOPLE.*people\.toml"):
            _ = found.people
    assert not Settings.from_environment({}).people.accounts
