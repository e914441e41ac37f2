"""Changes of residuals: against plain loops and a regression, whatever the rows, and how often they are beyond."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.stats.residual_change import level_change, outcomes_of, slope_change, sums_of

RNG = np.random.default_rng(7)


def rows(n, *, lift=0.0, shift=0.0, seed=0):
    """Scores, outcomes and the fifth of the score that each row is in."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(1.0 - rng.normal(shift, 1, n)))
    y = (rng.random(n) < np.clip(p + lift, 0, 1)).astype(float)
    return p, y, np.searchsorted([0.15, 0.25, 0.35, 0.5], p)


def test_the_level_is_that_of_plain_loops():
    """Bin by bin, weighted by the past, in standard deviations of the past residual."""
    (p1, y1, b1), (p0, y0, b0) = rows(900, lift=0.05, seed=1), rows(1500, shift=0.4, seed=2)
    found = level_change(sums_of(p1, y1, b1, 5), sums_of(p0, y0, b0, 5), least=2)
    expected, variance = 0.0, 0.0
    for k in range(5):
        r1, r0 = (y1 - p1)[b1 == k], (y0 - p0)[b0 == k]
        w = len(r0) / len(p0)
        pooled = (r1.var() * len(r1) + r0.var() * len(r0)) / (len(r1) + len(r0) - 2)
        expected += w * (r1.mean() - r0.mean())
        variance += w**2 * pooled * (1 / len(r1) + 1 / len(r0))
    sd = (y0 - p0).std()
    assert found.value == pytest.approx(expected / sd)
    assert found.se == pytest.approx(np.sqrt(variance) / sd)


def test_the_slope_is_that_of_a_regression():
    """Of r on p in each group, as SciPy fits it; its error is the sandwich's."""
    (p1, y1, _), (p0, y0, _) = rows(900, seed=3), rows(1500, seed=4)
    one = np.zeros(900, int), np.zeros(1500, int)
    found = slope_change(sums_of(p1, y1, one[0], 1), sums_of(p0, y0, one[1], 1), least=2)
    fits = [scipy.stats.linregress(p, y - p) for p, y in ((p1, y1), (p0, y0))]
    assert found.value == pytest.approx(fits[0].slope - fits[1].slope)
    assert found.se == pytest.approx(np.hypot(fits[0].stderr, fits[1].stderr), rel=0.1)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=8, max_size=40), st.integers(0, 99))
def test_rows_that_only_move_between_bins_change_nothing(where, seed):
    """Where each bin's residuals are the same, the level is 0 however rows are spread over bins."""
    rng = np.random.default_rng(seed)
    own = np.array(where)
    twice = np.concatenate([own, own])  # of each bin one row above and one below
    p, y = np.full(len(twice), 0.5), np.concatenate([np.ones(len(own)), np.zeros(len(own))])
    past = sums_of(p, y, twice, 4)
    more = rng.integers(1, 4, 4)
    found = level_change(past * more[:, None], past, least=2)
    assert np.isnan(found.value) or abs(found.value) < 1e-12


def test_rows_without_an_outcome_are_nowhere():
    """A missing outcome or score, and a row of no bin, add nothing; sums give back the outcomes."""
    sums = sums_of([0.2, np.nan, 0.4, 0.5], [1, 1, np.nan, 1], [0, 0, 0, -1], 2)
    assert sums[0, 0] == 1
    assert not sums[1].any()
    assert outcomes_of(sums) == pytest.approx(1.0)


def test_too_little_is_not_defined():
    """No rows, scores that do not differ and bins below the least give no number."""
    empty, some = np.zeros((2, 8)), sums_of([0.5] * 4, [0, 1] * 2, [0] * 4, 2)
    assert np.isnan(level_change(empty, some, least=2).value)
    assert np.isnan(level_change(some, some, least=5).value)
    assert np.isnan(slope_change(some, some, least=2).value)


def test_of_unchanged_relations_as_many_are_beyond_as_should():
    """In 600 pairs of periods, a quarter of them with other inputs, level and slope pass 1.96 in 2 to 8 %."""
    beyond = np.zeros(2)
    for seed in range(600):
        shift = 0.5 if seed % 4 == 0 else 0.0
        now, past = rows(700, shift=shift, seed=2 * seed), rows(2800, seed=2 * seed + 1)
        both = sums_of(*now, 5), sums_of(*past, 5)
        found = level_change(*both, least=5), slope_change(*both, least=5)
        beyond += [abs(one.value) > 1.96 * one.se for one in found]
    assert (beyond >= 12).all()
    assert (beyond <= 48).all()
