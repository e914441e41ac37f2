"""The place in a list shows itself in the values, whatever the column is called."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.list_position import list_codes, place_share


def lists(count, size, seed):
    rng = np.random.default_rng(seed)
    places = np.concatenate([rng.permutation(size) + 1.0 for _ in range(count)])
    return places, np.repeat(np.arange(count), size)


@pytest.mark.parametrize(
    "disguise",
    [
        lambda p: p,
        lambda p: p - 1,
        lambda p: -p,
        lambda p: 1 - p,
        lambda p: 1 / p,
        lambda p: p.astype("float32"),
    ],
)
def test_disguised_places_are_found(disguise):
    """Counting from 0 or 1, backwards, or as 1/place: the share is 1."""
    places, code = lists(50, 10, 1)
    assert place_share(disguise(places), code) == 1.0


@given(st.integers(0, 2**31), st.integers(3, 12))
def test_ordinary_columns_are_not_taken_for_places(seed, size):
    """Rates, hours and counts do not count the items of a list."""
    rng = np.random.default_rng(seed)
    _, code = lists(40, size, 1)
    for values in (
        rng.random(40 * size),
        np.repeat(rng.integers(0, 24, 40), size),
        rng.integers(100, 9000, 40 * size),
        np.full(40 * size, np.nan),
    ):
        assert place_share(values, code) == 0.0


@given(st.integers(0, 2**31), st.integers(3, 5), st.integers(0, 1))
def test_few_small_numbers_count_a_list_by_chance_alone(seed, size, start):
    """One to three stars in lists of three are no places: the share beyond chance is near 0."""
    rng = np.random.default_rng(seed)
    stars = rng.integers(start, start + size, 2_000 * size).astype(float)
    _, code = lists(2_000, size, 1)
    assert place_share(stars, code) < 0.05


def test_chance_is_that_of_drawing_again():
    """The expected share equals what drawing lists from the column finds."""
    rng = np.random.default_rng(4)
    _, code = lists(200_000, 3, 1)
    column = rng.choice([1.0, 2.0, 3.0, 4.0], 600_000, p=[0.5, 0.2, 0.2, 0.1])
    drawn = np.sort(column.reshape(-1, 3), axis=1)
    found = (drawn == [1, 2, 3]).all(axis=1).mean()
    assert found == pytest.approx(6 * 0.5 * 0.2 * 0.2, rel=0.02)
    assert place_share(column, code) == pytest.approx(0, abs=0.002)


def test_lists_too_short_to_tell_do_not_count():
    """Two items are in order by chance; without longer lists the share is 0."""
    places, code = lists(50, 2, 1)
    assert place_share(places, code) == 0.0
    assert place_share([], np.zeros(0, dtype=int)) == 0.0


def test_the_share_is_of_lists():
    """Half of the lists carrying the place give one half."""
    places, code = lists(40, 5, 1)
    half = np.where(code < 20, places, places * 0.37)
    assert place_share(half, code) == pytest.approx(0.5, abs=0.001)


def test_sampling_keeps_whole_lists():
    """Of very many lists an even sample is looked at, each list whole."""
    codes = list_codes(np.repeat([f"r{i}" for i in range(9000)], 4))
    sizes = np.bincount(codes[codes >= 0])
    assert len(sizes) >= 2000
    assert set(sizes) == {4}


def test_long_lists_are_counted_as_short_ones():
    """A list of 400 items: the factorial of its length is no float, and its places are found all the same."""
    lists = np.repeat(np.arange(3), 400)
    places = np.concatenate([np.random.default_rng(k).permutation(400) + 1.0 for k in range(3)])
    assert place_share(places, lists) == 1.0
    assert place_share(np.random.default_rng(4).integers(0, 400, 1200), lists) == 0.0
