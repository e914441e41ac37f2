"""Latency exceedance: against raw quantiles, and simulated detection and false alarms."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import binom
from slipway.domain.policy import Policy
from slipway.stats.eprocess import split
from slipway.stats.exceedance import exceedances, not_slower, slower, threshold_bucket
from slipway.stats.histogram import BUCKETS, LATENCY_EDGES_MS, bucket_of

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
