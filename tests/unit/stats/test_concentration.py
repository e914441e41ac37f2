"""How concentrated what is shown is, and whether it becomes more so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from slipway.stats.concentration import concentration, entropy, trend

COUNTS = hnp.arrays(float, st.integers(2, 30), elements=st.integers(0, 50)).filter(np.any)


def gini(counts):
    return concentration(counts, np.zeros(0), 0.1, 1).gini


@given(COUNTS)
def test_gini_is_the_mean_difference_of_all_pairs(counts):
    """The textbook's double sum over pairs, and SciPy's entropy."""
    from scipy import stats

    pairs = np.abs(counts[:, None] - counts[None]).mean() / (2 * counts.mean())
    assert gini(counts) == pytest.approx(pairs, abs=1e-12)
    assert entropy(counts[None])[0] == pytest.approx(stats.entropy(counts), abs=1e-9)


@given(COUNTS, st.integers(1, 9))
def test_more_traffic_alone_concentrates_nothing(counts, times):
    """All exposures times a number leave Gini, top share and diversity; moving one to the top never lowers them."""
    once, more = (concentration(c, np.zeros(0), 0.1, 1) for c in (counts, counts * times))
    assert np.allclose(once, more)
    moved = counts.copy()
    moved[np.flatnonzero(counts)[np.argmin(counts[counts > 0])]] -= 1
    moved[counts.argmax()] += 1
    assert gini(moved) >= once.gini - 1e-12


def test_of_nothing_shown_nothing_is_said():
    """No exposures, or two periods, are errors and no zeros."""
    with pytest.raises(ValueError, match="nothing was shown"):
        concentration(np.zeros(3), np.zeros(0), 0.1, 1)
    with pytest.raises(ValueError, match="fewer than three"):
        trend(np.zeros(2), 0.1, 0.05)


def test_a_trend_is_the_least_squares_line():
    """NumPy's polynomial fit gives the same rise."""
    values = np.random.default_rng(1).normal(size=9).cumsum()
    found = trend(values, 0.0, 0.05)
    assert found.rise == pytest.approx(8 * np.polyfit(np.arange(9), values, 1)[0])
    assert trend(values, 9.0, 0.05).lower < found.lower


def test_bounds_of_a_trend_err_as_often_as_they_say():
    """Of 2,000 series of noise alone 5 % prove a rise (2 % to 8 %)."""
    rng = np.random.default_rng(2)
    risen = sum(trend(rng.normal(size=8), 0.0, 0.05).lower > 0 for _ in range(2_000))
    assert 40 <= risen <= 160
