"""Distances of tables of counts: beside other libraries, as properties, and their chance errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cityblock
from slipway.stats import distribution_shift as shifts

COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=30).filter(lambda c: sum(c) > 0)


def test_total_variation_is_half_the_city_block_distance():
    """SciPy's city block distance of the shares is twice the total variation."""
    rng = np.random.default_rng(2)
    now, before = rng.integers(1, 90, (2, 25))
    expected = cityblock(now / now.sum(), before / before.sum()) / 2
    assert shifts.total_variation(now, before).value == pytest.approx(expected)


def test_a_moved_normal_is_seen_in_its_own_unit():
    """A normal sample that moved by .25 sd and widened by a tenth shows both, in any scale of its values."""
    edges = np.linspace(-8, 8, 400)
    before = np.random.default_rng(3).normal(0, 1, 400_000)
    now = np.random.default_rng(4).normal(0.25, 1.1, 400_000)
    counts = [np.histogram(np.clip(v, -7.9, 7.9), edges)[0] for v in (now, before)]
    location, spread = shifts.location_and_spread(*counts)
    assert location.value == pytest.approx(0.25, abs=0.01)
    assert spread.value == pytest.approx(np.log(1.1), abs=0.01)


@given(COUNTS)
def test_equal_tables_are_no_distance_apart(counts):
    """Every distance of a table from itself, or from itself twice, is 0 where it is defined."""
    twice = [2 * c for c in counts]
    both = [*shifts.location_and_spread(counts, twice), shifts.total_variation(counts, twice)]
    both += [shifts.beyond(counts, twice), shifts.share_change((3, 7), (6, 14))]
    assert all(np.isnan(s.value) or abs(s.value) < 1e-9 for s in both)


@given(COUNTS, st.integers(0, 2**32 - 1))
def test_total_variation_is_symmetric_and_at_most_one(counts, seed):
    """It is the same either way, and within 0 and 1."""
    other = np.random.default_rng(seed).permutation(counts)
    there, back = shifts.total_variation(counts, other), shifts.total_variation(other, counts)
    assert there == back
    assert 0 <= there.value <= 1


def test_standard_errors_are_those_of_chance():
    """Over 400 pairs of samples of one world the spread of each distance is its standard error within 25 %."""
    rng = np.random.default_rng(5)
    share = rng.dirichlet(np.full(12, 3.0))
    found = {"location": [], "spread": [], "tv": [], "share": []}
    for _ in range(400):
        now, before = rng.multinomial(2000, share), rng.multinomial(6000, share)
        location, spread = shifts.location_and_spread(now, before)
        found["location"].append(location)
        found["spread"].append(spread)
        found["tv"].append(shifts.total_variation(now, before))
        found["share"].append(shifts.share_change((now[0], 2000), (before[0], 6000)))
    for name, some in found.items():
        seen, said = np.std([s.value for s in some]), np.mean([s.se for s in some])
        assert seen == pytest.approx(said, rel=0.25 if name != "spread" else 0.5), name


def test_what_lies_beyond_is_counted():
    """Values outside of all that was seen are counted, values between are not."""
    assert shifts.beyond([5, 0, 0, 5], [0, 3, 3, 0]).value == 1
    assert shifts.beyond([0, 5, 0, 0], [1, 0, 0, 1]).value == 0


def test_turnover_counts_the_top_alone():
    """One of two leading values that is replaced is a half; a table of no more values has none."""
    assert shifts.turnover([9, 0, 5, 1], [9, 8, 1, 1], 2) == 0.5
    assert np.isnan(shifts.turnover([1, 1], [1, 1], 2))


def test_no_rows_are_no_distance():
    """Where one side has no rows nothing is defined."""
    assert np.isnan(shifts.total_variation([0, 0], [1, 1]).value)
    assert np.isnan(shifts.share_change((0, 0), (1, 2)).value)
    assert np.isnan(shifts.location_and_spread([0, 0], [1, 1])[0].value)


def test_tails_lie_where_numpy_finds_them():
    """The outermost hundredths of samples are those of NumPy's quantiles, in spreads of the past, as asinh."""
    values = np.linspace(-60, 60, 24_001)
    rng = np.random.default_rng(6)
    samples = rng.normal(0, 3, 20_000), rng.normal(0, 1, 50_000)
    now, before = (np.histogram(v, np.append(values, 60.005))[0] for v in samples)
    low, middle, high = np.quantile(samples[1], (0.16, 0.5, 0.84))
    out = [
        np.arcsinh((np.quantile(v, (0.99, 0.01)) - middle) / ((high - low) / 2)) / np.log(2)
        for v in samples
    ]
    found = [shift.value for shift in shifts.tails(now, before, values)]
    assert found == pytest.approx((out[0] - out[1]) * (1, -1), abs=0.02)


@given(COUNTS)
def test_the_tails_of_equal_tables_are_where_they_were(counts):
    """A table beside itself has moved in neither tail, and a middle that is one cell has no tails."""
    found = shifts.tails(counts, counts, np.arange(len(counts), dtype=float))
    assert all(np.isnan(shift.value) or shift.value == 0 for shift in found)
    assert np.isnan(shifts.tails([1, 98, 1], [1, 98, 1], [0.0, 1.0, 2.0])[0].value)


def test_the_error_of_a_tail_is_that_of_chance():
    """Over 300 pairs of normal samples the spread of a tail is its standard error within a third."""
    rng = np.random.default_rng(7)
    values = np.linspace(-6, 6, 2401)
    edges = np.append(values, 6.005)
    found = [
        shifts.tails(
            np.histogram(rng.normal(0, 1, 1000), edges)[0],
            np.histogram(rng.normal(0, 1, 4000), edges)[0],
            values,
        )[0]
        for _ in range(300)
    ]
    assert np.std([shift.value for shift in found]) == pytest.approx(found[0].se, rel=0.34)


def test_the_most_risen_value_is_the_largest_z():
    """It is the largest of the z-values of two shares that a loop over statistics by hand gives."""
    rng = np.random.default_rng(8)
    now, before = rng.integers(0, 90, 12), rng.integers(0, 90, 12)
    rows = (int(now.sum()), int(before.sum()))
    every = []
    for a, b in zip(now, before, strict=True):
        q = (a + b + 0.5) / (sum(rows) + 1)
        every.append(
            (a / rows[0] - b / rows[1] - 0.02) / np.sqrt(q * (1 - q) * (1 / rows[0] + 1 / rows[1]))
        )
    assert shifts.most_risen(now, before, rows, 0.02).value == pytest.approx(max(every))
    assert np.isnan(shifts.most_risen([], [], rows, 0.02).value)


@given(COUNTS, st.integers(0, 29), st.integers(1, 400))
def test_more_of_one_value_is_more_risen(counts, at, more):
    """Rows that are added to one value raise its own z, whichever leads."""
    at %= len(counts)
    n = sum(counts)
    now = [*counts[:at], counts[at] + more, *counts[at + 1 :]]
    found = shifts.most_risen(now, counts, (n + more, n), 0.0).value
    assert found >= 0 or len(counts) == 1


@pytest.mark.parametrize("size", [3, 40, 1000])
def test_the_error_of_the_most_risen_value_is_not_below_that_of_chance(size):
    """Over 300 pairs of samples of one world the largest z spreads by its error, or by up to half less."""
    rng = np.random.default_rng(9)
    share = rng.dirichlet(np.full(size, 5.0))
    found = [
        shifts.most_risen(
            rng.multinomial(20_000, share), rng.multinomial(60_000, share), (20_000, 60_000), 0.0
        )
        for _ in range(300)
    ]
    assert 0.5 < np.std([shift.value for shift in found]) / found[0].se < 1.15
