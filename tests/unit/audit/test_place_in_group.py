"""The best of a group is found by its place in it; rows that are alike there have one place."""

import numpy as np
import pandas as pd
from audit_kit import audited
from slipway.audit.finding import Grade

LISTS, LONG = 150, 6


def listed(**columns):
    """Lists as they were logged, of which mostly the first row was bought."""
    rng = np.random.default_rng(3)
    place = np.tile(np.arange(LONG), LISTS)
    return pd.DataFrame(
        {
            "list": np.repeat([f"r{k:04}" for k in range(LISTS)], LONG),
            "bought": (place == 0) & (rng.random(len(place)) < 0.9),
            "price": rng.normal(20, 4, len(place)).round(2),
            **{name: make(rng, place) for name, make in columns.items()},
        }
    )


def hour(rng, _):
    return np.repeat(rng.integers(8, 20, LISTS), LONG)


def best(rng, place):
    base = np.repeat(rng.normal(0, 50, LISTS), LONG)
    return base - np.where(place == 0, 0, rng.uniform(1, 9, len(place)))


def test_what_a_list_shares_has_no_place_in_it():
    """In which order equal values stand is how the file was written, and accuses nobody."""
    assert audited(listed(hour=hour), label="bought", time=(), group="list").accused == ()


def test_the_best_of_its_list_is_found():
    """A column whose highest value in the list was bought, at whatever height."""
    found = audited(listed(rank_sum=best), label="bought", time=(), group="list")
    assert found.grade("rank_sum") in (Grade.LEAK, Grade.SUSPECT)
