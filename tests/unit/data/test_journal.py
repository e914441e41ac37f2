"""A line of the journal is the same whatever holds its lists, and what cannot be read back is refused."""

import json
import math
from datetime import UTC, datetime

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.data import journal
from slipway.domain.errors import BadInput

WIDTH = 3
NUMBERS = st.one_of(
    st.integers(-2, 40_000),
    st.floats(),
    st.sampled_from([1, 1.0, 0.5, True, None, "1", 32_767, 32_768, math.nan, math.inf, 10**400]),
)
LISTS = st.lists(NUMBERS, max_size=4)


def record(items, **lists):
    n = len(items)
    return {
        "request_id": "r", "user": "u", "requested_at": datetime(2026, 1, 5, tzinfo=UTC), "arm": "champion",
        "version": "1", "stage": "", "epoch": 3, "latency_ms": 0.4, "fallback": False,
        "features_as_of": datetime(2026, 1, 5, tzinfo=UTC), "items": items,
        "positions": list(range(1, n + 1)), "propensities": [1.0] * n, "scores": np.linspace(1, 0, n),
        "features": np.full((n, WIDTH), 0.25),
    } | lists  # fmt: skip


def fits(values, n, low, high, *, least_is_low=False):
    """Whether a list may stand for ``n`` items, said value by value."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError, OverflowError):
        return False
    if len(numbers) != n or not all(map(math.isfinite, numbers)):
        return False
    if any(not low <= number <= high for number in numbers):
        return False
    return not least_is_low or min(numbers) == low


@given(st.integers(1, 3), LISTS, LISTS, LISTS, st.one_of(st.none(), LISTS))
def test_lists_are_taken_or_refused_as_a_naive_reader_would(
    n, positions, propensities, scores, places
):
    """What is taken is written as the numbers that came; what is refused is named in one line."""
    most = 1.8e308
    wanted = (
        fits(positions, n, 1, 32_767, least_is_low=True)
        and fits(propensities, n, -most, most)
        and fits(scores, n, -most, most)
        and (places is None or fits(places, n, 0, 32_767))
    )
    given_ = record(
        [f"i{k}" for k in range(n)],
        positions=positions,
        propensities=propensities,
        scores=scores,
        model_positions=places,
    )
    if not wanted:
        with pytest.raises(BadInput) as caught:
            journal.encode_exposure(given_, 7, WIDTH)
        assert "\n" not in str(caught.value)
        return
    found = json.loads(journal.encode_exposure(given_, 7, WIDTH))
    assert found["positions"] == [int(float(value)) for value in positions]
    assert found["propensities"] == [float(value) for value in propensities]
    assert found["scores"] == [float(value) for value in scores]
    if places is not None:
        assert found["model_positions"] == [int(float(value)) for value in places]


@given(st.integers(1, 5), st.data())
def test_lists_and_arrays_write_the_same_line(n, data):
    """How a caller holds its numbers leaves no trace in the log."""
    positions = [1, *data.draw(st.lists(st.integers(1, 32_767), min_size=n - 1, max_size=n - 1))]
    finite = st.floats(allow_nan=False, allow_infinity=False)
    chances = data.draw(st.lists(finite, min_size=n, max_size=n))
    items = [f"i{k}" for k in range(n)]
    lists = record(items, positions=positions, propensities=chances, model_positions=positions)
    arrays = record(
        items,
        positions=np.array(positions),
        propensities=np.array(chances),
        model_positions=np.array(positions, float),
    )
    plain = orjson.loads(journal.encode_exposure(lists, 7, WIDTH))
    assert plain == orjson.loads(journal.encode_exposure(arrays, 7, WIDTH))


@pytest.mark.parametrize("items", [[], ["a", 7], [None], "", ("a", b"b")])
def test_items_are_texts(items):
    """A list without items, and one of anything else."""
    with pytest.raises(BadInput, match="exposure"):
        journal.encode_exposure(record(["a"]) | {"items": items}, 7, WIDTH)
