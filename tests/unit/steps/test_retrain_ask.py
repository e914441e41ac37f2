"""A retrain is asked for by what the watch found, and the week's measurement keeps what waiting costs."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from ledger_kit import CANDIDATE, NOW, after, steps
from slipway.domain.errors import NotEligible
from slipway.domain.held_out import Difference
from slipway.domain.stage import Stage
from slipway.monitoring.promises import Promise, seen_on
from slipway.stats.eprocess import Effect
from slipway.steps import context, retrain_ask, watch_facts

WEEK = timedelta(weeks=1)


@pytest.fixture
def led(home, monkeypatch):
    """A line whose version 7 leads since the ninth of March."""
    past = list(steps())
    past.append(after(past, Stage.CHAMPION))
    for step in past:
        context.ledger().append(step)
    monkeypatch.setattr(context, "now", lambda: NOW + 20 * timedelta(days=1))
    return home


def test_a_broken_promise_asks_once(led, monkeypatch):
    """The task succeeds once, says by what, and is skipped after that; all of it stands in the watch."""
    with pytest.raises(NotEligible, match="nothing new asks"):
        retrain_ask.ask_retrain("feed", "look 1")
    broken = Promise("7", "2026-03-09", Effect(0.02, 0.01, 0.03))
    broken = seen_on(broken, "2026-03-10", Effect(-0.1, -0.2, 0.0), over=False)
    monkeypatch.setattr(retrain_ask, "history", lambda _: SimpleNamespace(promises=(broken,)))
    said = retrain_ask.ask_retrain("feed", "look 2")
    assert "broken" in said["asked_by"][0]
    assert retrain_ask.ask_retrain("feed", "look 2") == said, "tried again it says the same"
    with pytest.raises(NotEligible):
        retrain_ask.ask_retrain("feed", "look 3")
    facts = watch_facts.of("feed")
    assert len(facts.retrain.asks) == 1
    assert len(facts.to_dict()["retrain"]["asks"]) == 1


def test_the_weekly_run_says_what_waiting_costs(led):
    """Champion and candidate on the same rows, by the champion's age; measured again it is replaced."""
    run = SimpleNamespace(line="feed")
    for weeks in (1, 3, 3):
        measured = SimpleNamespace(
            interval_end=CANDIDATE.interval_end + weeks * WEEK,
            log_loss_diff_champion=Difference(-0.02, 0.01),
        )
        retrain_ask.remember(run, measured, "7")
    retrain_ask.remember(run, measured, None)
    curve = retrain_ask.facts("feed").curve
    assert [each.age_weeks for each in curve] == [1, 3]
    assert curve[0].loss == pytest.approx(0.02)
    assert "staleness: a champion of 3 weeks lost" in " ".join(watch_facts.of("feed").sentences)
