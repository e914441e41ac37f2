"""Distances between two models say what users would see, and name who lost what."""

import numpy as np
import pytest
from slipway.evaluation import lists
from slipway.evaluation import model_distance as between
from slipway.evaluation.heldout import HeldOut
from slipway.training import dataset


@pytest.fixture(scope="module")
def week(frame, line, rankers):
    rows = dataset.rows_of(frame, line, "holdout")
    return HeldOut.of(rows, np.array(rankers["good"][1].examination), 10)


@pytest.fixture(scope="module")
def answer(week, line, rankers):
    offered = lists.rebuild(week.rows, line)
    theta = np.array(rankers["good"][1].examination)
    return lambda name: between.answers(rankers[name][1], week, theta, offered)


def test_a_model_lies_nowhere_from_itself(answer):
    """Every distance of a model to itself is exactly zero."""
    assert set(between.distances(answer("good"), answer("good"), 14).values()) == {0.0}


def test_distances_are_the_same_both_ways(answer):
    """Churn, overlap and mixes do not depend on who was first."""
    there = between.distances(answer("good"), answer("blind"), 14)
    back = between.distances(answer("blind"), answer("good"), 14)
    for name in ("churn", "churn_by_place", "rank_biased", "category_mix", "category_mix_by_user"):
        assert there[name] == pytest.approx(back[name])
        assert 0 < there[name] <= 1


def test_a_change_of_level_alone_is_no_calibrated_shift(week, answer):
    """Scores that are all a third higher shift, but not once both are put on the week's level."""
    one = answer("good")
    odds = one.predicted / (1 - one.predicted) * 1.5
    louder = odds / (1 + odds)
    other = one._replace(
        predicted=louder, calibrated=between.recalibrated(louder, week.rows.clicked)
    )
    found = between.distances(one, other, 14)
    assert found["score_shift"] > 0.2
    assert found["score_shift_calibrated"] < 1e-6


def test_what_is_gone_from_one_list_is_new_in_another(answer, week, line):
    """Places lost and won add up, over genres and over user groups."""
    offered = lists.rebuild(week.rows, line)
    found = between.exchanges(answer("good"), answer("boosted"), offered, 14, 3)
    assert found.gone[:14].sum() == found.new[:14].sum() == found.gone[14:].sum()
    assert found.had[:14].sum() == offered.item.shape[0] * 10


def test_pairs_won_and_lost_are_counted_by_hand(week):
    """Shares of clicked pairs that only one of two models orders rightly, as a loop counts them."""
    rng = np.random.default_rng(3)
    mine, theirs = rng.random((2, len(week.rows)))
    won = lost = total = 0.0
    for request in range(60):
        rows = np.flatnonzero(week.request == request)
        for i in rows:
            for j in rows:
                if week.gain[i] > 0 and week.gain[j] == 0:
                    total += week.gain[i]
                    won += week.gain[i] * (mine[i] > mine[j] and theirs[i] <= theirs[j])
                    lost += week.gain[i] * (mine[i] <= mine[j] and theirs[i] > theirs[j])
    keep = week.request < 60
    part = HeldOut.of(week.rows.where(keep), 1 / np.sqrt(np.arange(1.0, 11)), 10)
    part = HeldOut(part.rows, part.user, part.request, week.gain[keep], 10)
    found = between.pairs(mine[keep], theirs[keep], part)
    assert found == pytest.approx((won / total, lost / total))
