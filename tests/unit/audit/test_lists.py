"""A ranked list is told from a patient's visits by what the rows show, and else only asked about."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import START, audited
from slipway.audit.finding import Grade

LISTS, LONG = 150, 8
ROWS = LISTS * LONG


def counted(**columns):
    """Rows 1..8 of 150 groups, a measurement and a label that the count does not tell, in any order."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "group": np.repeat([f"g{k:03}" for k in range(LISTS)], LONG),
            "z": np.tile(np.arange(1, LONG + 1), LISTS),
            "pressure": rng.normal(120, 10, ROWS).round(1),
            "label": rng.random(ROWS) < 0.4,
        }
    )
    made = {name: make(frame, rng) for name, make in columns.items()}
    return frame.assign(**made).sample(frac=1, random_state=2)


def visit_days(frame, rng):
    days = rng.integers(1, 30, ROWS)
    return START + pd.to_timedelta(
        pd.Series(days).groupby(frame["group"].to_numpy()).cumsum(), unit="D"
    )


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"on": visit_days},
        {"age": lambda f, rng: f["z"] / 4 + np.repeat(rng.integers(20, 80, LISTS), LONG)},
        {"days_left": lambda f, _: (LONG - f["z"]) * 7},
        {"visit": lambda f, _: "week " + (f["z"] * 4).astype(str)},
        {"ward": lambda _, rng: rng.choice(list("ABCDEF"), ROWS)},
    ],
    ids=["nothing", "dates", "age", "countdown", "names", "wards"],
)
def test_the_number_of_a_visit_is_at_most_asked_about(columns):
    """Dates that move, ages, countdowns and wards that come again: no ranking, no accusation."""
    found = audited(counted(**columns), time=(), group="group")
    assert found.accused == ()
    assert found.grade("z") is Grade.NOTE


def score(frame, rng):
    return -np.sort(-rng.gamma(2, 1, (LISTS, LONG)), axis=1).ravel()


def item(frame, rng):
    return np.concatenate([rng.choice(60, LONG, replace=False) for _ in range(LISTS)]).astype(str)


def shown_at(frame, rng):
    return START + pd.to_timedelta(np.repeat(np.arange(LISTS) * 977, LONG), unit="s")


@pytest.mark.parametrize(
    ("name", "make"), [("score", score), ("item", item), ("shown_at", shown_at)]
)
def test_a_ranked_list_is_known_by_what_follows_it(name, make):
    """A score that falls with the place, items that no list repeats (a suspicion), one time per list."""
    found = audited(counted(**{name: make}), time=(), group="group")
    assert found.grade("z") is (Grade.SUSPECT if name == "item" else Grade.LEAK)
    assert name in found.of("z")[0].evidence


def test_a_date_of_the_patient_makes_no_list_of_visits():
    """The day of enrolment is one per patient; visits are numbered one after the other all the same."""
    rng = np.random.default_rng(9)
    patient = np.repeat(np.arange(200), 5)
    enrolled = pd.Timestamp("2025-01-01") + pd.to_timedelta(
        rng.integers(0, 400, 200)[patient], unit="D"
    )
    frame = pd.DataFrame(
        {
            "patient": patient,
            "visit": np.tile(np.arange(1, 6), 200),
            "enrolled": enrolled,
            "label": (rng.random(1000) < 0.3).astype(int),
        }
    )
    assert audited(frame, time=(), group="patient").accused == ()
