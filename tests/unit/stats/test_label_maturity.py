"""A fall at the end is told from what the history knows, with the error rate of a normal number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.label_maturity import fall


def coins(seed, rate=0.3, rows=4000):
    return (np.random.default_rng(seed).random(rows) < rate).astype(float)


def test_chance_alone_falls_as_a_normal_number_does():
    """Independent outcomes: z is about standard normal, so 1 of 700 falls beyond 3."""
    z = np.array([fall(coins(seed), 120, 4).z for seed in range(300)])
    assert abs(z.mean()) < 0.25
    assert 0.7 < z.std() < 1.1
    assert (z < -3).sum() <= 3


@pytest.mark.parametrize("left", [0.0, 0.3])
def test_outcomes_that_have_not_come_are_a_fall(left):
    """A rate that drops to a third or to nothing lies many usual changes below."""
    rng = np.random.default_rng(1)
    for seed in range(20):
        yes = coins(seed)
        yes[-200:] *= rng.random(200) < left
        found = fall(yes, 200, 4)
        assert found.z < -3.5
        assert found.ratio < found.deepest**1.5


def test_a_restless_history_makes_a_fall_usual():
    """Where every third stretch is empty by itself, an empty end is no news."""
    yes = np.tile(np.repeat([1.0, 1.0, 0.0], 100), 14)
    assert fall(yes, 100, 4).z > -3.5


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 80), st.integers(1, 4))
def test_any_history_has_an_answer(yes, width, before):
    """However short or empty a history is, the answer is finite and ratios are positive."""
    found = fall(np.array(yes, dtype=float), width, before)
    assert np.isfinite(found).all()
    assert found.ratio > 0
    assert 0 < found.deepest <= 1
