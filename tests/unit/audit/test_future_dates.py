"""Dates that lie after their row were written later, and so was what measures the time until them."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited, honest
from slipway.audit.finding import Grade

ROWS = 3000


def ends(frame, seconds):
    """The rows' times, later by ``seconds``."""
    return frame["at"] + pd.to_timedelta(seconds, unit="s")


def lasted(seed=1):
    return np.random.default_rng(seed).gamma(3, 400, ROWS).round() + 1


def test_a_date_after_its_row_is_suspected_although_it_does_not_tell_the_label():
    """A trip's end says nothing of the tip, but it lies after the start, at odd times."""
    frame = honest(ROWS)
    found = audited(frame.assign(end=ends(frame, lasted())))
    assert found.accused == ("end",)
    assert "lie after the row's own, at odd times" in found.of("end")[0].evidence


@pytest.mark.parametrize(("unit", "seconds"), [("seconds", 1), ("minutes", 60), ("hours", 3600)])
def test_what_measures_the_time_until_it_is_suspected_too(unit, seconds):
    """End minus start, in any unit and rounded, is known no earlier than the end."""
    frame = honest(ROWS)
    long = lasted() * seconds / 10
    found = audited(frame.assign(end=ends(frame, long.round()), took=(long / seconds).round()))
    assert set(found.accused) == {"end", "took"}
    assert f"it counts the {unit} from the row to end" in found.of("took")[0].evidence


def test_a_foreseen_duration_is_only_asked_about():
    """What was planned goes with what came of it, and is not it: a note."""
    frame = honest(ROWS)
    long = lasted()
    plan = (long * np.random.default_rng(2).lognormal(0, 0.15, ROWS)).round()
    found = audited(frame.assign(end=ends(frame, long), plan=plan))
    assert found.accused == ("end",)
    assert found.grade("plan") is Grade.NOTE
    assert found.grade("noise") is Grade.CLEAR


def test_planned_dates_are_only_asked_about():
    """Deadlines after a few delays, and appointments at full hours, are foreseen: notes."""
    frame = honest(ROWS)
    rng = np.random.default_rng(3)
    due = ends(frame, rng.choice([1, 3, 14], ROWS) * 86_400)
    met = ends(frame, rng.integers(3600, 9e6, ROWS)).dt.floor("h")
    found = audited(frame.assign(due=due, met=met))
    assert found.accused == ()
    assert found.grade("due") is found.grade("met") is Grade.NOTE


def test_dates_before_their_row_are_clear():
    """A birthday or an earlier visit is known."""
    frame = honest(ROWS)
    assert audited(frame.assign(born=ends(frame, -lasted() * 1e5))).grade("born") is Grade.CLEAR
