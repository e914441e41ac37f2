"""Which of two columns that give the label was there before."""

import numpy as np
import pandas as pd
from audit_kit import audited
from hypothesis import given
from hypothesis import strategies as st
from slipway.audit.honest_parts import digits, honest_part

ROWS = 400


def test_a_rate_is_computed_of_the_count_and_its_base():
    """Murders are a rate times the people: the rate has nine digits, the people were counted before."""
    rng = np.random.default_rng(1)
    people = rng.integers(5_000, 90_000, ROWS).astype(float)
    murders = rng.poisson(people / 4_000).astype(float)
    assert honest_part("product", murders / people, people, murders) == 1
    assert honest_part("product", people, murders / people, murders) == 0


def test_a_change_and_what_was_before_it():
    """Sleep now is sleep then and the change, of which the change is known only now."""
    rng = np.random.default_rng(2)
    before, change = rng.normal(3200, 400, ROWS).round(), rng.normal(0, 300, ROWS).round()
    assert honest_part("sum", before, change, before + change) == 0


def test_two_parts_of_a_total_do_not_tell_which_is_older():
    """Casual and registered riders add up to all riders, and neither is written otherwise."""
    rng = np.random.default_rng(3)
    a, b = rng.poisson(40, ROWS).astype(float), rng.poisson(160, ROWS).astype(float)
    assert honest_part("sum", a, b, a + b) is None
    assert honest_part("ratio", a + 1, b + 1, (a + 1) / (b + 1)) is None


@given(st.integers(0, 4), st.integers(1, 2**31))
def test_digits_are_those_a_number_is_written_with(places, seed):
    """Numbers rounded to some decimals have at most these, in double and in single precision."""
    x = np.random.default_rng(seed).uniform(1, 9, 200).round(places)
    assert digits(x) <= places
    assert digits(x.astype(np.float32).astype(float)) <= places


def test_the_base_of_a_rate_is_asked_about_and_the_rate_accused():
    """In an audit, too; and the second and third writing of the same label are found beside the first."""
    rng = np.random.default_rng(4)
    hours, parts = rng.integers(900, 2400, ROWS), rng.integers(0, 900, (2, ROWS))
    earn = rng.integers(5_000, 30_000, ROWS)
    benefits = parts.sum(axis=0) + 1
    frame = pd.DataFrame(
        {
            "hours": hours,
            "earn": earn,
            "per_hour": benefits / hours,
            "per_dollar": benefits / earn,
            "leave": parts[0] + 1,
            "insurance": parts[1],
            "label": benefits,
        }
    )
    found = audited(frame, time=())
    assert set(found.accused) == {"per_hour", "per_dollar", "leave", "insurance"}
    assert all(any("before" in f.evidence for f in found.of(n)) for n in ("hours", "earn"))


def test_a_price_in_money_of_another_year_is_found_by_its_logarithm():
    """A logarithm of a price in old money gives the label together with the year; the year is honest."""
    rng = np.random.default_rng(5)
    year = rng.choice([1978, 1981], ROWS)
    price = rng.integers(30, 300, ROWS) * 1000
    old = np.log(price / np.where(year == 1981, 1.302, 1.0))
    frame = pd.DataFrame(
        {"year": year, "old": old, "rooms": rng.integers(2, 9, ROWS), "label": price}
    )
    assert audited(frame, time=()).accused == ("old",)
