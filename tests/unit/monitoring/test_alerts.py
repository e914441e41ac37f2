"""Alerts: one a cause, said at once, again after growing gaps, closed by the look that misses it."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.alert_policy import AlertPolicy
from slipway.monitoring.alerts import Alert, Cause, Event, Message, Severity, gap, step

NOW, HOUR = datetime(2026, 3, 9, 12, tzinfo=UTC), timedelta(hours=1)
POLICY, ALL = AlertPolicy(), frozenset({"reports", "returns"})
MOVED = Cause("drift-x", "reports", Severity.NOTE, "x moved", "by .3 sd", "as before", "2026-03-02")
RETURNED = Cause(
    "return-7", "returns", Severity.PAGE, "version 7 was returned", "-4 %", "no harm", "now"
)


def run(looks, policy=POLICY):
    """What is said over ``looks`` of (causes, looked), an hour apart: (hour, message)."""
    alerts, said = {}, []
    for hour, (causes, looked) in enumerate(looks):
        alerts, new = step("feed", alerts, causes, looked, NOW + hour * HOUR, policy)
        said += [(hour, message) for message in new]
    return alerts, said


def test_one_cause_is_said_once_and_again_after_growing_gaps():
    """A page that stands for 40 hours is said in hours 0, 1, 3, 7, 15, 31: no 40 mails for one fault."""
    _, said = run([((RETURNED,), ALL)] * 40)
    assert [hour for hour, _ in said] == [0, 1, 3, 7, 15, 31]
    assert [m.event for _, m in said] == [Event.OPENED, *[Event.REPEATED] * 5]
    assert len({m.id for _, m in said}) == len(said)


def test_it_closes_itself_and_comes_back_as_no_news():
    """The look that misses it says so once; what comes back within a day is the same alert."""
    alerts, said = run([((MOVED,), ALL), ((), ALL), ((), ALL), ((MOVED,), ALL), ((), ALL)])
    assert [(h, m.event) for h, m in said] == [(0, Event.OPENED), (1, Event.CLOSED)]
    later, said = step("feed", alerts, (), ALL, NOW + 40 * HOUR, POLICY)
    assert not later
    assert not said


def test_who_cannot_look_closes_nothing():
    """A source that was away leaves its alerts open; those of others close."""
    alerts, said = run([((MOVED, RETURNED), ALL), ((), frozenset({"returns"}))])
    assert [m.cause.id for _, m in said if m.event is Event.CLOSED] == ["return-7"]
    assert alerts["drift-x"].closed_at is None


def test_what_becomes_worse_is_said_at_once():
    """A note that becomes a page does not wait for the note's week."""
    worse = replace(MOVED, severity=Severity.PAGE)
    _, said = run([((MOVED,), ALL), ((worse,), ALL)])
    assert [m.event for _, m in said] == [Event.OPENED, Event.WORSE]
    assert said[1][1].title == "[page worse] feed: x moved"


def test_a_message_says_what_a_person_needs():
    """What, found, expected, since when, what it blocks, and a link or the command."""
    _, ((_, message),) = run([((RETURNED,), ALL)])
    body = message.body("https://airflow.example/slipway/watch/feed")
    for word in (
        "what: version 7",
        "found: -4 %",
        "expected: no harm",
        "since: now",
        "blocks: nothing",
    ):
        assert word in body
    assert "link: https://airflow.example" in body
    assert "slipway watch feed" in message.body("")


LOOKS = st.lists(
    st.tuples(st.sets(st.sampled_from([MOVED, RETURNED])), st.sets(st.sampled_from(sorted(ALL)))),
    max_size=24,  # hours, in which nothing settles
)


@given(LOOKS)
def test_replaying_says_the_same_and_gaps_never_shrink(looks):
    """State through JSON or not, in whatever order causes come; what is said of a cause grows apart."""
    alerts, said = {}, []
    for hour, (causes, looked) in enumerate(looks):
        kept = json.loads(json.dumps({k: a.to_dict() for k, a in alerts.items()}))
        kept = {k: Alert.from_dict(a) for k, a in kept.items()}
        found = step("feed", alerts, causes, looked, NOW + hour * HOUR, POLICY)
        assert (
            step("feed", kept, sorted(causes, key=str), looked, NOW + hour * HOUR, POLICY) == found
        )
        alerts, new = found
        said += [(hour, message) for message in new]
    for name in ("drift-x", "return-7"):
        own = [(h, m) for h, m in said if m.cause.id == name]
        told = [h for h, m in own if m.event is not Event.CLOSED]
        gaps = [b - a for a, b in pairwise(told)]
        first = 1 if name == "return-7" else 168
        assert all(found >= first * 2**k for k, found in enumerate(gaps))
        assert len({m.id for _, m in own}) == len(own)


def test_no_gap_is_longer_than_the_longest_unless_the_first_is():
    """Pages are said at least once a week, whatever was said before."""
    assert gap(Severity.PAGE, 30, POLICY) == timedelta(hours=168)
    assert gap(Severity.NOTE, 5, AlertPolicy(note_gap_h=500)) == timedelta(hours=500)


def test_a_message_comes_back_from_json():
    """What waits in the outbox is what was to be sent."""
    _, ((_, message),) = run([((MOVED,), ALL)])
    assert Message.from_dict(json.loads(json.dumps(asdict(message)))) == message
