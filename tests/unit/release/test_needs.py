"""What waits for a person is named with whom it waits for and what deals with it."""

from datetime import UTC, datetime, timedelta

from slipway.domain.release import Candidate, LineState, Origin
from slipway.domain.stage import Stage
from slipway.release.needs import LineFacts, NeedKind, by_urgency, needs_of, standing_in_words

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)


def state(stage, line="feed", at=AT):
    """A line whose candidate, version 3, stands there."""
    return LineState(line, 5, candidate=Candidate("3", "f", "adam", Origin.MANUAL, AT, stage, at))


def test_an_approval_waits_for_a_reviewer_since_it_was_asked():
    """Version, since when and the command; no other stage waits for anybody."""
    (need,) = needs_of(LineFacts("feed", state(Stage.APPROVAL)))
    assert (need.kind, need.who, need.since, need.version) == (
        NeedKind.APPROVAL,
        "a reviewer",
        AT,
        "3",
    )
    assert need.next_step == "slipway approve-url feed"
    assert needs_of(LineFacts("feed", state(Stage.CANARY_5))) == ()


def test_each_fault_is_a_need_of_its_own():
    """Ledger, declaration, what is unseen, a drill that is due and a line that is not in use."""
    facts = LineFacts("news", None, ("broken",), ("edited", "lost"), ("no look",), True, "too old")
    assert [need.kind for need in needs_of(facts)] == [
        NeedKind.LEDGER,
        NeedKind.LEDGER,
        NeedKind.FAULT,
        NeedKind.UNSEEN,
        NeedKind.DRILL,
        NeedKind.PLAN,
    ]


def test_what_is_most_urgent_comes_first_and_then_what_waits_longest():
    """A damaged ledger before approvals, of which the older one comes first."""
    later = LineFacts("a", state(Stage.APPROVAL, "a", AT + timedelta(days=1)))
    found = [needs_of(f)[0] for f in (later, LineFacts("b", state(Stage.APPROVAL, "b")))]
    damaged = needs_of(LineFacts("c", ledger_faults=("edited",)))[0]
    assert [need.line for need in by_urgency([*found, damaged])] == ["c", "b", "a"]


def test_where_a_line_stands_is_said_of_every_state():
    """Without a ledger, without a candidate, with one, and not in use."""
    assert standing_in_words(LineFacts("a")) == "its ledger was not read"
    assert standing_in_words(LineFacts("a", LineState("a"))) == "the rules serve, no candidate"
    assert standing_in_words(LineFacts("a", state(Stage.CANARY_5))).endswith("3 in canary 5")
    assert standing_in_words(LineFacts("a", unplanned=True)) == "not in use"
