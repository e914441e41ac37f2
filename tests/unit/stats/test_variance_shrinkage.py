"""Variances that are shrunken towards each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import invgamma
from scipy.stats import t as student
from slipway.stats.variance_shrinkage import NOTHING_KNOWN, prior_of, shrunken


def test_the_prior_is_the_one_that_drew_the_variances():
    """Of 4,000 variances from a known scaled inverse chi-square both of its numbers are found within 15 %."""
    rng = np.random.default_rng(1)
    true = invgamma.rvs(4, scale=4 * 2.0, size=4000, random_state=rng)  # d0 = 8, s0^2 = 2
    sample = true * rng.chisquare(5, 4000) / 5
    prior = prior_of(sample, 5)
    assert prior.degrees == pytest.approx(8, rel=0.15)
    assert prior.variance == pytest.approx(2, rel=0.15)


def test_equal_variances_are_worth_many_degrees():
    """Variances that differ by chance alone make one variance that is known."""
    sample = np.random.default_rng(2).chisquare(6, 50) / 6
    assert prior_of(sample, 6).degrees > 100


@given(st.lists(st.floats(0.01, 100), min_size=4, max_size=20), st.integers(1, 30))
def test_a_shrunken_variance_lies_between_its_own_and_the_prior(sample, degrees):
    """Shrinking moves no variance beyond the prior's, and none away from it."""
    prior = prior_of(sample, degrees)
    found = shrunken(sample, degrees, prior)
    low, high = np.minimum(sample, prior.variance), np.maximum(sample, prior.variance)
    assert ((found >= low - 1e-9) & (found <= high + 1e-9)).all()


def test_few_variances_say_nothing_of_each_other():
    """Three, or zeros, leave each to itself."""
    assert prior_of([1.0, 2.0, 3.0], 5) == NOTHING_KNOWN
    assert prior_of([0.0] * 10, 5) == NOTHING_KNOWN


def test_the_shrunken_t_errs_as_often_as_it_says():
    """Means of 20,000 normal samples of 5 with variances of their own are called moved in 1 % at 1 %."""
    rng = np.random.default_rng(3)
    sd = np.sqrt(invgamma.rvs(5, scale=5.0, size=20_000, random_state=rng))
    rows = rng.normal(0, sd[:, None], (20_000, 5))
    own = rows.var(axis=1, ddof=1)
    prior = prior_of(own, 4)
    t = rows.mean(axis=1) / np.sqrt(shrunken(own, 4, prior) / 5)
    wrong = np.mean(np.abs(t) > student.ppf(0.995, 4 + prior.degrees))
    assert 0.007 < wrong < 0.013
