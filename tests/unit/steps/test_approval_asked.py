"""What is asked of a reviewer, and what became of it, as the ledger has them."""

import ledger_kit
import pytest
from slipway.domain.errors import NotEligible
from slipway.domain.stage import Stage
from slipway.steps import approval_asked


def test_a_waiting_candidate_is_asked_about_until_the_ledger_has_the_decision(home):
    """Version, author, deadline and the page to decide on; no answer before there is one, then the ledger's words."""
    ledger = ledger_kit.waiting(home, "feed")
    asked = approval_asked.asked("feed")
    assert asked.subject == "feed: version 3 waits for a reviewer"
    for part in (
        "started by adam",
        "times out on 2025-03-",
        "name=feed&version=3",
        "Nothing is decided here",
    ):
        assert part in asked.body
    assert approval_asked.answer("feed", "3") == ""
    ledger.append(ledger_kit.after(ledger.transitions("feed"), Stage.REJECTED))
    assert approval_asked.answer("feed", "3") == "version 3: rejected by release_feed: to rejected"


def test_where_nobody_waits_nothing_is_asked(home):
    """A run that was started by hand is skipped."""
    with pytest.raises(NotEligible, match="no candidate that waits"):
        approval_asked.asked("feed")
