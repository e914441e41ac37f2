"""Four eyes are two people, whatever their accounts are called and however they are spelt."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_kit import PEOPLE
from slipway.domain.errors import BadConfig
from slipway.domain.people import FourEyes, People, checked_name, four_eyes, has_words, plain

ENOUGH, SECOND, AUTHOR = FourEyes.ENOUGH, FourEyes.SECOND, FourEyes.AUTHOR


@pytest.mark.parametrize(
    ("author", "reviewers", "found"),
    [
        ("admin", ("rita",), ENOUGH),
        ("admin", ("adam",), AUTHOR),  # one person's account in Airflow and in MLflow
        ("adam", ("adam",), AUTHOR),
        (" ADMIN ", ("Adam",), AUTHOR),
        ("ａｄｍｉｎ", ("adam",), AUTHOR),  # noqa: RUF001 - full width
        ("scheduler", ("rita",), ENOUGH),
        ("scheduler", ("scheduler",), AUTHOR),
        ("admin", ("rita", "adam"), AUTHOR),
        ("sam", ("rita",), SECOND),
        ("sam", ("rita", "ruth"), ENOUGH),
        ("sam", ("rita", "RITA"), SECOND),
        ("sam", ("sam",), AUTHOR),
        ("admin", ("adam@corp",), SECOND),  # nobody knows whose account that is
        ("admin", ("a.dam", "rita"), ENOUGH),
        ("", ("rita",), AUTHOR),
    ],
)
def test_who_may_review_whom(author, reviewers, found):
    """Known people are told apart; where one is not known, two different reviewers are asked."""
    assert four_eyes(author, reviewers, PEOPLE) is found


@pytest.mark.parametrize("author", ["adam", "scheduler"])
def test_without_a_file_nobody_is_known(author):
    """Every review then asks for a second reviewer."""
    assert four_eyes(author, ("rita",), People()) is SECOND
    assert four_eyes(author, ("rita", "ruth"), People()) is ENOUGH


def test_an_account_that_airflow_could_mean_in_two_ways_is_nobodys():
    """The operating system's account of one and Airflow's of another have the same name."""
    people = People.from_dict(
        {"ann": {"os": ["root"]}, "bob": {"airflow": ["root"]}, "rita": {"mlflow": ["rita"]}}, "f"
    )
    assert four_eyes("root", ("rita",), people) is SECOND


NAMES = st.sampled_from(["adam", "admin", "rita", "ruth", "sam", "scheduler", "a.dam", "Rita"])


@given(NAMES, st.lists(NAMES, min_size=1, max_size=3))
def test_no_author_is_ever_enough(author, reviewers):
    """Against a naive oracle: whoever's person is the author's never counts, in any spelling."""
    person = {"admin": "adam"}.get(author, author)
    said = {plain(name) for name in reviewers}
    found = four_eyes(author, reviewers, PEOPLE)
    assert (found is AUTHOR) == (plain(person) in said or plain(author) in said)
    upper = four_eyes(author.upper(), [f" {name.title()} " for name in reviewers], PEOPLE)
    assert upper is found


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "ad\u200bam",  # a space of no width
        "ad\u00adam",  # a soft hyphen
        "adam\u3164",  # a filler that is a letter
        "\u202eadam",  # another direction
        "аdam",  # noqa: RUF001 - one Cyrillic letter
        "асе",  # noqa: RUF001 - Cyrillic, read as "ace"
        "ada\u0301m\ufe0f",
        "two words",
        "...",
    ],
)
def test_a_name_that_can_be_read_as_another_is_refused(name):
    """Unseen characters, mixed alphabets and look-alikes do not come into the file."""
    with pytest.raises(BadConfig, match="SLIPWAY_PEOPLE"):
        People.from_dict({"adam": {"mlflow": [name]}}, "people.toml")


@pytest.mark.parametrize("name", ["jürgen", "张伟", "владимир", "Ｒｉｔａ", "r.ita-2@corp"])  # noqa: RUF001 - people's names
def test_people_are_called_what_they_are_called(name):
    """Names of every alphabet are taken, one alphabet each."""
    assert checked_name(name, "f") == unicodedata.normalize("NFKC", name).casefold()


@pytest.mark.parametrize(
    "raw",
    [
        {"adam": ["adam"]},
        {"adam": {"gitlab": ["adam"]}},
        {"adam": {"mlflow": "adam"}},
        {"adam": {"mlflow": [7]}},
        {"adam": {"mlflow": ["a"]}, "rita": {"mlflow": ["A"]}},
    ],
)
def test_a_file_that_is_not_one_is_refused(raw):
    """Another shape, an unknown system, an account of two people: named with what is expected."""
    with pytest.raises(BadConfig, match="must be"):
        People.from_dict(raw, "people.toml")


@pytest.mark.parametrize(
    "text", ["\u200b", "\u2060\u00ad", "\u3164", "\u115f", " .\n", "", "\ufe0f"]
)
def test_what_nobody_can_read_is_no_reason(text):
    """Blanks, marks and characters that are drawn as nothing are no words."""
    assert not has_words(text)
    assert has_words(f"{text}ok")
