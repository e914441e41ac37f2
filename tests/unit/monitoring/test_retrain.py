"""Retrains are asked for once a reason, within budget and cool-down; the cost of waiting is a weighted mean."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.retrain import Fresher, ask, staleness

NOW, DAY = datetime(2026, 3, 9, tzinfo=UTC), timedelta(days=1)
POLICY = WatchPolicy()
WHY = [("relation click all 2026-03-02", "outcomes moved by +0.10 sd")]


def test_a_reason_asks_once_and_says_by_what():
    """The ask holds its reason; the same reason asks no second time, however long it stands."""
    first = ask(WHY, (), None, NOW, POLICY)
    assert first.ask.words == ("outcomes moved by +0.10 sd",)
    assert "asked: outcomes moved" in first.why
    again = ask(WHY, (first.ask,), None, NOW + 100 * DAY, POLICY)
    assert again.ask is None
    assert ask((), (), None, NOW, POLICY).ask is None


def test_it_cools_down_after_a_run_and_after_an_ask():
    """A model of two days ago, or an ask of two days ago, are given their time, and it is said how long."""
    young = ask(WHY, (), NOW - 2 * DAY, NOW, POLICY)
    assert young.ask is None
    assert "5.0 more days" in young.why
    assert ask(WHY, (), NOW - 8 * DAY, NOW, POLICY).ask


@given(st.lists(st.floats(0.1, 9), min_size=1, max_size=40))
def test_the_budget_holds_whatever_comes(waits):
    """New reasons at any pace: never more asks in any 28 days than the budget, never closer than the cool-down."""
    past, now = (), NOW
    for k, wait in enumerate(waits):
        now += wait * DAY
        found = ask([(f"reason {k}", "x")], past, None, now, POLICY).ask
        past = (*past, found) if found else past
    at = [datetime.fromisoformat(each.at) for each in past]
    assert all(b - a >= 7 * DAY for a, b in pairwise(at))
    assert all(sum(t <= other < t + 28 * DAY for other in at) <= POLICY.retrain_budget for t in at)


def test_the_curve_is_the_weighted_mean_of_numpy():
    """By age, weighted by inverse variances; weeks that differ by more than chance widen it."""
    weeks = [Fresher("a", 2, 0.01, 0.01), Fresher("b", 2, 0.05, 0.02), Fresher("c", 1, 0.0, 0.01)]
    one, two = staleness(weeks)
    assert (one.age_weeks, one.weeks, two.weeks) == (1, 1, 2)
    assert two.loss == pytest.approx(np.average([0.01, 0.05], weights=[1e4, 2500]))
    assert two.se > (1 / 12500) ** 0.5
    assert staleness(()) == ()


def test_of_fresh_models_that_gain_nothing_as_many_curves_are_beyond_as_should():
    """In 300 curves of 8 weeks without a loss 1.96 errors are passed in 2 to 8 %."""
    rng, beyond = np.random.default_rng(2), 0
    for _ in range(300):
        weeks = [Fresher(str(k), 1, rng.normal(0, 0.01), 0.01) for k in range(8)]
        (found,) = staleness(weeks)
        beyond += abs(found.loss) > 1.96 * found.se
    assert 6 <= beyond <= 24
