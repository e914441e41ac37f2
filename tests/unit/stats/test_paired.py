"""Paired differences: against scipy's paired t, brute clusters, and simulated coverage."""

import numpy as np
import pytest
from scipy.stats import norm, ttest_rel
from slipway.stats.noise import seed_spread
from slipway.stats.paired import one_sided, paired_difference, with_seeds


def test_equals_the_paired_t_statistic():
    """Mean over error is scipy's paired t."""
    rng = np.random.default_rng(1)
    a, b = rng.gamma(2, 1, 500), rng.gamma(2, 1.1, 500)
    found = paired_difference(a, b)
    assert found.mean / found.se == pytest.approx(ttest_rel(a, b).statistic)
    assert found.mean == pytest.approx(a.mean() / b.mean() - 1)


def test_clusters_widen_the_error():
    """Rows that repeat a user's difference ten times carry one user's information, not ten."""
    rng = np.random.default_rng(2)
    a, b = rng.normal(1, 0.1, 300), np.ones(300)
    once = paired_difference(a, b)
    users = np.repeat(np.arange(300), 10)
    repeated = paired_difference(np.repeat(a, 10), np.repeat(b, 10), users)
    assert repeated.se == pytest.approx(once.se)
    assert paired_difference(np.repeat(a, 10), np.repeat(b, 10)).se < 0.4 * once.se


def test_one_sided_bounds_err_as_stated():
    """At no difference the clustered upper bound falls below 0 in about 5 % of simulations."""
    rng = np.random.default_rng(3)
    users = np.repeat(np.arange(200), 5)
    below = []
    for _ in range(1500):
        shift = np.repeat(rng.normal(0, 0.1, 200), 5)
        noise = rng.normal(0, 0.1, 1000)
        found = paired_difference(1 + shift + noise, np.ones(1000), users)
        below.append(one_sided(*found, 0.05).upper < 0)
    assert np.mean(below) == pytest.approx(0.05, abs=0.02)


def test_seeds_keep_equal_recipes_from_passing():
    """With the spread over seeds counted, equal recipes pass a 5 % test in at most 6 %; without, more."""
    rng = np.random.default_rng(4)
    se, spread = 0.01, 0.008
    gaps = rng.normal(0, se, 4000) + rng.normal(0, spread, 4000) - rng.normal(0, spread, 4000)
    honest = norm.ppf(0.95) * with_seeds(se, spread, spread)
    assert np.mean(gaps < -honest) <= 0.06
    assert np.mean(gaps < -norm.ppf(0.95) * se) > 0.1


@pytest.mark.parametrize(
    ("a", "b", "cluster"),
    [
        ([1], [1], None),
        ([], [], None),
        ([1, 2], [1, np.inf], None),
        ([1, 2], [0, 0], None),
        ([1, 2], [1, 2], [7, 7]),
    ],
)
def test_undefined_differences_are_refused(a, b, cluster):
    """One cluster, no rows, NaN or a mean of zero have no difference with an error."""
    with pytest.raises(ValueError, match=r"undefined|clusters|finite"):
        paired_difference(a, b, cluster)


def test_bounds_of_broken_numbers_are_refused():
    """A NaN has no bounds."""
    with pytest.raises(ValueError, match="finite"):
        one_sided(np.nan, 1, 0.05)


def test_seed_spread_needs_two_finite_seeds():
    """One seed, or a NaN, has no spread; several have the sample's standard deviation."""
    assert seed_spread([0.1, 0.3, 0.2]) == pytest.approx(0.1)
    for bad in ([0.1], [0.1, np.nan]):
        with pytest.raises(ValueError, match="seeds"):
            seed_spread(bad)
