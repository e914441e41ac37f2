"""Design effect: against brute force, its meaning, and simulation."""

import numpy as np
import pytest
from slipway.stats.design_effect import at_least_one, design_effect


def test_equals_the_formula_summed_by_hand():
    """The vectorised sum is the sum of the formula's terms."""
    n, c = [3, 8, 5], [1, 4, 0]
    p = 5 / 16
    by_hand = sum((ci - p * ni) ** 2 for ni, ci in zip(n, c, strict=True)) / (p * (1 - p) * 16)
    assert design_effect(n, c) == pytest.approx(by_hand)


def test_independent_trials_have_design_effect_one():
    """Users with a common rate give 1 up to noise, and what divides evidence never falls below 1."""
    rng = np.random.default_rng(1)
    n = rng.poisson(20, 20_000) + 1
    found = design_effect(n, rng.binomial(n, 0.1))
    assert found == pytest.approx(1, abs=0.05)
    assert at_least_one([5, 5], [1, 1]) == 1


def test_beta_users_have_the_textbook_design_effect():
    """Beta-binomial users of m trials have 1 + (m - 1) rho with rho = 1 / (a + b + 1)."""
    rng = np.random.default_rng(2)
    rates = rng.beta(1, 9, 50_000)
    assert design_effect(np.full(50_000, 20), rng.binomial(20, rates)) == pytest.approx(
        1 + 19 / 11, rel=0.03
    )


@pytest.mark.parametrize(
    ("n", "c"),
    [
        ([], []),
        ([0], [0]),
        ([1], [2]),
        ([1], [-1]),
        ([1.5], [1]),
        ([2], [0.5]),
        ([np.nan], [0]),
        ([1, 1], [1]),
    ],
)
def test_no_users_is_undefined(n, c):
    """Without users, or with counts that cannot be, there is no design effect."""
    with pytest.raises(ValueError, match=r"users|counts"):
        design_effect(n, c)


def test_all_or_nothing_has_no_spread():
    """Where nobody or everybody clicked there is nothing to widen."""
    assert design_effect([3, 4], [0, 0]) == design_effect([3, 4], [3, 4]) == 1
