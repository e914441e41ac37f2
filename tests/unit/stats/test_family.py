"""Family of e-values: against the plain sum, and simulated error under dependence."""

import numpy as np
import pytest
from slipway.stats.eprocess import harm, split
from slipway.stats.family import weighted_log_e


def test_equals_the_plain_weighted_sum():
    """Working with logarithms changes nothing."""
    e = np.array([3.0, 0.2, 17.0])
    assert np.exp(weighted_log_e(np.log(e), [0.4, 0.4, 0.2])) == pytest.approx(e @ [0.4, 0.4, 0.2])


def test_identical_members_keep_the_error_rate():
    """Nine members that see the same data, full dependence, return at most 5 % at no effect."""
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(1000):
        n = np.full(60, 500)
        x = rng.binomial(n, 0.1), rng.binomial(n, 0.1)
        log_e = harm(split(n, x[0], n, x[1]), effects=(0.05, 0.2), weights=(0.5, 0.5)).log_path
        alarms += max(weighted_log_e([v] * 9, [1 / 9] * 9) for v in log_e[::5]) >= np.log(20)
    assert alarms / 1000 <= 0.05


@pytest.mark.parametrize(
    ("log_e", "weights"), [([np.nan], [1.0]), ([0.0], [1.5]), ([0.0], [0.0]), ([0.0, 1.0], [0.5])]
)
def test_impossible_families_are_refused(log_e, weights):
    """NaN, weights above 1 in sum, or not positive, are errors."""
    with pytest.raises(ValueError, match=r"weights"):
        weighted_log_e(log_e, weights)


def test_infinite_proof_stays_infinite():
    """A member that is certain makes the family certain; an empty family knows nothing."""
    assert weighted_log_e([np.inf, 0.0], [0.5, 0.5]) == np.inf
    assert weighted_log_e([], []) == 0
