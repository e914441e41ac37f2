"""The score follows the paper: points by how an item is shown, the least section counts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.errors import BadInput
from slipway.readiness.facts import ReadinessFacts
from slipway.readiness.rubric import ITEMS, Section
from slipway.readiness.score import Confirmation, check_item, score

AT = datetime(2026, 3, 2, tzinfo=UTC)
WORD = Confirmation("rita", AT, "looked at every input")
EMPTY = ReadinessFacts("feed", AT, inputs=(), timeout_days=21.0)
IDS = [item.id for item in ITEMS]


def test_a_line_on_which_all_holds_has_seven_but_for_what_only_people_know(ready):
    """Each item with a check has its point and its evidence; by hand half a point is to be had."""
    found = score(ready, {})
    assert [item.id for item in found.items if item.points != 1] == [
        item.id for item in ITEMS if item.check is None
    ]
    assert found.final == min(found.sections.values()) == 6.0
    by_hand = {item.id: WORD for item in ITEMS if item.check is None}
    assert score(ready, by_hand).final == 6.5


def test_nothing_collected_scores_nothing_and_says_why():
    """A check that cannot run is 0, never a guess, and why it could not is said."""
    found = score(replace(EMPTY, missing={"expired": "could not be collected: no log"}), {})
    assert found.final == 0
    assert {item.points for item in found.items} == {0.0}
    assert all(item.evidence.startswith("not shown: ") for item in found.items)
    assert "no log" in next(item.evidence for item in found.items if item.id == "data5")


@given(st.sets(st.sampled_from(IDS)))
def test_a_confirmation_is_worth_half_a_point_wherever_no_check_holds(confirmed):
    """Against a sum of one's own: the paper's half for each, and the least of four sums."""
    found = score(EMPTY, dict.fromkeys(confirmed, WORD))
    assert found.sections == {
        section: sum(0.5 for i in ITEMS if i.section is section and i.id in confirmed)
        for section in Section
    }
    assert found.final == min(found.sections.values())
    for item in found.items:
        assert ("last confirmed by rita on 2026-03-02" in item.evidence) == (item.id in confirmed)


def test_a_check_that_holds_needs_no_hand(ready):
    """And one that does not is named beside the confirmation that stands in for it."""
    assert score(ready, {"data1": WORD}).items[0].points == 1
    undone = score(replace(ready, expired=3), {"data5": WORD}).items[4]
    assert undone.points == 0.5
    assert "the check: 3 items are older" in undone.evidence


def test_the_score_is_said_with_its_weakest_section(ready):
    """And with what of it is not shown; nothing is missing where all is."""
    said = score(replace(ready, drill=None, reruns=None), {}).words
    assert said.startswith("4 of 7 (ML Test Score), the least section is ML infrastructure")
    assert "not shown: Training is reproducible" in said
    by_hand = {item.id: WORD for item in ITEMS if item.check is None}
    assert "not shown" not in score(ready, by_hand).words


def test_an_unknown_item_is_refused():
    """With the names of those that there are."""
    assert check_item("infra7") == "infra7"
    with pytest.raises(BadInput, match="must be one of data1, "):
        check_item("data8")
