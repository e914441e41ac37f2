"""Requests of a paired shadow: no user's day decides, and an hour of a trickle was not seen."""

import numpy as np
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.evidence.paired_requests import HOUR_US, counted

POLICY = PredictionPolicy(no_hold_out_because="a fare is not drawn by chance", paired=True)
DAY_US = 24 * HOUR_US


def crowd(days, per_hour=10):
    """Each hour of some days as many users with one request each: few come twice a day."""
    asked = np.repeat(np.arange(24 * days) * HOUR_US, per_hour) + np.arange(24 * days * per_hour)
    return np.array([f"u{k % 240}" for k in range(len(asked))]), asked


def test_a_users_day_counts_up_to_its_cap():
    """Of a thousand requests a day three count, the first ones, on each day anew."""
    user, asked = crowd(2)
    robot = np.concatenate((np.arange(1000), DAY_US + np.arange(1000)))
    found = counted(np.append(user, ["robot"] * 2000), np.append(asked, robot), POLICY)
    kept = found.kept[len(user) :]
    assert found.kept[: len(user)].all()
    assert np.flatnonzero(kept).tolist() == [0, 1, 2, 1000, 1001, 1002]


def test_without_a_heavy_user_all_count_and_few_users_cap_nobody():
    """Nothing is left out where nobody is above a cap, nor where nobody can be one in a hundred."""
    assert counted(*crowd(3), POLICY).kept.all()
    one = np.array(["a"] * 50 + ["b"] * 3), np.arange(53)
    assert counted(*one, POLICY).kept.all()


def test_an_hour_of_a_trickle_is_no_hour_and_its_day_no_day():
    """After three days a request an hour of a hundred usual ones: neither hours nor days go on."""
    user, asked = crowd(3, 100)
    late = 3 * DAY_US + np.arange(48) * HOUR_US
    found = counted(np.append(user, [f"u{k}" for k in range(48)]), np.append(asked, late), POLICY)
    assert (found.hours, found.days) == (72, 3)
    assert found.kept.all()


def test_who_has_no_id_counts_nowhere():
    """Requests without a user are in no sum; nothing at all is no hour."""
    found = counted(np.array(["", "a"]), np.array([0, 1]), POLICY)
    assert found.kept.tolist() == [False, True]
    assert counted(np.array([], str), np.zeros(0, np.int64), POLICY)[1:] == (0, 0)
