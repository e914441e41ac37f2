"""What only a person knows of a line is declared once, in words, or left open."""

import pytest
from slipway.domain.card import Card
from slipway.domain.errors import BadConfig


def test_what_is_left_out_is_missing():
    """A card without an owner says which fields nobody filled."""
    assert Card().missing == ("intended_use", "limits", "owner", "overseer")
    assert Card("to rank", "not for children", "the feed's team", "Olga").missing == ()


@pytest.mark.parametrize("text", [" - ", "\u200b", "two\nlines", "x" * 1001, 7, None])
def test_an_answer_without_words_is_refused(text):
    """Blanks, signs that nobody sees, several lines and numbers are no answers."""
    with pytest.raises(BadConfig, match=r"line\.card\.owner"):
        Card(owner=text)
