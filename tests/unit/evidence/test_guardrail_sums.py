"""Sums over users that grow by what is new: the same as from all users at once."""

import numpy as np
import pytest
from slipway.domain.accumulated_evidence import MeanTotals
from slipway.evidence import guardrail_sums, user_table


def test_squares_grow_as_if_all_users_were_summed_again():
    """Hour by hour, with users who come again: counts, sums, squares and products are the table's own."""
    rng, users, squares = np.random.default_rng(5), user_table.none(5), np.zeros((7, 7))
    for _ in range(40):
        came = rng.integers(0, 90, 30).astype(np.uint64)
        rows = np.column_stack((rng.integers(0, 9, (30, 3)), rng.normal(0, 3, (30, 2))))
        new = user_table.summed(came, rows)
        squares = squares + guardrail_sums.squares_of(users, new)
        users = user_table.add(users, new)
    counted, (total,) = guardrail_sums.spread(squares, (MeanTotals(),))
    n, c, lists, off, past = users.sums.T
    assert counted == pytest.approx((len(n), n.sum(), c.sum(), n @ n, n @ c, c @ c))
    assert (total.control_lists, total.users) == (lists.sum(), (lists > 0).sum())
    assert (total.yy, total.yc, total.cc) == pytest.approx((off @ off, off @ past, past @ past))


def test_an_hour_in_which_nobody_came_adds_nothing():
    """No users, no numbers."""
    assert not guardrail_sums.squares_of(user_table.none(5), user_table.none(5)).any()
