"""Event time runs no further than the shop and the reconciler have followed."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway import lines
from slipway.data.times import GRACE, floor_hour
from slipway.demo import film_story, pace, setting
from slipway.demo.event_time import (
    COMES_BY_ITSELF,
    LOOK_AGAIN,
    LOOK_AHEAD,
    SHOP_AHEAD,
    EventTime,
    next_look,
)
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.settings import EventClock

LINE = lines.load("feed", film_story.POLICY)
AT = datetime(2025, 2, 17, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def candidate(stage, since=AT):
    """A candidate that entered a stage."""
    return Candidate("5", "f" * 64, "admin", Origin.MANUAL, AT, stage, since)


def entered(stage, since=AT):
    """The ledger of a candidate that stands in ``stage``."""
    who = candidate(stage, since)
    steps = (Stage.OFFERED, stage) if stage is not Stage.OFFERED else (stage,)
    return tuple(
        Transition("feed", n, since, "test", None, to, 0.0, "", replace(who, stage=to), None)
        for n, to in enumerate(steps, 1)
    )


class Airflow:
    """What the driver asks of Airflow: looks are under way until ``end`` is called."""

    def __init__(self):
        self.started, self.under_way = [], False

    def active(self, _dag):
        """Whether a look is under way."""
        return self.under_way

    def trigger(self, _dag, _date, *, run_id):
        """Begin a look."""
        self.started.append(run_id)
        self.under_way = True

    def end(self):
        """The look has ended."""
        self.under_way = False


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A driver of a clock that runs as fast as it may."""
    monkeypatch.setattr("slipway.demo.event_time.ASK_EVERY_S", 0.0)
    monkeypatch.setattr("slipway.demo.pace.READ_EVERY_S", 0.0)
    pace.start_clock(tmp_path / "clock.json", AT, speed=1e9, until=AT)
    return EventTime(tmp_path, LINE, Airflow(), until=AT)


def limit(of):
    """How far the clock of a driver may run."""
    return datetime.fromtimestamp(EventClock.from_file(of.clock_file).until, UTC)


@given(
    stage=st.sampled_from((Stage.SHADOW, *CANARY_STAGES)),
    looked=st.none() | st.floats(0.0, 100.0),
)
def test_no_look_before_a_stage_can_be_left_and_none_too_often(stage, looked):
    """The next look is never before the stage's own hours, and never sooner than it makes sense."""
    hours = LINE.policy.shadow_min_hours
    if stage in CANARY_STAGES:
        hours = LINE.policy.rule(stage).min_hours
    last = None if looked is None else AT + looked * HOUR
    due = next_look(candidate(stage), LINE.policy, last)
    over = AT + hours * HOUR
    in_log = floor_hour(over) + HOUR + GRACE  # its last hour, too
    assert due >= over
    assert last is None or due == in_log or due == last + LOOK_AGAIN


def test_without_a_release_time_runs_to_what_is_asked_and_no_further(driver):
    """Nothing is on its way: the clock stands where the demo wants it to."""
    driver.until = AT + 5 * HOUR
    driver.tick(())
    assert limit(driver) == driver.now == AT + SHOP_AHEAD  # and on as visitors are answered
    driver.tick(())
    time.sleep(0.01)
    assert driver.now == AT + 5 * HOUR
    assert driver.api.started == []


def test_a_slow_look_stops_the_clock_and_its_end_lets_it_go_on(driver):
    """However long a look takes, event time stands a few hours after it began."""
    steps = entered(Stage.SHADOW)
    first = AT + LINE.policy.shadow_min_hours * HOUR
    for _ in range(20):
        driver.tick(steps)
        time.sleep(0.002)
    assert len(driver.api.started) == 1
    assert first <= driver.last_look <= driver.now <= driver.last_look + LOOK_AHEAD
    stood = driver.now
    driver.api.end()
    for _ in range(20):
        driver.tick(steps)
        time.sleep(0.002)
    assert len(driver.api.started) == 2
    assert driver.now > stood


def test_the_look_that_an_offer_asks_for_is_not_asked_for_twice(driver):
    """A new offer wakes the reconciler by itself; a look is started where that has not come for a while."""
    steps = entered(Stage.OFFERED)
    driver.tick(steps)
    driver.api.under_way = True
    driver.tick(steps)
    assert driver.last_look is not None
    driver.api.end()
    driver.tick(steps)
    assert driver.api.started == []
    later = tuple(replace(t, candidate=replace(t.candidate, version="6")) for t in steps)
    for _ in range(COMES_BY_ITSELF):
        driver.tick(later)
        assert driver.api.started == []
    driver.last_look = None
    driver.tick(later)
    assert len(driver.api.started) == 1


def test_who_waited_for_another_is_looked_at_at_once(driver):
    """The look that its offer asked for went by while the other one stood."""
    (offer,) = entered(Stage.OFFERED)
    first = replace(offer, candidate=replace(offer.candidate, version="4"))
    second = replace(offer, epoch=offer.epoch + 1)
    gone = replace(first, epoch=offer.epoch + 2, to_stage=Stage.REJECTED)
    driver.tick((first, second))
    assert driver.api.started == []
    driver.tick((first, second, gone))
    assert len(driver.api.started) == 1


def test_the_shop_is_waited_for(driver):
    """Visitors whose answers are due hold event time back, whatever else may go on."""
    setting.write(
        setting.folder(driver.home) / "shop.json", {"done_until": (AT - 2 * HOUR).timestamp()}
    )
    driver.until = AT + timedelta(weeks=1)
    driver.tick(())
    assert limit(driver) == AT - 2 * HOUR + SHOP_AHEAD


def test_a_review_is_looked_at_at_once_and_none_is_waited_for(driver):
    """In approval no look is made for nothing; the reviewer's word starts one."""
    steps = entered(Stage.APPROVAL)
    driver.last_look = AT
    for _ in range(5):
        driver.tick(steps)
        time.sleep(0.002)
    assert driver.api.started == []
    assert driver.now <= AT + LOOK_AHEAD
    driver.tick(steps, reviews=1)
    assert len(driver.api.started) == 1


def test_a_clock_that_stands_goes_on_without_a_jump(tmp_path):
    """An hour's sleep of the machine is no event time: the clock stands at its limit meanwhile."""
    path = tmp_path / "clock.json"
    clock = pace.start_clock(path, AT, speed=7200.0, until=AT + HOUR)
    assert clock.at(time.time() + 3600) == AT + HOUR
    pace._write(path, replace(clock, wall0=clock.wall0 - 3600))
    went_on = pace.grant(path, AT + 3 * HOUR)
    assert went_on.at(time.time()) == AT + HOUR
    assert went_on.at(went_on.wall0 + 0.5) == AT + 2 * HOUR
    assert went_on.at(went_on.wall0 + 9) == AT + 3 * HOUR


def test_a_clock_that_runs_is_not_moved_by_a_new_limit(tmp_path):
    """Processes that have not read the new limit yet agree with those that have."""
    path = tmp_path / "clock.json"
    clock = pace.start_clock(path, AT, speed=1.0, until=AT + HOUR)
    further = pace.grant(path, AT + 2 * HOUR)
    assert further == replace(clock, until=(AT + 2 * HOUR).timestamp())
    assert pace.grant(path, AT) == further
