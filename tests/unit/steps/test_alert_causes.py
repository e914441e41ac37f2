"""What is worth an alert, and which class it has: broken inputs page, moved ones are notes, silence is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ledger_kit import after, steps
from slipway.domain.stage import Stage
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.alerts import Severity
from slipway.monitoring.notes import DriftReport, Note
from slipway.monitoring.promises import Promise, PromiseHistory, seen_on
from slipway.stats.eprocess import Effect
from slipway.steps import alert_causes, context, drift, watch_facts
from slipway.steps.relation import RelationReport
from slipway.steps.watch_facts import WatchFacts

NOW = datetime(2026, 3, 10, tzinfo=UTC)
DRIFT = DriftReport(
    "feed", ("2026-02-23", "2026-03-02"), ("hour",), ((-9.0, 3.0),), (("", ""),), (), (), ()
)


def note(sense, effect):
    """A note that stands."""
    return Note("hour", "all", sense, "2026-03-02", None, effect, 1e-9, "hour did so", ("age",))


def causes(monkeypatch, drift=DRIFT, now=NOW, **more):
    """Class of each cause by its id."""
    facts = WatchFacts("feed", drift, **more)
    monkeypatch.setattr(watch_facts, "of", lambda _: facts)
    found, looked = alert_causes.find("feed", now, ())
    assert looked >= {"reports", "promises", "returns", "retrains", "sight"}
    return {cause.id: cause.severity for cause in found}


@pytest.mark.parametrize(
    ("sense", "effect", "severity"),
    [
        ("location", 0.4, Severity.NOTE),
        ("missing", 0.1, Severity.NOTE),
        ("missing", 1.0, Severity.PAGE),
        ("rows", -0.7, Severity.NOTE),
        ("rows", -6.0, Severity.PAGE),
    ],
)
def test_an_input_that_is_gone_pages_and_one_that_moved_is_a_note(
    home, monkeypatch, sense, effect, severity
):
    """A column that vanished or requests that stopped are broken; drift alone never pages."""
    found = causes(monkeypatch, replace(DRIFT, notes=(note(sense, effect),)))
    assert found == {f"drift-hour-all-{sense}": severity}


def test_a_team_says_when_an_input_is_broken_and_a_look_late(home, monkeypatch):
    """What is broken and not only moved, and how late a look may be, are knobs of the line's watch."""
    monkeypatch.setattr(
        drift, "policy_of", lambda _: WatchPolicy(broken=0.1, stopped=0.4, look_late_days=60)
    )
    for sense, effect in (("missing", 0.1), ("rows", -0.7)):
        found = causes(monkeypatch, replace(DRIFT, notes=(note(sense, effect),)))
        assert found == {f"drift-hour-all-{sense}": Severity.PAGE}
    assert causes(monkeypatch, now=NOW + timedelta(weeks=3)) == {}


def test_a_week_without_rows_and_a_look_that_is_missing_are_named(home, monkeypatch):
    """The newest week without rows pages; without a newer week a look is missing."""
    assert causes(monkeypatch, replace(DRIFT, unseen=("2026-03-02",))) == {"no-rows": Severity.PAGE}
    late = causes(monkeypatch, now=NOW + timedelta(weeks=3))
    assert late == {"look-missing": Severity.TICKET}
    assert causes(monkeypatch) == {}


def test_outcomes_that_never_come_page_and_a_changed_relation_is_a_ticket(home, monkeypatch):
    """Labels that are not delivered are no changed relation: both are said, by their own ids."""
    relation = RelationReport(replace(DRIFT, notes=(note("residual", 0.2),)), ("2026-03-02",))
    assert causes(monkeypatch, relation=relation) == {
        "relation-hour-all-residual": Severity.TICKET,
        "no-outcome": Severity.PAGE,
    }


def test_a_broken_promise_is_a_ticket_and_a_return_a_page(home, monkeypatch):
    """The promise of the newest champion, and a return that nothing followed for a week."""
    promise = seen_on(
        Promise("7", "2026-03-02", Effect(0.02, 0.01, 0.03)),
        "2026-03-09",
        Effect(-0.1, -0.2, 0.0),
        over=False,
    )
    past = list(steps())
    for stage in (Stage.CHAMPION, Stage.RETURNED):
        past.append(after(past, stage))
    for step in past:
        context.ledger().append(step)
    soon = past[-1].at + timedelta(hours=1)
    found = causes(monkeypatch, now=soon, promises=PromiseHistory((promise,)))
    assert found["promise-7-2026-03-02"] is Severity.TICKET
    assert found[f"return-{past[-1].epoch}"] is Severity.PAGE
    assert f"return-{past[-1].epoch}" not in causes(monkeypatch, now=soon + timedelta(days=8))
