"""Amounts of users of two arms, as hours of a release: what a look is told of a declared mean."""

from dataclasses import replace

import numpy as np
from slipway.domain.accumulated_evidence import MeanTotals
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy
from slipway.evidence import amount_bounds, arm_means, arm_users, user_table
from slipway.evidence.amount_bounds import UsersAmounts
from slipway.evidence.family import mean_evidence
from slipway.evidence.user_table import UserHours
from slipway.stats import means
from slipway.stats.mixtures import NI_WEIGHTS
from support.sample_measurements import SampleRelease, measure

REVENUE = Mean("revenue", "price", PerList.SUM, margin=0.05)
POLICY = Policy(means=(REVENUE,))
LOOK = measure(SampleRelease(blocks=1), POLICY)
HOUR_S = 3_600


def rows(hour, arm, key, lists, amounts):
    """Users' hours of one epoch: ``amounts`` [N] of one mean."""
    size = len(key)
    counts = np.column_stack((lists, np.zeros(size), lists)).astype(float)
    return UserHours(
        np.broadcast_to(np.asarray(hour, np.int64), size).copy(),
        np.asarray(key, np.uint64),
        np.broadcast_to(np.asarray(arm, np.int64), size).copy(),
        np.zeros(size, np.int64),
        counts,
        np.asarray(amounts, float).reshape(size, 1),
        np.zeros(size),
    )


def looks(hours):
    """Totals of a release after rows of each hour, as its evidence adds them up."""
    totals, known = (MeanTotals(),), UsersAmounts.none(1)
    squares, users = [np.zeros((7, 7))] * 2, [user_table.none(5)] * 2
    for hour in hours:
        bounded = amount_bounds.bounded(hour, known, POLICY)
        found = arm_means.blocks_of(bounded.rows, user_table.none(1))
        known = bounded.known
        totals = arm_means.added(totals, found, bounded.capped)
        for arm, of in enumerate((found.control, found.candidate)):
            new = of._replace(sums=np.column_stack((np.zeros((len(of.keys), 2)), of.sums)))
            squares[arm] = squares[arm] + arm_users.squares_of(users[arm], new)
            users[arm] = user_table.add(users[arm], new)
        yield arm_means.with_spread(totals, *squares)[0]


def released(hours):
    """The totals after all hours."""
    return list(looks(hours))[-1]


def judged(total, *, more_is_better=True):
    """Log-evidence of harm, and of "not less by the margin"."""
    mean = replace(REVENUE, more_is_better=more_is_better)
    found = mean_evidence(replace(LOOK, means={"revenue": total}), mean, POLICY)
    assert found is not None
    harm = means.harm(found, effects=POLICY.harm_effects, weights=POLICY.harm_weights)
    return harm, means.non_inferiority(found, margin=mean.margin, weights=NI_WEIGHTS)


def crowd(rng, effect=0.0, share=0.2, users=4_000, hours=24):
    """Hours of users who come once each, of lists with amounts like prices."""
    arm = (rng.random(users) < share).astype(int)
    amounts = rng.lognormal(0, 1.0, users) * (1 + effect * arm)
    parts = np.array_split(np.arange(users), hours)
    return [
        rows(k * HOUR_S, arm[of], of + 1, np.ones(len(of)), amounts[of])
        for k, of in enumerate(parts)
    ]


def with_user(hours, arm, amount):
    """One more user of an arm, with an amount in each hour."""
    found = []
    for k, hour in enumerate(hours):
        one = rows(k * HOUR_S, arm, [10**6], [1], [amount])
        found.append(UserHours(*(np.concatenate(both) for both in zip(hour, one, strict=True))))
    return found


def tails(rng, kind, size):
    """Amounts as shops know them."""
    if kind == "lognormal, sigma 2":
        return rng.lognormal(-2.0, 2.0, size)
    if kind == "Pareto, 2.2":
        return rng.pareto(2.2, size) + 1
    return np.where(rng.random(size) < 0.05, rng.lognormal(0.0, 2.0, size), 0.0)
