"""Users of both arms: how they cluster where it is the safer, who has much of an arm, and sums that grow."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from slipway.domain.accumulated_evidence import ArmUsers, MeanTotals
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.stage import Stage
from slipway.evidence import arm_means, arm_users, comparisons, user_table
from slipway.evidence.release_evidence import ReleaseEvidence
from slipway.evidence.user_table import UNNAMED, UserHours, UserSums
from slipway.stats.design_effect import design_effect

NOW = datetime(2026, 1, 6, tzinfo=UTC)


def look(**more):
    """A look of which only its users matter."""
    return LiveMeasurements("feed", "2", Stage.CANARY_5, NOW, NOW, NOW, has_champion=True, **more)


def hour(rng, arm, users, beyond=()):
    """An hour of an arm: ten trials of each user, and what somebody had beyond its caps."""
    n = len(users)
    counts = np.column_stack((np.full(n, 10), rng.integers(0, 10, n), np.ones(n))).astype(float)
    extra = np.zeros(n)
    extra[: len(beyond)] = beyond
    return UserHours(
        np.zeros(n, np.int64),
        np.asarray(users, np.uint64),
        np.full(n, arm),
        np.zeros(n, np.int64),
        counts,
        np.zeros((n, 0)),
        extra,
    )


def nothing():
    """Evidence before anybody came."""
    return ReleaseEvidence("k", NOW, user_table.none(3), user_table.none(0), np.zeros((5, 5)))


@pytest.mark.parametrize("swapped", [False, True])
def test_clustering_counts_where_it_is_the_larger(swapped):
    """Users who click or do not, in either arm, widen both arms' rates as if both were so."""
    plain, whole = ([10] * 40, [1, 2] * 20), ([10] * 20, [10, 0] * 10)
    control, candidate = (whole, plain) if swapped else (plain, whole)
    found = look(
        user_trials=control[0],
        user_successes=control[1],
        candidate_user_trials=candidate[0],
        candidate_user_successes=candidate[1],
    )
    assert comparisons.design_effect(found) == pytest.approx(design_effect(*whole))
    assert comparisons.design_effect(look(user_trials=[9], user_successes=[1])) == 1.0


def test_hours_that_are_added_say_what_all_users_say_at_once():
    """The candidate's squares and both arms' heaviest users follow from all rows, however they came."""
    rng, known, rows = np.random.default_rng(4), nothing(), []
    for k in range(20):
        came = hour(rng, 1, rng.choice(50, 20, replace=False), (7,) if k % 3 == 0 else ())
        arms = arm_users.add_arms(known, came, user_table.none(3), user_table.none(1))
        known = replace(
            known, candidates=arms.candidates, candidate_squares=arms.squares, beyond=arms.beyond
        )
        rows.append(came)
    keys = np.concatenate([r.key for r in rows])
    counts = np.concatenate([r.counts for r in rows])
    whole = user_table.summed(keys, counts).sums
    n, c = whole[:, 0], whole[:, 1]
    assert arms.squared == pytest.approx((len(n), n.sum(), c.sum(), n @ n, n @ c, c @ c))
    every = user_table.summed(
        keys, (counts[:, 0] + np.concatenate([r.beyond for r in rows]))[:, None]
    )
    assert arms.heavy[1] == ArmUsers(every.sums.sum(), 49.0, every.sums.max(), 0.0)
    assert arms.heavy[0] == ArmUsers()


def test_who_has_no_id_is_nobody_and_no_heaviest_user():
    """Impressions without a user stand apart; a user whose every impression is beyond is still one."""
    counted = UserSums(np.array([5, 9], np.uint64), np.array([[10.0, 1], [30, 2]]))
    beyond = UserSums(np.array([UNNAMED, 5], np.uint64), np.array([[400.0], [60]]))
    assert arm_users.heaviest(counted, beyond) == ArmUsers(500.0, 460.0, 70.0, 400.0)


def test_a_day_longer_changes_no_number_without_users():
    """An hour in which nobody came leaves everything as it was."""
    empty = hour(np.random.default_rng(1), 1, [])
    arms = arm_users.add_arms(nothing(), empty, user_table.none(3), user_table.none(1))
    assert arms.squared == (0.0,) * 6


def test_squares_grow_as_if_all_users_were_summed_again():
    """Hour by hour, with users who come again: counts, sums, squares and products are the table's own."""
    rng, users, squares = np.random.default_rng(5), user_table.none(5), np.zeros((7, 7))
    for _ in range(40):
        came = rng.integers(0, 90, 30).astype(np.uint64)
        rows = np.column_stack((rng.integers(0, 9, (30, 3)), rng.normal(0, 3, (30, 2))))
        new = user_table.summed(came, rows)
        squares = squares + arm_users.squares_of(users, new)
        users = user_table.add(users, new)
    counted = arm_users.clustering(squares)
    (total,) = arm_means.with_spread((MeanTotals(),), squares, np.zeros((7, 7)))
    n, c, lists, off, past = users.sums.T
    assert counted == pytest.approx((len(n), n.sum(), c.sum(), n @ n, n @ c, c @ c))
    assert (total.control_lists, total.users) == (lists.sum(), (lists > 0).sum())
    assert (total.yy, total.yc, total.cc) == pytest.approx((off @ off, off @ past, past @ past))


def test_an_hour_in_which_nobody_came_adds_nothing():
    """No users, no numbers."""
    assert not arm_users.squares_of(user_table.none(5), user_table.none(5)).any()
