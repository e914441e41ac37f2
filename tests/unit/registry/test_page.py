"""The version's page tells the reviewer how to decide and fits into every database."""

import pytest
from slipway.domain.errors import BadInput
from slipway.registry.page import MAX_DESCRIPTION, check_description, with_review_block

DIGEST = "0123456789abcdef" * 4


def test_two_reviewers_are_asked_where_one_is_not_enough():
    """It is said where the reviewer reads, and fits what MLflow on PostgreSQL holds."""
    text = with_review_block("# Good", "ab" * 32, one=False)
    assert "two reviewers who are not its author" in text
    assert MAX_DESCRIPTION + len(text) - len("# Good") <= 5_000


def test_the_longest_page_still_fits_postgresql():
    """With the part on the review the longest description stays within 5,000 characters."""
    assert len(with_review_block("x" * MAX_DESCRIPTION, DIGEST)) <= 5000


def test_the_page_with_buttons_is_linked_where_it_fits():
    """The link stands first; a description that would grow too long for it keeps the words alone."""
    link = f"https://{'x' * 90}.example/slipway/review?name=feed&version=3"
    assert f"[its review page]({link})" in with_review_block("short", DIGEST, review_page=link)
    full = with_review_block("x" * MAX_DESCRIPTION, DIGEST, one=False, review_page=link)
    assert len(full) <= 5000
    assert "approve 0123456789ab your reason" in full


def test_a_longer_page_is_refused():
    """A description that PostgreSQL would cut off is refused before anything is uploaded."""
    with pytest.raises(BadInput, match="at most 4500"):
        check_description("x" * (MAX_DESCRIPTION + 1))


def test_new_evidence_replaces_the_part_on_the_review():
    """The part is there once, with the digest that counts now."""
    page = with_review_block(with_review_block("# feed", "9" * 64), DIGEST)
    assert page.count("To decide") == 1
    assert "approve 0123456789ab " in page
    assert "999" not in page


def test_the_page_says_a_word_that_the_guard_understands(waiting):
    """The example on the page, copied by a reviewer, is a valid review."""
    import re

    from slipway.registry.server.review import read_review

    example = re.search(r"`(approve [^`]*)`", with_review_block("", DIGEST))[1]
    assert DIGEST.startswith(read_review(example, "feed version 3").digest)
