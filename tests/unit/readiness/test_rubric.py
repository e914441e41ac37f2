"""The rubric is the paper's: four sections of seven items."""

from collections import Counter

from slipway.readiness.rubric import ITEMS, Section


def test_four_sections_of_seven_items():
    """Each item stands there once, under its own id."""
    assert Counter(item.section for item in ITEMS) == dict.fromkeys(Section, 7)
    assert len({item.id for item in ITEMS}) == len({item.words for item in ITEMS}) == 28
