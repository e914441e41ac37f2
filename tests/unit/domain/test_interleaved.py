"""A drafted list as the log keeps it: what the router writes is read back, and nothing else is."""

import json

import pytest
from slipway.domain.interleaved import DraftedList, DraftState

BOTH = DraftedList(DraftState.DRAFTED, (False, True), (1.2, 0.4), (0.4, 1.2))


def changed(**parts):
    """The text of a list that says something else."""
    return json.dumps(json.loads(BOTH.to_text()) | parts)


def test_what_is_written_is_read_back():
    """Drafted or not, also lists of one item."""
    one = DraftedList(DraftState.DRAFTED, (True,), (1.0,), (0.5,))
    for found in (BOTH, one, DraftedList(DraftState.FAILED), DraftedList(DraftState.EQUAL)):
        assert DraftedList.from_text(found.to_text()) == found


@pytest.mark.parametrize("arm", ["control", "candidate"])
@pytest.mark.parametrize("credit", [None, "x", True, float("nan"), float("inf"), -0.5])
def test_a_click_that_cannot_count_is_refused(arm, credit):
    """One such credit would make numbers of all lists wrong, or none."""
    with pytest.raises(ValueError, match="no finite number from 0"):
        DraftedList.from_text(changed(**{arm: [0.4, credit]}))


def test_a_list_that_lacks_an_arm_is_refused():
    """In each two places both pick one: a list whose items are all one's own was not drafted, and says whose are missing."""
    with pytest.raises(ValueError, match="no item is the candidate's"):
        DraftedList.from_text(changed(by_candidate=[False, False]))
    with pytest.raises(ValueError, match="no item is the control's"):
        DraftedList.from_text(changed(by_candidate=[True, True]))
    raw = json.loads(BOTH.to_text())
    del raw["candidate"]
    with pytest.raises(KeyError):
        DraftedList.from_text(json.dumps(raw))
    with pytest.raises(ValueError, match="2 credits for 1 items"):
        BOTH.of(1)
