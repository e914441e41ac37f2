"""Sample ratio: against scipy's distributions, and simulated false alarms and detection."""

import numpy as np
import pytest
from scipy.stats import dirichlet_multinomial, multinomial
from slipway.stats.srm import sample_ratio

SHARES = (0.88, 0.05, 0.05, 0.02)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (880, 50, 50, 20), (10, 90, 3, 1)])
def test_equals_the_bayes_factor_of_scipy(counts):
    """The evidence is the Dirichlet-multinomial over the multinomial probability."""
    n = sum(counts)
    expected = dirichlet_multinomial.logpmf(
        counts, 1000 * np.array(SHARES), n
    ) - multinomial.logpmf(counts, n, SHARES)
    assert sample_ratio(counts, SHARES).log_e == pytest.approx(expected, abs=1e-6)


def paths(rng, shares, looks=60, users=200):
    """Counts after each look."""
    return rng.multinomial(users, shares, looks).cumsum(axis=0)


def test_peeking_raises_few_false_alarms():
    """Looking 60 times, at most 1 % of clean releases ever reach 1 / .01."""
    rng = np.random.default_rng(4)
    alarms = [
        max(sample_ratio(c, SHARES).log_e for c in paths(rng, SHARES)) >= np.log(100)
        for _ in range(400)
    ]
    assert np.mean(alarms) <= 0.01


def test_a_lost_third_of_the_candidates_users_is_found():
    """A 5 % arm that loses a third of its users is found within 12 000 users almost always."""
    rng = np.random.default_rng(5)
    parts = np.array(SHARES) * [1, 2 / 3, 1, 1]
    found = [
        sample_ratio(paths(rng, parts / parts.sum())[-1], SHARES).log_e >= np.log(100)
        for _ in range(100)
    ]
    assert np.mean(found) >= 0.95


def test_a_user_in_an_arm_without_share_is_proof():
    """An arm that must be empty and is not is infinite evidence; empty, it does not count."""
    assert sample_ratio([5, 1], [1.0, 0.0]).log_e == np.inf
    assert sample_ratio([5, 0], [1.0, 0.0]).log_e == pytest.approx(0)


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ([1], [0.5]),
        ([1, -1], [0.5, 0.5]),
        ([1, 1.5], [0.5, 0.5]),
        ([1, np.nan], [0.5, 0.5]),
        ([1, 2, 3], [0.5, 0.5]),
    ],
)
def test_impossible_inputs_are_refused(counts, shares):
    """Fractions that do not sum to 1 and counts that cannot be are errors."""
    with pytest.raises(ValueError, match="fractions"):
        sample_ratio(counts, shares)
