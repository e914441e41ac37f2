"""Ranges of features as served, against the same rule said value by value."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from slipway import lines
from slipway.data.feature_ranges import Guard

LINE = lines.load("feed")
WIDTH = len(LINE.features)
VALUES = st.one_of(
    st.floats(), st.integers(-2, 3).map(float), st.sampled_from([np.finfo(float).max, -math.inf])
)


def naive(column, value):
    """The value as it is served, and whether that is the default in its place."""
    missing = math.isnan(value)
    low = -math.inf if column.lower is None else column.lower
    high = math.inf if column.upper is None else column.upper
    if not missing and math.isfinite(value) and low <= value <= high:
        return value, False
    default = math.nan if column.default is None else float(column.default)
    if missing and column.default is None:
        return value, False
    return default, True


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.just(WIDTH)), elements=VALUES))
def test_each_value_is_served_as_its_column_says(matrix):
    """Infinities, NaN and what is beyond a bound become the default, counted by column."""
    before = matrix.copy()
    found, wrong = Guard(LINE).fitted(matrix)
    every = [[naive(c, v) for c, v in zip(LINE.features, row, strict=True)] for row in matrix]
    np.testing.assert_array_equal(found, [[value for value, _ in row] for row in every])
    assert wrong.tolist() == [sum(row[k][1] for row in every) for k in range(WIDTH)]
    np.testing.assert_array_equal(matrix, before)
