"""Words of tables stay known; words of a request are known while it is at work, and no longer."""

import pytest
from slipway.data import words
from slipway.domain.errors import BadInput


def test_words_of_a_request_are_forgotten_with_the_last_that_holds_them():
    """Callers send more texts than a process can keep; two requests may send the same one at once."""
    with words.of_one_request():
        outer = words.codes_of(["only sent", ""])
        with words.of_one_request():
            assert words.codes_of(["only sent"])[0] == outer[0]
        assert words.words_of(outer) == ["only sent", ""]
    assert words.word_of(outer[0]) is None
    assert not words._SENT


def test_words_of_a_table_outlive_requests_that_send_them():
    """What was read from a table is known before, while and after it is sent."""
    code = words.number_of("of a table")
    with words.of_one_request():
        assert words.number_of("of a table") == code
    assert words.word_of(code) == "of a table"


def test_two_words_of_one_number_are_refused(monkeypatch):
    """A word that would be read as another one is named, also while it is only sent."""
    monkeypatch.setattr(words, "code_of", lambda word: 7.25)
    with words.of_one_request():
        words.number_of("one")
        with pytest.raises(BadInput, match="two and one"):
            words.number_of("two")
