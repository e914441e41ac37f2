"""What one amount counts at most: against sorting, as sums that add up, and where nothing is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.amount_cap import SIZES, sizes, usual_amount

A_BUCKET = 2 ** (1 / 8)


@pytest.mark.parametrize("seed", range(4))
def test_is_the_quantile_of_sorted_amounts_to_a_buckets_end(seed):
    """Of amounts with any tail and unit, what all but a hundredth stay below, and never less."""
    rng = np.random.default_rng(seed)
    amounts = rng.lognormal(seed, 2.0, 5_000) * np.where(rng.random(5_000) < 0.5, -1, 1)
    amounts[rng.random(5_000) < 0.3] = 0.0
    known = np.sort(np.abs(amounts[amounts != 0]))
    exact = known[len(known) - 1 - int(0.01 * len(known))]
    assert exact <= usual_amount(sizes(amounts), 0.99) <= exact * A_BUCKET * (1 + 1e-12)


def test_three_robots_are_never_what_is_usual():
    """However few amounts there are, the largest three set nothing once a quantile tells them apart."""
    for of in (100, 150, 299):
        amounts = np.concatenate((np.full(of - 3, 5.0), [1e9, 1e10, 1e11]))
        assert usual_amount(sizes(amounts), 0.99) < 5.0 * A_BUCKET * (1 + 1e-12)


def test_before_a_quantile_tells_any_apart_it_is_the_largest():
    """Of fewer than a hundred amounts nobody is one in a hundred; of none nothing is known."""
    assert 700.0 <= usual_amount(sizes([1.0] * 98 + [700.0]), 0.99) < 700.0 * A_BUCKET
    assert usual_amount(sizes([0.0, 0.0]), 0.99) == 0.0
    assert sizes(np.zeros((0, 3))).shape == (3, SIZES)


@given(
    st.lists(st.floats(-1e18, 1e18, allow_nan=False), max_size=60),
    st.lists(st.floats(-1e18, 1e18, allow_nan=False), max_size=60),
)
def test_counts_of_two_hours_are_those_of_both(first, second):
    """They add up in any order, signs do not matter, and the largest of few is never exceeded."""
    both = sizes([*first, *second])
    assert (sizes(first) + sizes(second) == both).all()
    assert (sizes([-x for x in reversed(second)]) + sizes(first) == both).all()
    largest = max((abs(x) for x in (*first, *second)), default=0.0)
    if 2.0**-23 < largest < 2.0**55:
        assert usual_amount(both, 0.99) >= largest or len(first) + len(second) >= 100
