"""Rates against a limit and beyond a quantile: raw numbers, and simulated detection and false alarms."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import binom
from slipway.domain.policy import Policy
from slipway.stats.eprocess import split
from slipway.stats.histogram import BUCKETS, LATENCY_EDGES_MS, bucket_of
from slipway.stats.rate import (
    FEWER,
    RATIOS,
    above,
    below,
    exceedances,
    not_slower,
    slower,
    threshold_bucket,
)


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


POLICY = Policy()


def count(latency_ms):
    """The histogram of latencies."""
    return np.bincount(bucket_of(latency_ms), minlength=BUCKETS)


@pytest.mark.parametrize("quantile", [0.9, 0.95, 0.99])
def test_threshold_is_the_edge_above_the_raw_quantile(quantile):
    """The bucket's lower edge is the first edge not below the raw sample's quantile."""
    raw = np.random.default_rng(1).lognormal(1, 0.7, 50_000)
    edge = LATENCY_EDGES_MS[threshold_bucket(count(raw), quantile) - 1]
    assert edge == min(e for e in LATENCY_EDGES_MS if e > np.quantile(raw, quantile))
    assert exceedances(count(raw), threshold_bucket(count(raw), quantile)) == (raw >= edge).sum()


def test_a_tenth_beyond_is_a_tenth():
    """1 - .9 is less than .1 in binary, and yet a tenth of the reference may lie beyond its quantile."""
    assert threshold_bucket([0, 90, 10], 0.9) == 2


@pytest.mark.parametrize("bad", [np.zeros(64), np.full(64, np.nan), np.eye(64)[63]])
def test_a_reference_without_quantile_is_refused(bad):
    """An empty reference, or one beyond the last bucket, has no threshold."""
    with pytest.raises(ValueError, match=r"histogram|beyond"):
        threshold_bucket(bad, 0.99)


def peak(rng, factor, requests=100, blocks=150):
    """Peak evidence on blocks of lognormal latencies at a 5 % share, and where 1 / .05 is reached."""
    bucket = threshold_bucket(count(rng.lognormal(0, 0.5, 100_000)), 0.99)
    edge = LATENCY_EDGES_MS[bucket - 1]
    slow = [
        (rng.lognormal(0, 0.5, (blocks, n)) * f >= edge).sum(axis=1)
        for n, f in ((19 * requests, 1.0), (requests, factor))
    ]
    whole = np.full(blocks, requests)
    return slower(split(19 * whole, slow[0], whole, slow[1]), ratios=POLICY.latency_ratios)


def test_a_fifth_more_p99_is_found_early():
    """+20 % on a lognormal tail (sigma .5) is found at 1 / .05 within 2 000 candidate requests."""
    rng = np.random.default_rng(2)
    found = [peak(rng, 1.2, blocks=20).log_peak >= np.log(20) for _ in range(30)]
    assert np.mean(found) >= 0.9


def test_equal_latency_raises_few_alarms():
    """At equal latency at most 5 % of releases ever reach 1 / .05."""
    rng = np.random.default_rng(3)
    alarms = [peak(rng, 1.0, requests=20).log_peak >= np.log(20) for _ in range(100)]
    assert np.mean(alarms) <= 0.05


def test_evidence_of_slowness_and_of_speed_is_that_of_binomials():
    """By scipy: slowness is against the tolerance with equal weights, safety is "as often" against the limit."""
    rng = np.random.default_rng(4)
    n0, n1 = rng.integers(50, 900, (2, 30))
    x0, x1 = rng.binomial(n0, 0.02), rng.binomial(n1, 0.03)
    data = split(n0, x0, n1, x1)

    def told(ratio):
        return binom.logpmf(x1, x0 + x1, n1 * ratio / (n1 * ratio + n0)).sum()

    ratios = POLICY.latency_ratios
    slow = logsumexp([told(r) - told(1.1) for r in ratios], b=1 / len(ratios))
    assert slower(data, ratios=ratios, tolerance=1.1).log_e == pytest.approx(slow)
    assert not_slower(data, limit=1.5).log_e == pytest.approx(told(1.0) - told(1.5))


def test_ratios_within_the_tolerance_are_refused():
    """Looking for less than what is tolerated is a contradiction."""
    with pytest.raises(ValueError, match="tolerance"):
        slower(split([1], [0], [1], [0]), ratios=[1.1], tolerance=1.2)


def test_as_fast_is_proven_only_where_it_is_true():
    """With equal tails a limit of 1.5 x is excluded at 100 to 1; with tails twice as heavy never."""
    n = np.full(50, 1000)
    as_often = not_slower(split(n, n * 0 + 50, n, n * 0 + 50), limit=1.5)
    twice = not_slower(split(n, n * 0 + 50, n, n * 0 + 100), limit=1.5)
    assert as_often.log_e > np.log(100)
    assert twice.log_peak == 0
    with pytest.raises(ValueError, match="limit"):
        not_slower(split([1], [0], [1], [0]), limit=1.0)
