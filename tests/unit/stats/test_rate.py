"""A rate against a limit: against scipy's binomial, and simulated false alarms."""

import numpy as np
import pytest
from scipy.stats import binom

from pipeline.stats.rate import RATIOS, above


def test_equals_the_mixture_of_binomial_likelihoods():
    """The evidence is the mean of binomial likelihood ratios of the total."""
    n, x, limit = np.array([50, 70]), np.array([2, 3]), 0.02
    ratios = [
        np.exp(binom.logpmf(5, 120, min(limit * r, 0.999)) - binom.logpmf(5, 120, limit))
        for r in RATIOS
    ]
    assert np.exp(above(n, x, limit=limit).log_e) == pytest.approx(np.mean(ratios))


def test_a_rate_at_the_limit_raises_few_alarms():
    """At exactly the limit, at most 5 % of peeked releases ever reach 1 / .05; three times it all do."""
    rng = np.random.default_rng(6)
    n = np.full(100, 200)

    def alarms(rate):
        return np.mean(
            [
                above(n, rng.binomial(n, rate), limit=0.01).log_peak >= np.log(20)
                for _ in range(1000)
            ]
        )

    assert alarms(0.01) <= 0.05
    assert alarms(0.03) == 1


@pytest.mark.parametrize(
    ("n", "x", "limit"), [([1], [2], 0.1), ([1], [np.nan], 0.1), ([1], [0], 0.0)]
)
def test_impossible_inputs_are_refused(n, x, limit):
    """Counts that cannot be and limits outside (0, 1) are errors."""
    with pytest.raises(ValueError, match=r"counts|limit"):
        above(n, x, limit=limit)


def test_no_data_is_no_evidence():
    """Without blocks E is 1."""
    assert above([], [], limit=0.01).log_e == 0
