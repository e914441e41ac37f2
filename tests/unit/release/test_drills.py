"""A drill is kept whole, and the policy's age is held against the newest that passed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.errors import BadInput
from slipway.release.drills import Drill, DrillWay, due, last_drill

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
DRILL = Drill(
    "feed", AT, "adam", "3", "2", 8, 0.6, 30.0, 2, True, (DrillWay("folder", "an order", 0.01),)
)


def test_a_drill_is_read_as_it_was_written():
    """Also after a trip through JSON; anything else is refused."""
    assert Drill.from_dict(json.loads(json.dumps(DRILL.to_dict()))) == DRILL
    for wrong in ({}, {"at": "never"}, DRILL.to_dict() | {"ways": 3}):
        with pytest.raises(BadInput, match="drill as slipway writes it"):
            Drill.from_dict(wrong)


def test_only_a_drill_that_passed_counts():
    """A later one that failed neither counts nor hides an earlier one that passed."""
    failed = replace(DRILL, at=AT + timedelta(days=1), passed=False, troubles=("router: silent",))
    assert last_drill([DRILL, failed]) == DRILL
    assert last_drill([failed]) is None
    assert "FAILED: router: silent" in failed.words
    assert "2 workers would answer by 2 after 0.60 s" in DRILL.words


@given(st.floats(0.5, 300), st.floats(0.0, 600))
def test_a_drill_is_due_exactly_when_it_is_older_than_the_policy_asks(most, age):
    """Nothing is due where the policy asks for nothing."""
    now = AT + timedelta(days=age)
    assert bool(due(DRILL, most, now)) == (now - AT > timedelta(days=most))
    assert due(DRILL, 0.0, now) == ""
    assert "none has passed yet" in due(None, most, now)
