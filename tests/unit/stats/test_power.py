"""The power said of a comparison is the share of equal candidates that pass it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import norm
from slipway.domain.policy import Policy
from slipway.stats import ratio_sums
from slipway.stats.eprocess import relative_effect
from slipway.stats.paired import one_sided
from slipway.stats.power import passes_by_now_if_equal, passes_if_equal
from slipway.stats.split import split

HARM, WEIGHTS = Policy().harm_effects, Policy().harm_weights
SIZES = some.floats(1e-4, 10)


@pytest.mark.parametrize(
    ("se", "margin", "alpha"), [(1.0, 2.0, 0.05), (0.3, 0.2, 0.01), (2, 9, 0.1)]
)
def test_it_is_the_textbook_power_of_a_non_inferiority_test(se, margin, alpha):
    """SciPy's normal distribution, by the formula of the textbook, says the same."""
    half = norm.isf(alpha) * se
    expected = norm.cdf(margin / se - norm.isf(alpha))
    assert passes_if_equal(half, margin, alpha) == pytest.approx(expected)


@given(half=SIZES, margin=SIZES, more=SIZES)
def test_more_data_and_wider_margins_never_lower_it(half, margin, more):
    """It stays a probability, and falls with the width and rises with the margin."""
    here = passes_if_equal(half, margin, 0.05)
    assert 0 <= here <= 1
    assert (
        passes_if_equal(half, margin + more, 0.05)
        >= here
        >= passes_if_equal(half + more, margin, 0.05)
    )


def test_simulated_equal_candidates_pass_as_often_as_it_says():
    """Of 40,000 candidates without a difference as many pass the gate's own bounds."""
    se, margin, alpha = 0.01, 0.02, 0.05
    bounds = [one_sided(mean, se, alpha) for mean in np.random.default_rng(1).normal(0, se, 40_000)]
    half = bounds[0].upper - (bounds[0].lower + bounds[0].upper) / 2
    seen = np.mean([bound.upper <= margin for bound in bounds])
    assert passes_if_equal(half, margin, alpha) == pytest.approx(seen, abs=0.01)


@pytest.mark.parametrize("wrong", [(-1, 1, 0.05), (1, 0, 0.05), (1, 1, 0.5)])
def test_what_has_no_power_is_refused(wrong):
    """A width below 0, no margin or a two-sided error raise instead of giving a number."""
    with pytest.raises(ValueError, match="half width"):
        passes_if_equal(*wrong)


@given(se=SIZES, margin=SIZES, alpha=some.floats(0.001, 0.4))
def test_of_a_bound_at_one_look_alone_it_is_the_same(se, margin, alpha):
    """A sequence that is as wide as a fixed-sample bound has its power."""
    half = norm.isf(alpha) * se
    expected = passes_if_equal(half, margin, alpha)
    assert passes_by_now_if_equal(half, se, margin) == pytest.approx(expected, abs=1e-9)


def test_simulated_equal_candidates_pass_a_look_as_often_as_it_says():
    """Poisson clicks of two equal arms, the bounds that the live gates use: the share that excludes the loss."""
    rng, looks, margin = np.random.default_rng(3), 400, 0.02
    clicks = rng.poisson(60_000, (looks, 2)).astype(float)
    trials = np.array([600_000.0])
    passed, said = [], []
    for control, candidate in clicks:
        data = split(trials, np.array([control]), trials, np.array([candidate]))
        found = relative_effect(data, effects=HARM, weights=WEIGHTS, alpha=0.05)
        spread = 1 / ratio_sums.information(ratio_sums.ratio_sums(data), 1 + found.estimate)
        half = np.log1p(found.estimate) - np.log1p(found.lower)
        said.append(passes_by_now_if_equal(half, spread**0.5, -np.log1p(-margin)))
        passed.append(found.lower > -margin)
    assert 0.2 < np.mean(passed) < 0.8
    assert np.mean(said) == pytest.approx(np.mean(passed), abs=0.06)


@pytest.mark.parametrize("wrong", [(-1, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_look_without_spread_or_margin_is_refused(wrong):
    """It raises instead of giving a number."""
    with pytest.raises(ValueError, match="standard error"):
        passes_by_now_if_equal(*wrong)
