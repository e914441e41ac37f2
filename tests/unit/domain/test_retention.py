"""How long a line's data is kept is checked against what the line still reads."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway import lines
from slipway.domain.errors import BadConfig
from slipway.domain.retention import KINDS, Needs, Retention, check_retention, least

FEED = lines.load("feed")
durations = st.integers(0, 400).map(lambda days: timedelta(days=days))


def test_every_kind_has_a_time_of_its_own_in_days():
    """Each kind of data has one knob, and each knob says its unit and meaning."""
    assert KINDS == ("log", "features", "snapshots", "rollups", "evidence", "looks")
    assert {item.metadata["unit"] for item in fields(Retention)} == {"days"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_line_still_reads_is_not_given_up(kind):
    """A day less than the least is refused with the least; the least itself is taken."""
    name = f"{kind}_days"
    days = least(FEED.retention, FEED.needs)[name]
    fine = replace(FEED.retention, **{name: days})
    assert replace(FEED, retention=fine).retention == fine
    with pytest.raises(BadConfig, match=rf"feed\.retention\.{name} .*>= {days:g} days"):
        replace(FEED, retention=replace(fine, **{name: days - 1}))


@given(durations, durations, durations, durations, durations, st.integers(0, 400))
def test_the_log_holds_all_that_a_week_made_again_reads(
    trained, maturity, counted, judged, before, again
):
    """The oldest week that can be made again has its training rows, outcomes and counts in the log."""
    needs = Needs(trained, maturity, counted, judged, before)
    kept = Retention(backfill_days=again)
    days = least(kept, needs)
    oldest = timedelta(days=again + 7)
    log = timedelta(days=days["log_days"])
    assert log >= oldest + trained + maturity
    assert log >= oldest + counted
    assert timedelta(days=days["rollups_days"]) >= judged + before + maturity
    asked = {name: max(value, getattr(kept, name)) for name, value in days.items()}
    check_retention("line", replace(kept, **asked), needs)


@pytest.mark.parametrize("wrong", [0.5, -1, float("nan"), float("inf"), 1e9])
def test_days_have_a_range(wrong):
    """Nothing is kept for less than a day, or for ever by mistake."""
    with pytest.raises(BadConfig, match=r"retention\.log_days"):
        Retention(log_days=wrong)


def test_a_policy_file_sets_it_for_a_line_of_any_kind(tmp_path):
    """A table below the line's own sets single knobs; a misspelt word is refused."""
    path = tmp_path / "policy.toml"
    path.write_text("[feed.retention]\nlog_days = 90.0\n[posts.retention]\nlooks_days = 300.0\n")
    assert lines.load("feed", path).retention.log_days == 90
    assert lines.load_clusters("posts", path).retention.looks_days == 300
    assert lines.load("feed", path).policy == FEED.policy
    path.write_text("[feed.retention]\nlogs_days = 90.0\n")
    with pytest.raises(BadConfig, match="logs_days"):
        lines.load("feed", path)
    path.write_text("[feed.retention]\nlog_days = 3.0\n")
    with pytest.raises(BadConfig, match=r"feed\.retention\.log_days"):
        lines.load("feed", path)
