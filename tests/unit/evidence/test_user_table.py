"""Sums by key: against a dictionary."""

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.evidence import user_table

ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(-9, 9)), max_size=30)


def table(rows):
    keys = np.array([k for k, _ in rows], np.uint64)
    return user_table.summed(keys, np.array([[v] for _, v in rows], float).reshape(-1, 1))


@settings(max_examples=80, deadline=None)
@given(ROWS, ROWS)
def test_adding_and_looking_up_is_what_a_dictionary_does(first, second):
    """Sums, unions and look-ups of any rows agree with plain Python; nothing is changed in place."""
    expected = defaultdict(float)
    for key, value in (*first, *second):
        expected[key] += value
    one, two = table(first), table(second)
    before = one.sums.copy()
    both = user_table.add(one, two)
    assert dict(zip(both.keys.tolist(), both.sums[:, 0].tolist(), strict=True)) == expected
    assert both.keys.tolist() == sorted(expected)
    assert (one.sums == before).all()
    wanted = np.arange(15, dtype=np.uint64)
    found = user_table.look_up(both, wanted, np.array([0.5]))[:, 0]
    assert found.tolist() == [expected.get(k, 0.5) for k in range(15)]
    assert user_table.union(one.keys, two.keys).tolist() == both.keys.tolist()


def test_no_key_is_fine():
    """Nothing added to nothing is nothing."""
    nothing = user_table.none(2)
    assert user_table.add(nothing, nothing).sums.shape == (0, 2)
