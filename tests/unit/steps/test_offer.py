"""Only a first run on the newest week may put a version on the slipway."""

from dataclasses import replace
from datetime import timedelta

import pytest
from run_kit import MODEL, MONDAY, VALIDATION, registered
from slipway.domain.errors import NotEligible
from slipway.domain.release import Origin
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.release.machine import Return
from slipway.release.transitions import transition
from slipway.steps import context
from slipway.steps.offer import offer

VERDICTS = [Verdict("parity", Conclusion.PASS, "equal").to_dict()]


def test_a_run_on_the_newest_week_is_offered_with_its_verdicts(home):
    """The ledger holds the version, who made it, and the verdicts it was offered with."""
    assert offer(registered(), VERDICTS, cleared=False) == {"version": "1", "epochs": [1]}
    (line,) = context.ledger().transitions("feed")
    assert line.to_stage is Stage.OFFERED
    assert line.candidate.author == "adam"
    assert [v.to_dict() for v in line.verdicts] == VERDICTS


@pytest.mark.parametrize(
    ("changes", "cleared", "words"),
    [
        ({"origin": Origin.BACKFILL}, False, "backfill"),
        ({}, True, "cleared"),
        ({"end": MONDAY - timedelta(weeks=1)}, False, "newest"),
    ],
)
def test_a_run_that_may_not_go_live_is_refused_and_leaves_no_trace(home, changes, cleared, words):
    """Backfills, cleared runs and old weeks get no line in the ledger."""
    offer(registered("7"), VERDICTS, cleared=False)
    with pytest.raises(NotEligible, match=words):
        offer(registered("8", **changes), VERDICTS, cleared=cleared)
    assert len(context.ledger().transitions("feed")) == 1


def test_offering_the_same_version_twice_changes_nothing(home):
    """A retried task finds its version queued."""
    offer(registered(), VERDICTS, cleared=False)
    assert offer(registered(), VERDICTS, cleared=False)["epochs"] == []


def ended(version, stage=Stage.REJECTED):
    """End the release of the queued candidate, as a reconciler's look would."""
    ledger = context.ledger()
    state = ledger.state("feed")
    step = transition(
        state, Return(stage, "so"), policy=context.policy_of("feed"), now=context.now(), actor="t"
    )
    ledger.append(step)
    assert step.candidate.version == version


@pytest.mark.parametrize("stage", [Stage.REJECTED, Stage.RETURNED, Stage.TIMED_OUT])
def test_a_decision_is_final_for_the_model_whatever_it_is_registered_as(home, stage):
    """Another run, another version and another code around the same trees: all refused."""
    offer(registered("7"), VERDICTS, cleared=False)
    ended("7", stage)
    copy = registered("8")
    other = replace(MODEL, fingerprint="e" * 64)
    for run in (copy, replace(copy, version="9", author="rita", model=other)):
        with pytest.raises(NotEligible, match="version 7, which was"):
            offer(run, VERDICTS, cleared=False)
    fresh = replace(copy, version="10", model=replace(other, learned="another"))
    assert offer(fresh, VERDICTS, cleared=False)["version"] == "10"


def test_a_run_is_offered_once_whatever_the_scheduler_remembers(home):
    """Deleted and made again with its id, or its offer alone cleared: both say 'not cleared'."""
    run = registered("7")
    offer(run, VERDICTS, cleared=False)
    ended("7", Stage.SUPERSEDED)
    again = replace(run, version="8", model=replace(MODEL, fingerprint="e" * 64, learned="new"))
    for second in (run, again):
        with pytest.raises(NotEligible, match="offered before"):
            offer(second, VERDICTS, cleared=False)
    resumed = replace(again, validation=replace(VALIDATION, resumed=True))
    with pytest.raises(NotEligible, match="offered before"):
        offer(resumed, VERDICTS, cleared=True)
    assert offer(replace(again, key="manual__8"), VERDICTS, cleared=False)["version"] == "8"
