"""A label computed from two columns is found in few rows and among many columns."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited
from slipway.audit.two_columns import limit_of_two, results_of_two

MAKE = {
    "difference": lambda a, b: a - b,
    "sum": lambda a, b: a + b,
    "product": lambda a, b: a * b,
    "ratio": lambda a, b: a / b,
}


@pytest.mark.parametrize("how", MAKE)
def test_two_of_many_columns_are_named(how):
    """342 rows and 40 numbers: the two that give the label are named, as amount and as a limit."""
    rng = np.random.default_rng(5)
    x = rng.gamma(6, 4, (342, 40))
    made = MAKE[how](x[:, 11], x[:, 30])
    assert results_of_two(x, made) == [(how, (11, 30))]
    assert limit_of_two(x, made > np.quantile(made, 0.8)) == (how, (11, 30))


def test_honest_columns_give_nothing():
    """Strong columns and classes that lie far apart are no computed label."""
    rng = np.random.default_rng(6)
    yes = rng.random(342) < 0.4
    x = rng.normal(size=(342, 30))
    assert results_of_two(x, rng.normal(size=342)) == []
    assert limit_of_two(x + 0.8 * yes[:, None], yes) is None
    apart = x[:, :2] + 20 * yes[:, None]
    assert limit_of_two(apart, yes) is None


def test_the_difference_of_two_scores_is_found_in_a_small_table():
    """Won or lost is home above away: both are accused, in 342 rows with 25 columns."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.normal(size=(342, 23)), columns=[f"x{k}" for k in range(23)])
    frame = frame.assign(home=rng.poisson(70, 342), away=rng.poisson(70, 342))
    found = audited(frame.assign(label=(frame["home"] > frame["away"]).astype(int)), time=())
    assert set(found.accused) == {"home", "away"}


def test_every_pair_and_the_rounding_of_its_columns_are_allowed_for():
    """A rate less inflation, each to two decimals, and the same total split in two ways."""
    rng = np.random.default_rng(10)
    a, b, share = rng.normal(9, 3, 300), rng.normal(4, 2, 300), rng.uniform(0.2, 0.8, 300)
    columns = [a.round(2), b.round(2), (share * (a - b)).round(2), ((1 - share) * (a - b)).round(2)]
    pairs = results_of_two(np.column_stack(columns), (a - b).round(2))
    assert {pair.columns for pair in pairs} == {(0, 1), (2, 3)}


def test_a_rate_in_per_cent_is_a_ratio():
    """Members per hundred who could be, to one decimal."""
    rng = np.random.default_rng(11)
    able = rng.integers(50, 900, 300).astype(float)
    members = np.floor(able * rng.uniform(0.3, 1.0, 300))
    x = np.column_stack([rng.normal(size=300), members, able])
    assert results_of_two(x, (100 * members / able).round(1)) == [("ratio", (1, 2))]


def test_what_was_not_looked_for_is_said():
    """Few rows: the answer says that pairs and long sums were not looked for."""
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(rng.normal(size=(200, 20)), columns=[f"x{k}" for k in range(20)])
    found = audited(frame.assign(label=rng.random(200) < 0.4), time=())
    said = " ".join(found.reservations)
    assert "pairs of columns" in said
    assert "sums of three and more" in said
