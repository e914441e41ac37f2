"""Known kinds in other clothes: languages of dates, durations and amounts, codes for NA, places in a group."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited
from slipway.audit import clock, duration_words, number_words
from slipway.audit.number_times import numbers_as_times

ROWS = 900
DAY = 86_400e6


@pytest.mark.parametrize(
    "said",
    [
        ["5. März 2026", "17. Dezember 2025"],
        ["5 mars 2026", "17 décembre 2025"],
        ["5 de marzo de 2026", "17 de diciembre de 2025"],
        ["2026年3月5日", "2025年12月17日"],
        ["2026.03.05", "2025.12.17"],
        ["Thursday, March 5, 2026", "Wednesday, December 17, 2025"],
        ["Thu, 05 Mar 2026 00:00:00 +0000", "Wed, 17 Dec 2025 00:00:00 +0000"],
        ["Thu Mar 05 00:00:00 UTC 2026", "Wed Dec 17 00:00:00 UTC 2025"],
        ["2026-W10-4", "2025-W51-3"],
        ["2026-064", "2025-351"],
        ["20260305T140509Z", "20251217T140509Z"],
        ["le 5 mars 2026 à 14h05", "mercredi 17 décembre 2025 à 14h05"],
        ["2026. 3. 5.", "2025. 12. 17."],
        ["5 марта 2026", "17 декабря 2025"],
        ["05MAR2026:14:05:09", "17DEC2025:14:05:09"],
        ["/Date(1772719509000)/", "/Date(1765980309000)/"],
        [
            "2026-03-05T14:05:09.000+01:00[Europe/Berlin]",
            "2025-12-17T14:05:09.000+01:00[Europe/Berlin]",
        ],
    ],
)
def test_a_date_is_read_in_the_languages_and_programs_of_the_field(said):
    """The same two days, 78 days apart."""
    found = clock.read_words(said, np.ones(2, dtype=np.int64))
    assert found is not None
    assert pd.to_datetime(found[0], unit="us").normalize() == pd.Timestamp("2026-03-05")
    assert (found[0] - found[1]) / DAY == 78


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["2026-03", "2025-12"], "2026-03-01"),
        (["Q1 2026", "Q4 2025"], "2026-01-01"),
        (["26-03-05", "25-12-17", "26-01-31", "26-02-20"], "2026-03-05"),
    ],
)
def test_a_month_a_quarter_and_a_year_of_two_digits_are_read(words, first):
    """A period is its first day; of years there are fewer than of days."""
    found = clock.read_words(words, np.ones(len(words), dtype=np.int64))
    assert found is not None
    assert pd.to_datetime(found[0], unit="us") == pd.Timestamp(first)


@pytest.mark.parametrize(
    ("name", "values", "first"),
    [
        ("closed_date", [46086.0, 46008.0], "2026-03-05"),
        ("updated_at", [46086.5, 46008.25], "2026-03-05 12:00"),
        ("updated", [1772719509.25, 1765980309.5], "2026-03-05 14:05:09.25"),
        ("day", [2026064.0, 2025351.0], "2026-03-05"),
    ],
)
def test_days_of_a_spreadsheet_and_of_a_year_are_times(name, values, first):
    """A name that says a date, or several years of days, make a time of a number."""
    found = numbers_as_times(name, np.array(values))
    assert found is not None
    assert pd.to_datetime(found[0], unit="us") == pd.Timestamp(first)


@pytest.mark.parametrize(
    ("name", "values"),
    [("price", [46086.0, 46008.0]), ("id", [2000001.0, 2000002.0, 2000003.0])],
)
def test_amounts_and_numbers_of_cases_are_no_times(name, values):
    """What lies in the range of a date by its size alone stays a number."""
    assert numbers_as_times(name, np.array(values)) is None


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        ("1,5 Std", 5400),
        ("PT1.5H", 5400),
        ("P1W", 604_800),
        ("2d 3h", 183_600),
        ("1 hour and 30 minutes", 5400),
        ("1分30秒", 90),
    ],
)
def test_a_duration_may_have_decimals_and_any_unit(word, seconds):
    """Hours with a comma, weeks of ISO 8601, minutes and seconds in Chinese."""
    assert duration_words.seconds(word) == seconds


@pytest.mark.parametrize(
    ("word", "value"),
    [("1'000.-", 1000), ("≈ 5", 5), ("1_000", 1000), ("￥1,000", 1000), ("5 €/m²", 5)],
)
def test_a_number_is_read_as_people_and_programs_write_it(word, value):
    """No cents, about, thousands of a program, full width, by the square metre."""
    cell = number_words.cell(word)
    assert cell is not None
    assert value in cell[2]


@pytest.mark.parametrize("word", ["0x1F", "12½"])
def test_what_is_no_decimal_number_does_not_fit(word):
    """A number in sixteens or with a fraction is named, never read as its first digits."""
    assert number_words.cell(word) is None


@pytest.mark.parametrize(
    "word", ["4 Min. 21 Sek.", "4'21\"", "00:04:21", "4 minutos 21 segundos", "PT4M21S"]
)
def test_a_duration_is_read_in_other_languages(word):
    """Four minutes and 21 seconds."""
    assert duration_words.seconds(word) == 261


@pytest.mark.parametrize(
    ("word", "value"), [("1,25 Mio. €", 1.25), ('="12.5"', 12.5), ("3k USD", 3.0)]
)
def test_a_scale_may_stand_before_a_currency(word, value):
    """1,25 Mio. € is a number, and so is what a spreadsheet quotes."""
    cell = number_words.cell(word)
    assert cell is not None
    assert value in cell[2]


def frame(rng, rows=ROWS):
    """Rows in time with a weak column."""
    at = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(np.arange(rows), unit="h")
    return pd.DataFrame({"at": at, "weak": rng.normal(size=rows)})


def test_na_among_codes_of_its_shape_is_a_class():
    """NA, EU and AS: North America is an outcome, and what tells it is found."""
    rng = np.random.default_rng(1)
    label = rng.choice(["NA", "EU", "AS"], ROWS)
    table = frame(rng).assign(label=label, flag=(label == "NA").astype(int))
    assert audited(table).accused == ("flag",)


def test_an_absolute_difference_is_found():
    """Within 20 of each other: both columns give the label."""
    rng = np.random.default_rng(2)
    a, b = (rng.gamma(3, 40, ROWS).round(2) for _ in "ab")
    table = frame(rng).assign(a=a, b=b, label=(np.abs(a - b) < 20).astype(int))
    assert set(audited(table).accused) == {"a", "b"}


def test_the_best_of_its_group_is_found():
    """A score says nothing over the table and all within its request."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(ROWS // 6), 6)
    score = rng.normal(size=ROWS) + rng.normal(0, 3, ROWS // 6)[group]
    best = pd.Series(score).groupby(group).transform("max").to_numpy() == score
    table = frame(rng).drop(columns="at").assign(request=group, score=score, label=best.astype(int))
    assert audited(table, time=(), group="request").accused == ("score",)


def test_a_rule_that_holds_in_most_parts_is_no_leak_of_one():
    """All of c = 3, else those with a = x: honest, and near perfect wherever c is not 3."""
    rng = np.random.default_rng(4)
    a, c = rng.choice(list("xyz"), ROWS), rng.integers(0, 4, ROWS)
    label = ((a == "x") | (c == 3)) ^ (rng.random(ROWS) < 0.03)
    table = pd.DataFrame({"a": a, "b": rng.choice(list("pq"), ROWS), "c": c, "label": label})
    assert audited(table, time=()).accused == ()


def test_what_goes_with_a_number_all_along_is_a_question():
    """Output tells cost with a rank correlation of .97, as causes do; the amount with tax is the label."""
    rng = np.random.default_rng(5)
    output = rng.gamma(1, 900, ROWS)
    cost = 0.01 * output * np.exp(rng.normal(0, 0.25, ROWS))
    table = frame(rng).drop(columns="at").assign(output=output.round(0), label=cost)
    assert audited(table, time=()).accused == ()
    assert audited(table.assign(gross=(cost * 1.19).round(2)), time=()).accused == ("gross",)
