"""Sketches count every row once, in bulk, and add up."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.monitoring import sketch
from slipway.monitoring.sketch import Asked, CountedAs, added, centre_of, sketches

NUMBER, VALUE, WORDS = (Asked("x", reading) for reading in CountedAs)


def made(values, asked, group=None, groups=1, most=100):
    """Sketches of one column by the number of their group."""
    table = pa.table({"x": values})
    place = np.zeros(len(values), np.int64) if group is None else np.array(group)
    return dict(sketches(table, [asked], place, groups, most=most))


@pytest.mark.parametrize(
    ("values", "asked", "expected"),
    [
        (["a", "b", None, "a"], VALUE, {"a": 2, "b": 1}),
        ([1.0, float("nan"), 2.0, 1.0], VALUE, {"1": 2, "2": 1}),
        (["Big Cat", " cat  cat ", "", None], WORDS, {"cat": 2, "big": 1}),
    ],
)
def test_values_and_words_are_counted(values, asked, expected):
    """Categories, codes in floats and words are counted by their text; null, NaN and no word are missing."""
    (found,) = made(values, asked).values()
    assert dict(zip(found.keys.tolist(), found.counts.tolist(), strict=True)) == expected
    assert found.rows == 4
    assert found.missing == {VALUE: 1, WORDS: 2}[asked]


@given(st.lists(st.tuples(st.floats(width=32), st.integers(-1, 2)), min_size=1, max_size=60))
def test_groups_add_up_to_the_whole(rows):
    """The sketches of groups, added, are the sketch of all rows that are in any; a naive count agrees."""
    values, group = [row[0] for row in rows], [row[1] for row in rows]
    inside = [v for v, g in zip(values, group, strict=True) if g >= 0]
    found = made(values, NUMBER, group, 3)
    assert sum(one.rows for one in found.values()) == len(inside)
    if inside:
        whole = made(inside, NUMBER)[0]
        parts = added(list(found.values()))
        assert (parts.dense() == whole.dense()).all()
        assert parts.missing == whole.missing == sum(np.isnan(inside))


@pytest.mark.parametrize("dense", [0, 1_000_000])
def test_a_table_is_bounded(monkeypatch, dense):
    """The most frequent values are kept, ties by their text, and what was left out is said."""
    monkeypatch.setattr(sketch, "DENSE", dense)
    found = made(["c", "b", "b", "a", "d", "d", "d"], VALUE, most=2)[0]
    assert found.keys.tolist() == ["d", "b"]
    assert (found.counts.tolist(), found.cut, found.rest) == ([3, 2], 1, 2)


def test_a_word_of_few_rows_is_not_kept():
    """What one person wrote, however often in a row, is counted with the rest and stands nowhere."""
    table = pa.table({"x": ["red shoe", "shoe shoe", "anna anna anna", "red shoe"]})
    ((_, found),) = sketches(table, [WORDS], np.zeros(4, np.int64), 1, most=100, word_rows=2)
    assert dict(zip(found.keys.tolist(), found.counts.tolist(), strict=True)) == {
        "shoe": 3,
        "red": 2,
    }
    assert (found.rest, found.cut) == (1, 1)


def test_columns_of_any_type_are_read():
    """Integers with nulls, decimals, booleans, and dictionaries are counted as what they are."""
    assert made(pa.array([1, None, 3]), NUMBER)[0].missing == 1
    assert made(pa.array([True, False, True]), NUMBER)[0].counts.tolist() == [1, 2]
    coded = pa.array(["p", "q", "p"]).dictionary_encode()
    assert made(coded, VALUE)[0].keys.tolist() == ["p", "q"]
    assert made(pa.array([None, None], pa.string()), VALUE)[0].missing == 2


def test_the_centre_is_the_median():
    """Numbers are told apart most closely where they are; without any at 0."""
    assert centre_of(pa.chunked_array([[3.0, float("nan"), None, 9.0, 5.0]])) == 5.0
    assert centre_of(pa.chunked_array([[None]], pa.float64())) == 0.0


def test_sketches_of_different_columns_do_not_add():
    """Adding a number to words is refused, as is adding nothing."""
    with pytest.raises(ValueError, match="one column"):
        added([made([1.0], NUMBER)[0], made(["a"], VALUE)[0]])
    with pytest.raises(ValueError, match="one column"):
        added([])
