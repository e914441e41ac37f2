"""Counts in words."""

import pytest
from slipway.domain.in_words import counted


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 day"), (1.0, "1 day"), (0, "0 days"), (1.5, "1.5 days"), (1_200, "1,200 days")],
)
def test_one_is_one_and_all_else_is_many(number, words):
    """Only 1 of a thing is called by its singular."""
    assert counted(number, "day") == words
