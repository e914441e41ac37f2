"""Cells keep the order of numbers, and say a quantile closely."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.ordered_cells import CELLS, MISSING, cells_of, lower_edges, quantile

FLOATS = st.floats(allow_nan=False, width=32)


@given(st.lists(FLOATS, min_size=2, max_size=50))
def test_cells_keep_the_order(values):
    """A larger number is never in a lower cell, infinities and both zeros included."""
    ordered = np.sort(np.array(values))
    assert (np.diff(cells_of(ordered)) >= 0).all()


@given(st.floats(min_value=-1e30, max_value=1e30).filter(lambda x: x == 0 or abs(x) > 1e-30))
def test_a_value_lies_in_its_cell(value):
    """The edges of a value's cell enclose it, and the cell is at most 1/16 of the distance wide."""
    cell = int(cells_of([value])[0])
    edges = lower_edges()
    near = float(np.float32(value))
    assert edges[cell] <= near <= edges[cell + 1]
    if near > 1e-30:
        assert edges[cell + 1] - edges[cell] <= near / 16 + 1e-30


def test_missing_has_a_cell_of_its_own():
    """NaN is in no cell of numbers, and infinity is in one."""
    assert cells_of([np.nan]).tolist() == [MISSING]
    assert cells_of([np.inf, 1e300]).tolist() == [cells_of([np.inf])[0]] * 2
    assert cells_of([np.inf])[0] < CELLS


@pytest.mark.parametrize("centre", [0.0, 300.0, -5.0])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_quantiles_are_those_of_the_rows(centre, share):
    """NumPy's quantile of the rows lies within 1/16 of its distance from the centre."""
    values = np.random.default_rng(1).normal(centre + 1, 2, 20_000)
    counts = np.bincount(cells_of(values, centre), minlength=CELLS)
    exact = np.quantile(values, share)
    assert abs(quantile(counts, share, centre) - exact) <= abs(exact - centre) / 14 + 0.02
