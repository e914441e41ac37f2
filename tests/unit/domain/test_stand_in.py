"""A stand-in reviews on the days that the file names, and is refused in one line where it is not clear."""

from datetime import UTC, date, datetime

import pytest
from slipway.domain.errors import BadConfig
from slipway.domain.people import FourEyes, People, four_eyes
from slipway.domain.stand_in import StandIn

HOLIDAY = {
    "for": "rita",
    "from": date(2026, 12, 1),
    "until": date(2026, 12, 14),
    "reason": "Rita is on leave",
}


def people(**changed):
    """Rita, and Sam who stands in for her."""
    sam = {"mlflow": ["sam"], "stands_in": HOLIDAY | changed}
    return People.from_dict({"rita": {"mlflow": ["rita"]}, "sam": sam}, "people.toml")


@pytest.mark.parametrize(
    ("at", "stands"),
    [
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 1, tzinfo=UTC), True),
        (datetime(2026, 12, 14, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 15, tzinfo=UTC), False),
    ],
)
def test_both_days_are_included(at, stands):
    """In UTC, whoever asks."""
    assert (people().standing_in("SAM", at) is not None) == stands
    assert people().standing_in("rita", at) is None


def test_its_words_say_for_whom_until_when_and_why():
    """They are signed with each decision."""
    found = StandIn.from_dict("sam", HOLIDAY, "here")
    assert found.words == "for rita, 2026-12-01 to 2026-12-14: Rita is on leave"


@pytest.mark.parametrize(
    "changed",
    [
        {"until": date(2026, 11, 30)},
        {"until": date(2027, 12, 14)},
        {"from": "2026-12-01"},
        {"from": datetime(2026, 12, 1, tzinfo=UTC)},
        {"reason": " "},
        {"reason": "two\nlines"},
        {"for": "sam"},
        {"also": "x"},
    ],
)
def test_what_is_not_clear_is_refused(changed):
    """No end, a year, a text for a date, no reason, oneself."""
    with pytest.raises(BadConfig, match=r"sam\.stands_in"):
        people(**changed)


@pytest.mark.parametrize(
    ("reviewers", "found"), [(["rita"], FourEyes.SECOND), (["rita", "ruth"], FourEyes.ENOUGH)]
)
def test_a_policy_may_ask_for_two_known_persons(reviewers, found):
    """One is not enough, two accounts of one person neither."""
    known = {
        "adam": {"airflow": ["adam"]},
        "rita": {"mlflow": ["rita", "r2"]},
        "ruth": {"mlflow": ["ruth"]},
    }
    of = People.from_dict(known, "people.toml")
    assert four_eyes("adam", reviewers, of, 2) is found
    assert four_eyes("adam", ["rita", "r2"], of, 2) is FourEyes.SECOND
    assert four_eyes("adam", ["rita"], of, 1) is FourEyes.ENOUGH


def test_an_overseer_is_a_word_of_the_file():
    """True or false; nothing else is read as either."""
    of = People.from_dict({"olga": {"mlflow": ["olga"], "overseer": True}}, "people.toml")
    assert of.oversees("Olga")
    assert not of.oversees("rita")
    with pytest.raises(BadConfig, match=r"olga\.overseer"):
        People.from_dict({"olga": {"overseer": "yes"}}, "people.toml")
