"""Examination is learned from shuffled lists, and silence is weighed by it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.isotonic import IsotonicRegression
from slipway.stats.examination import falling, shrunken_rates
from slipway.training import examination

POSITIVE = st.floats(0.01, 100)


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(
            hnp.arrays(float, n, elements=st.floats(-50, 50)),
            hnp.arrays(float, n, elements=POSITIVE),
        )
    )
)
def test_falling_is_isotonic_regression(pair):
    """Pooling agrees with scikit-learn's isotonic regression."""
    values, weights = pair
    reference = IsotonicRegression(increasing=False).fit_transform(
        np.arange(len(values)), values, sample_weight=weights
    )
    assert np.allclose(falling(values, weights), reference, atol=1e-9)


def test_recovers_the_true_examination():
    """With many shuffled lists the estimate comes close to the truth."""
    rng = np.random.default_rng(1)
    truth = 1 / np.arange(1, 11) ** 0.7
    position = np.tile(np.arange(1, 11), 20_000)
    clicked = (rng.random(len(position)) < truth[position - 1] * 0.3).astype(float)
    found = examination.estimate(position, clicked, np.ones(len(position), bool), 10)
    assert np.abs(found - truth).max() < 0.03


def test_chosen_lists_do_not_count():
    """Clicks on ranked lists mix place with attraction and are left out."""
    position = np.tile(np.arange(1, 3), 1000)
    clicked = (position == 2).astype(float)
    theta = examination.estimate(position, clicked, np.zeros(2000, bool), 2)
    assert theta.tolist() == (1 / np.sqrt([1.0, 2.0])).tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_theta_never_rises_and_starts_at_one(seed, length):
    """Whatever the clicks, theta starts at 1, never rises and stays above zero."""
    rng = np.random.default_rng(seed)
    position = rng.integers(1, length + 3, 4000)
    clicked = (rng.random(4000) < rng.random()).astype(float)
    theta = examination.estimate(position, clicked, rng.random(4000) < 0.8, length)
    assert len(theta) == length
    assert theta[0] == 1.0
    assert (np.diff(theta) <= 0).all()
    assert theta[-1] > 0


def test_places_below_the_list_count_as_its_last_place():
    """A list longer than declared does not break the lookup."""
    theta = np.array([1.0, 0.5])
    assert examination.at(theta, np.array([1, 2, 9])).tolist() == [1.0, 0.5, 0.5]


def test_true_gamma_is_a_fixed_point_of_the_weights():
    """Weighing by the true gamma makes the weighted click rate the true gamma."""
    theta, gamma = 0.4, 0.3
    weight = examination.row_weights(np.array([1.0, 0.0]), np.full(2, theta), gamma)
    rate = theta * gamma * weight[0]
    assert np.isclose(rate / (rate + (1 - theta * gamma) * weight[1]), gamma)


PLACES = np.arange(1, 11)
SHAPES = {
    "root": PLACES**-0.5,
    "flat": np.ones(10),
    "exponential": np.exp(-0.25 * (PLACES - 1)),
    "fold": np.where(PLACES <= 4, 1.0, 0.35),
}


def errors(truth, lists, tries):
    """Root mean square errors of theta: as estimated, and from each place's free rate."""
    found = []
    for seed in range(tries):
        rng = np.random.default_rng(seed)
        position = np.tile(PLACES, lists)
        clicked = (rng.random(len(position)) < 0.42 * truth[position - 1]).astype(float)
        free = np.bincount(position - 1, weights=clicked) / lists
        ours = examination.estimate(position, clicked, np.ones(len(position), bool), 10)
        found.append([((ours - truth) ** 2).mean(), ((free / free[0] - truth) ** 2).mean()])
    return np.sqrt(np.mean(found, axis=0))


def test_the_curve_saves_a_small_line_from_noise():
    """Where places follow the usual curve, the error falls by a quarter and more."""
    ours, free = errors(SHAPES["root"], 250, 60)
    assert ours < 0.75 * free


@pytest.mark.parametrize("shape", SHAPES)
def test_another_shape_than_the_curve_costs_little(shape):
    """Clicks that contradict the curve win: the error stays near that of free rates."""
    ours, free = errors(SHAPES[shape], 250, 60)
    assert ours < 1.4 * free


@pytest.mark.parametrize("shape", SHAPES)
def test_many_clicks_find_any_shape(shape):
    """In the limit of many shuffled lists theta is the truth, whatever its shape."""
    ours, _ = errors(SHAPES[shape], 20_000, 3)
    assert ours < 0.01


def test_places_never_shown_get_the_curve():
    """A place without a single exposure is filled in, not an error."""
    shown, clicks = np.array([900.0, 900.0, 900.0, 0.0]), np.array([360.0, 180.0, 120.0, 0.0])
    rates = shrunken_rates(shown, clicks)
    assert np.isclose(rates[3], 0.1, atol=0.01)
