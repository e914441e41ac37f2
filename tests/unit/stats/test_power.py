"""The power said of a comparison is the share of equal candidates that pass it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import norm
from slipway.stats.paired import one_sided
from slipway.stats.power import passes_if_equal

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
