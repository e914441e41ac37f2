"""What is usual among users, and the requests that come before a cap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.user_cap import UserCap
from slipway.stats.user_cap import before_cap, usual


def test_robots_do_not_say_what_is_usual():
    """Three users of any size among a hundred change nothing; the quantile is one that exists."""
    plain = np.sort(np.random.default_rng(1).poisson(10, 100)).astype(float)[:, None]
    robots = np.where(np.arange(100)[:, None] < 97, plain, 1e9)
    assert usual(plain, 0.99) == usual(robots, 0.99) == (float(plain[96, 0]),)


def test_as_many_exceed_it_as_the_quantile_allows():
    """Of a thousand users at most ten had more than is usual."""
    days = np.random.default_rng(2).permutation(1000).astype(float)[:, None]
    assert (days > usual(days, 0.99)[0]).sum() == 10


def test_few_users_are_no_quantile():
    """Below a hundred users nobody can be called one in a hundred."""
    assert usual(np.ones((99, 2)), 0.99) is None
    assert usual(np.ones((100, 2)), 0.99) == (1.0, 1.0)
    assert UserCap().cap(None, None) is None


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 2)), max_size=20),
    st.lists(st.integers(0, 6), min_size=6, max_size=6),
    st.tuples(st.integers(1, 9), st.integers(1, 4)),
)
def test_a_request_counts_until_a_cap_is_reached(rows, so_far, cap):
    """One request after the other: it counts while every count of its user is below its cap."""
    rows = sorted(rows, key=lambda row: row[0])
    had = np.reshape(so_far, (3, 2)).astype(float)
    expected, now = [], had.copy()
    for user, *counts in rows:
        expected.append(bool((now[user] < cap).all()))
        now[user] += counts
    users = np.array([row[0] for row in rows], np.int64)
    counts = np.reshape([row[1:] for row in rows], (-1, 2)).astype(float)
    assert before_cap(users, counts, had, np.array(cap, float)).tolist() == expected


def test_no_user_counts_for_more_than_a_cap_and_its_last_request():
    """However a day is cut into requests, what counts overshoots by one request at most."""
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 11, (500, 1)).astype(float)
    kept = before_cap(np.zeros(500, np.int64), counts, np.zeros((1, 1)), np.array([30.0]))
    assert 30 <= counts[kept].sum() < 30 + 10


@pytest.mark.parametrize(
    ("usual_day", "cap"), [((18.0, 5.0), (27.0, 8.0)), ((0.0, 0.0), (3.0, 3.0))]
)
def test_caps_follow_from_what_is_usual(usual_day, cap):
    """Half as much again, whole, and never less than three."""
    assert UserCap(user_cap_ratio=1.5).cap(usual_day) == cap
    assert UserCap().cap((18.0, 5.0)) == (18.0, 5.0)
