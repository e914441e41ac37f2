"""Declared means of both arms' users: no amount decides, blocks are those of a loop, and tails raise no alarm."""

import numpy as np
import pytest
from slipway.evidence import amount_bounds, arm_means, user_table
from slipway.evidence.amount_bounds import UsersAmounts
from support.amounts import (
    HOUR_S,
    POLICY,
    crowd,
    judged,
    looks,
    released,
    rows,
    tails,
    with_user,
)


@pytest.mark.parametrize("amount", [1e4, 1e9, 1e15])
def test_no_user_carries_a_worse_candidate_by_its_amounts(amount):
    """A loss of three tenths stays proven, and no loss excluded, by one who spends without end in its arm."""
    plain = crowd(np.random.default_rng(3), effect=-0.3)
    harm, safe = judged(released(plain))
    heavy = released(with_user(plain, 1, amount))
    assert harm > np.log(100)
    assert judged(heavy)[0] > np.log(20)
    assert judged(heavy)[1] < np.log(2)
    assert safe < 0
    assert heavy.capped >= 24


@pytest.mark.parametrize("arm", [0, 1])
def test_no_user_holds_an_equal_candidate_for_ever_by_its_amounts(arm):
    """Nor is it returned, nor all information lost, whatever one user of either arm spends."""
    plain = crowd(np.random.default_rng(4), users=60_000, share=0.5)
    assert judged(released(plain))[1] > np.log(100)
    heavy = released(with_user(plain, arm, 1e12))
    assert judged(heavy)[0] < np.log(20)
    assert judged(heavy)[1] > np.log(100)


def test_amounts_below_what_counts_are_left_as_they_are():
    """Without a heavy amount nothing is cut, bit for bit."""
    rng = np.random.default_rng(5)
    hour = rows(
        0, rng.integers(0, 2, 500), np.arange(1, 501), rng.integers(1, 5, 500), np.ones(500)
    )
    found = amount_bounds.bounded(hour, UsersAmounts.none(1), POLICY)
    assert (found.rows.amounts == hour.amounts).all()
    assert not found.capped.any()


def test_blocks_and_deviations_are_those_of_a_loop():
    """Hours and epochs stand apart; users lie off their own arm's mean of each block."""
    rng = np.random.default_rng(6)
    size = 300
    hour = rows(
        rng.integers(0, 3, size) * HOUR_S,
        rng.integers(0, 2, size),
        rng.integers(1, 40, size),
        rng.integers(1, 4, size),
        rng.normal(3, 1, size),
    )._replace(epoch=rng.integers(0, 2, size))
    found = arm_means.blocks_of(hour, user_table.none(1))
    off = {0: {}, 1: {}}
    every = sorted(set(zip(hour.hour_s.tolist(), hour.epoch.tolist(), strict=True)))
    for at, (start, epoch) in enumerate(every):
        here = (hour.hour_s == start) & (hour.epoch == epoch)
        level, lists = [], []
        for arm in (0, 1):
            mine = here & (hour.arm == arm)
            lists.append(hour.counts[mine, 2].sum())
            level.append(hour.amounts[mine, 0].sum() / lists[-1])
            for k in np.flatnonzero(mine):
                own = off[arm].setdefault(int(hour.key[k]), 0.0)
                off[arm][int(hour.key[k])] = (
                    own + hour.amounts[k, 0] - level[arm] * hour.counts[k, 2]
                )
        assert found.start_s[at] == start
        assert found.sums[0].weight[at] == pytest.approx(lists[0] * lists[1] / sum(lists))
        assert found.sums[0].difference[at] / found.sums[0].weight[at] == pytest.approx(
            level[1] - level[0]
        )
    for of, users in ((found.control, off[0]), (found.candidate, off[1])):
        assert dict(zip(of.keys.tolist(), of.sums[:, 1].tolist(), strict=True)) == pytest.approx(
            users
        )


@pytest.mark.parametrize("kind", ["lognormal, sigma 2", "Pareto, 2.2", "95 % zeros"])
@pytest.mark.parametrize(("share", "users"), [(0.05, 3_000), (0.5, 3_000), (0.9, 6_000)])
def test_equal_amounts_with_tails_are_seldom_called_harm(kind, share, users):
    """Whether more or less is better, and whichever arm is small: at most 5 % of releases, peeked at each hour."""
    rng, runs, hours = np.random.default_rng(7), 40, 20
    alarms = np.zeros(2)
    for _ in range(runs):
        arm = (rng.random(users) < share).astype(int)
        amounts = tails(rng, kind, users)
        every = [
            rows(k * HOUR_S, arm[of], of + 1, np.ones(len(of)), amounts[of])
            for k, of in enumerate(np.array_split(np.arange(users), hours))
        ]
        known = [total for total in looks(every) if total.users >= POLICY.min_users][::2]
        assert len(known) >= 5
        now = [
            [judged(total, more_is_better=better)[0] for total in known] for better in (True, False)
        ]
        alarms += np.max(now, axis=1, initial=0.0) >= np.log(20)
    assert (alarms / runs <= 0.05).all(), alarms
