"""Only a first run on the newest week may put a version on the slipway."""

from datetime import timedelta

import pytest
from run_kit import MONDAY, registered
from slipway.domain.errors import NotEligible
from slipway.domain.release import Origin
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
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
    """A retried task finds its version on the dock."""
    offer(registered(), VERDICTS, cleared=False)
    assert offer(registered(), VERDICTS, cleared=False)["epochs"] == []
