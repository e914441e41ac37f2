"""Siblings of kinds that were missed once: what they look like in other tables."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited
from slipway.audit import number_words
from slipway.audit.run import audit
from slipway.audit.two_columns import results_of_two

ROWS = 600


def frame(seed):
    """Rows in time with honest columns, and which of them are yes."""
    rng = np.random.default_rng(seed)
    yes = rng.random(ROWS) < 0.35
    at = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(ROWS) * 3, unit="h")
    age = rng.integers(18, 80, ROWS)
    return rng, yes, pd.DataFrame({"at": at, "age": age, "label": yes.astype(int)})


@pytest.mark.parametrize(
    ("word", "value"),
    [("ca. 5000", 5000), ("approx. 5,000", 5000), ("rund 12", 12), ("about 7.5 kg", 7.5)],
)
def test_a_guess_in_words_is_a_number(word, value):
    """Signs for about are written as words, too."""
    cell = number_words.cell(word)
    assert cell is not None
    assert value in cell[2]


@pytest.mark.parametrize("word", ["5000 or more", "5000+", "mehr als 5000", "over 5000"])
def test_a_limit_in_words_lies_just_beyond_it(word):
    """More than 5000 is above 5000 and below every other number."""
    cell = number_words.cell(word)
    assert cell is not None
    assert cell[2][0] == np.nextafter(5000.0, np.inf)


@pytest.mark.parametrize(
    ("how", "make"),
    [
        ("higher one", np.maximum),
        ("lower one", np.minimum),
        ("relative difference", lambda a, b: (100 * (a - b) / b).round(2)),
    ],
)
def test_what_else_people_compute_of_two_columns_is_found(how, make):
    """The higher of two bids, and a growth in per cent."""
    x = np.random.default_rng(1).gamma(6, 4, (300, 12)).round(1)
    assert results_of_two(x, make(x[:, 3], x[:, 8])) == [(how, (3, 8))]


@pytest.mark.parametrize("sign", [1, -1])
def test_votes_of_which_the_label_names_the_winner_are_found_in_few_rows(sign):
    """Three candidates in 58 districts, and the lowest bid of three; a total and a district are honest."""
    rng = np.random.default_rng(2)
    votes = rng.gamma(5, 600, (58, 3)).round()
    names = np.array(["Ann", "Bo", "Cy"])
    table = pd.DataFrame(votes, columns=["a", "b", "c"])
    table = table.assign(turnout=rng.integers(9_000, 20_000, 58), district=np.arange(58))
    found = audited(table.assign(label=names[np.argmax(sign * votes, axis=1)]), time=())
    assert set(found.accused) == {"a", "b", "c"}


def test_measures_that_tell_three_kinds_are_no_votes():
    """Kinds that lie apart in numbers of different units."""
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 3, 300)
    x = rng.normal(size=(300, 3)) + 1.5 * np.eye(3)[kind]
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(label=np.array(["x", "y", "z"])[kind])
    assert audited(table, time=()).accused == ()


def test_a_question_that_some_were_not_asked_is_none_about_the_outcome():
    """Who never married has no spouse's age and year of wedding: the column that says so is there and honest."""
    rng, yes, table = frame(4)
    married = rng.random(ROWS) < np.where(yes, 0.78, 0.25)
    table["married"] = married.astype(int)
    table["spouse"] = np.where(married, rng.integers(20, 70, ROWS), np.nan)
    late = married & (rng.random(ROWS) < 0.96)
    table["wedding"] = np.where(late, rng.integers(1970, 2020, ROWS), np.nan)
    assert audited(table).accused == ()
    assert {"spouse", "wedding"} <= set(audited(table.drop(columns="married")).accused)


@pytest.mark.parametrize("unit", ["ms", "spreadsheet"])
def test_a_number_beside_the_rows_times_is_a_time_whatever_its_name(unit):
    """Counts since 1970 and days of a spreadsheet that lie after their row in 6 % of the rows."""
    rng, _, table = frame(5)
    shift = np.where(rng.random(ROWS) < 0.06, 70, -rng.integers(1, 99, ROWS))
    at = table["at"] + pd.to_timedelta(shift, unit="h")
    days = (at - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    table["z"] = (days * 86_400_000).round() if unit == "ms" else (days + 25_569).round(6)
    assert audited(table).accused == ("z",)


def test_the_width_of_a_number_that_is_filled_up_is_read(tmp_path):
    """00012345 and 012345: a CSV's numbers keep how they are written."""
    rng, yes, table = frame(6)
    number = rng.permutation(ROWS) + 10_000
    table["z"] = [f"{n:08d}" if y else f"{n:06d}" for n, y in zip(number, yes, strict=True)]
    table.to_csv(tmp_path / "t.csv", index=False)
    assert audit(tmp_path / "t.csv", label="label", time=("at",)).accused == ("z",)


def test_one_of_many_tags_is_found():
    """Lists of tags are hardly ever equal, and one of their words tells the outcome."""
    rng, yes, table = frame(17)
    said = yes ^ (rng.random(ROWS) < 0.03)
    words = [f"tag{k}" for k in range(14)]
    table["z"] = ["|".join(sorted({*rng.choice(words, 3), *(["won"] if s else [])})) for s in said]
    assert audited(table).accused == ("z",)


def test_four_that_clear_one_another_are_judged_as_a_set():
    """Each of AUC .97, some of them not for sure: all four are written with the outcome."""
    rng, yes, table = frame(8)
    made = {f"z{k}": 3.0 * yes + rng.normal(size=ROWS) for k in range(4)}
    assert set(audited(table.assign(**made)).accused) == set(made)


def test_a_rare_class_within_a_rare_one_is_found_in_few_rows():
    """Thirteen of the thirty that are light are very light; nobody else is."""
    rng, _, table = frame(9)
    light = np.zeros(ROWS, dtype=bool)
    light[rng.choice(ROWS, 30, replace=False)] = True
    very = light & (np.cumsum(light) <= 13)
    found = audited(table.assign(label=light.astype(int), very=very.astype(int)))
    assert found.accused == ("very",)


def test_a_count_that_mostly_is_the_label_is_no_cause_of_it():
    """Children ever born beside those alive: equal in nine of ten rows."""
    rng, _, table = frame(10)
    born = rng.poisson(2.3, ROWS)
    alive = born - rng.binomial(born, 0.05)
    assert audited(table.assign(label=alive, born=born), time=()).accused == ("born",)
