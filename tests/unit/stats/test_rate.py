"""A rate against a limit: against scipy's binomial, and simulated false alarms."""

import numpy as np
import pytest
from scipy.stats import binom
from slipway.stats.rate import FEWER, RATIOS, above, below


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
    ("n", "x", "limit"),
    [
        ([1], [2], 0.1),
        ([1], [-1], 0.1),
        ([1.5], [1], 0.1),
        ([2], [0.5], 0.1),
        ([1], [np.nan], 0.1),
        ([1], [0], 0.0),
    ],
)
def test_impossible_inputs_are_refused(n, x, limit):
    """Counts that cannot be and limits outside (0, 1) are errors."""
    with pytest.raises(ValueError, match=r"counts|limit"):
        above(n, x, limit=limit)


def test_the_peak_is_the_highest_evidence_after_any_block():
    """What was proven once stays in the peak, whatever follows."""
    process = above([100, 2000], [20, 0], limit=0.01)
    assert process.log_e < process.log_peak == process.log_path[0]
    assert above([100], [0], limit=0.01).log_peak == 0


def test_no_data_is_no_evidence():
    """Without blocks E is 1."""
    assert above([], [], limit=0.01).log_e == 0


def test_rarer_than_the_limit_is_proven_as_binomials_say():
    """The evidence of safety is the mean of binomial likelihood ratios below the limit."""
    ratios = [binom.pmf(3, 800, 0.02 * r) / binom.pmf(3, 800, 0.02) for r in FEWER]
    assert np.exp(below([500, 300], [2, 1], limit=0.02).log_e) == pytest.approx(np.mean(ratios))


def test_safety_at_the_limit_is_rarely_claimed():
    """At exactly the limit, at most 5 % of peeked releases ever claim to be below it."""
    rng, n = np.random.default_rng(7), np.full(100, 100)
    peaks = [below(n, rng.binomial(n, 0.02), limit=0.02).log_peak for _ in range(600)]
    assert np.mean(np.array(peaks) >= np.log(20)) <= 0.05


@pytest.mark.parametrize("judge", [above, below])
def test_the_totals_of_earlier_blocks_are_all_there_is_to_know(judge):
    """From totals and new blocks comes the evidence of all blocks at once."""
    rng = np.random.default_rng(8)
    n = rng.integers(0, 90, 40)
    x = rng.binomial(n, 0.03)
    whole = judge(n, x, limit=0.02)
    later = judge(n[25:], x[25:], limit=0.02, before=(n[:25].sum(), x[:25].sum()))
    assert later.log_path == pytest.approx(whole.log_path[25:])
    assert judge([], [], limit=0.02, before=(n.sum(), x.sum())).log_e == pytest.approx(whole.log_e)
