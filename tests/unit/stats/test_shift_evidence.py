"""E-processes of distances: their values, their properties and how often they err."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm
from slipway.stats.shift_evidence import (
    log_e_pairs,
    log_e_values,
    next_log_m,
    noise_of,
    normal_scores,
    p_values,
)

GAMMA = 1 / 53


@pytest.mark.parametrize("plain", [1e-2, 1e-5])
def test_the_calibrator_has_mean_one(plain):
    """Integrated over a uniform p-value by SciPy the e-value is 1, so it is one."""

    def e(p):
        return float(np.exp(log_e_values(p, plain)))

    low = quad(lambda x: e(np.exp(x)) * np.exp(x), np.log(1e-250), np.log(plain), limit=500)[0]
    high = quad(lambda x: e(np.exp(x)) * np.exp(x), np.log(plain) + 1e-12, 0, limit=500)[0]
    assert low + high == pytest.approx(1, abs=0.01)  # what lies below 1e-250 is 1 / (2 x 576)


@given(st.floats(1e-200, 1), st.floats(1e-200, 1), st.floats(1e-9, 0.4))
def test_less_p_is_more_evidence(one, other, plain):
    """The e-value falls as the p-value grows."""
    low, high = sorted((one, other))
    assert log_e_values(low, plain) >= log_e_values(high, plain) - 1e-9


def walk(values, errors, *, tolerance=0.0, alpha=0.05):
    """ln(M alpha) of streams [K, P] after each period, and the p-values."""
    log_m, found, every = np.full(len(values), -np.inf), [], []
    groups = np.zeros(len(values))
    for t in range(values.shape[1]):
        noise = noise_of(
            values[:, :t], errors[:, :t], groups, weight=0.3, fewest=4, most_degrees=50.0
        )
        p = p_values(values[:, t], errors[:, t], noise, tolerance)
        log_m = next_log_m(log_m, log_e_values(p, alpha * GAMMA / 2), GAMMA)
        found.append(log_m + np.log(alpha))
        every.append(p)
    return np.array(found).T, np.array(every).T


@pytest.mark.parametrize("wobble", [0.0, 3.0])
def test_a_year_of_noise_alarms_no_oftener_than_alpha(wobble):
    """Of 1,500 streams of 53 periods, with noise of their own beyond chance or not, at most 5 % ever alarm."""
    rng = np.random.default_rng(7)
    own = wobble * rng.gamma(4, 0.25, (1500, 1))
    errors = rng.uniform(0.5, 1.5, (1500, 53))
    values = rng.normal(0, np.sqrt(errors**2 + (own * errors) ** 2))
    strength, p = walk(values, errors)
    assert (strength >= 0).any(axis=1).mean() <= 0.05
    assert (p[:, 10:] < 0.01).mean() <= 0.013


def test_a_plain_change_is_found_in_its_period():
    """Ten standard errors in week 20 are an alarm in that week, and a growing one stays."""
    values = np.random.default_rng(8).normal(0, 1, (30, 24))
    values[:, 20:] += 10
    strength, _ = walk(values, np.ones((30, 24)))
    assert (strength[:, 20] >= 0).all()


def test_what_is_tolerated_is_no_evidence():
    """A move within the tolerance has p = 1, however many rows prove it."""
    values = np.random.default_rng(9).normal(0, 1e-6, (10, 12))
    values[:, 11] = 0.03
    _, p = walk(values, np.full((10, 12), 1e-6), tolerance=0.05)
    assert (p[:, 11] == 1).all()


def test_a_stream_of_few_periods_is_not_judged():
    """Before enough surprises were seen no distance is evidence, and gaps are no periods."""
    values = np.zeros((1, 6))
    values[0, :3] = np.nan
    noise = noise_of(values, np.ones((1, 6)), [0], weight=0.3, fewest=4, most_degrees=50.0)
    assert noise.degrees.tolist() == [0.0]
    assert p_values([99.0], [1.0], noise, 0.0).tolist() == [1.0]


@given(st.floats(1e-200, 1), st.sampled_from([-1.0, 1.0]))
def test_a_normal_score_has_the_p_value_it_came_from(p, sign):
    """SciPy's normal distribution gives the p-value back, and the sign is that of the move."""
    score = float(normal_scores(p, sign))
    assert 2 * norm.sf(abs(score)) == pytest.approx(p, rel=1e-6)
    assert score == 0 or np.sign(score) == sign


def test_pairs_are_paid_as_often_as_they_may():
    """Of 400,000 pairs of independent normal scores the mean pay is 1, within its chance error."""
    scores = np.random.default_rng(3).normal(0, 1, (2, 400_000))
    paid = np.exp(log_e_pairs(*scores, 0.01))
    assert paid.mean() == pytest.approx(1, abs=0.06)
    assert set(np.unique(paid).round(6)) == {0.0, 100.0}


@given(st.floats(-9, 9), st.floats(-9, 9))
def test_two_that_agree_are_paid_before_two_that_do_not(one, other):
    """A pair is paid no more than one whose scores have the same sign."""
    same = log_e_pairs(abs(one), abs(other), 1e-4)
    assert log_e_pairs(one, other, 1e-4) <= same


def test_less_than_usual_is_no_move_of_a_distance():
    """One-sided, a fall of ten standard errors has p = 1 and a rise half of the two-sided p-value."""
    past = np.random.default_rng(5).normal(0, 1, (1, 20))
    noise = noise_of(past, np.ones((1, 20)), [0], weight=0.3, fewest=4, most_degrees=50.0)
    for x in (-10.0, 4.0):
        two = p_values([x], [1.0], noise, 0.5)[0]
        one = p_values([x], [1.0], noise, 0.5, upper=True)[0]
        assert one == (1.0 if x < 0 else pytest.approx(two / 2))
