"""A policy's value from answers that another one gave."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.weighted_value import weighted_value


def test_the_policy_s_own_log_is_its_mean_with_the_usual_interval():
    """With weights of 1 it is the sample mean and SciPy's t interval."""
    from scipy import stats

    outcome = (np.random.default_rng(1).random(400) < 0.1).astype(float)
    found = weighted_value(outcome, np.ones(400), np.arange(400), 10, 0.05)
    low, high = stats.t.interval(0.9, 399, outcome.mean(), stats.sem(outcome))
    assert np.allclose([found.value, found.lower, found.upper], [outcome.mean(), low, high])
    assert found.support == 1
    assert found.effective == pytest.approx(400)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 20))
def test_a_lower_clip_never_supports_more(seed, clip):
    """What is clipped off is support that is missing, and is said to be."""
    rng = np.random.default_rng(seed)
    weight, outcome = rng.exponential(1, 300), rng.random(300)
    cluster = np.arange(300) % 30
    low, high = (weighted_value(outcome, weight, cluster, c, 0.05) for c in (clip, 2 * clip))
    assert low.support <= high.support
    assert low.lower <= low.value <= low.upper


def test_no_overlap_and_no_clusters_are_errors():
    """A policy that does nothing that was logged has no value, and one cluster no error."""
    with pytest.raises(ValueError, match="no overlap"):
        weighted_value(np.ones(9), np.zeros(9), np.arange(9), 5, 0.05)
    with pytest.raises(ValueError, match="fewer than two clusters"):
        weighted_value(np.ones(9), np.ones(9), np.zeros(9, int), 5, 0.05)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """In 300 logs of a random policy a 90 % interval holds the other policy's value in 82 to 97 %."""
    rng = np.random.default_rng(4)
    rates, target = rng.uniform(0.02, 0.3, 10), rng.dirichlet(np.ones(10))
    truth, held = float(rates @ target), 0
    for _ in range(300):
        item = rng.integers(0, 10, 3_000)
        outcome = (rng.random(3_000) < rates[item]).astype(float)
        found = weighted_value(outcome, target[item] * 10, np.arange(3_000), 100, 0.05)
        held += found.lower <= truth <= found.upper
    assert 0.82 <= held / 300 <= 0.97
