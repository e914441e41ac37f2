"""A candidate's value from lists that it did not make."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.stats import examination
from slipway.stats.click_cells import RankedRows, counted
from slipway.stats.click_model import ClickModel
from slipway.stats.exploration import effective_shown, propensities
from slipway.stats.off_policy import estimate
from slipway.stats.ways_to_explore import Exploration
from support.click_worlds import ClickWorld, logged

MODEL = ClickModel(kappa=0.6, kappa_sd=1.0, doubt=0.5, clip=10_000)
PLAIN = ClickModel(kappa=0.0, kappa_sd=1e-6, doubt=0.0, clip=10_000)
HOW = Exploration.SLOT_AND_SWAPS


def cells(world, requests, how=HOW, seed=1):
    return counted(logged(world, how, requests, seed), 20, world.length, how)


def random_rows(rng, n, length=3, explored=0.5):
    return RankedRows(
        bucket=rng.integers(0, 4, n),
        offered=rng.integers(5, 7, n),
        explored=rng.random(n) < explored,
        champion=rng.integers(0, length + 1, n),
        candidate=rng.integers(0, length + 1, n),
        position=rng.integers(1, length + 1, n),
        clicked=(rng.random(n) < 0.4).astype(float),
    )


def naive(rows, how, length):
    """The position-based difference, row by row, as the papers write it."""
    explored = [i for i in range(len(rows.clicked)) if rows.explored[i]]
    shown, clicks = np.zeros((length + 1, length)), np.zeros((length + 1, length))
    for i in explored:
        cell = (rows.champion[i] - 1 if rows.champion[i] else length, rows.position[i] - 1)
        shown[cell] += 1
        clicks[cell] += rows.clicked[i]
    theta = examination.of_places(*effective_shown(shown, clicks, 60))
    tops = defaultdict(lambda: [0, 0])
    for i in range(len(rows.clicked)):
        if rows.position[i] == 1:
            tops[rows.offered[i]][int(rows.explored[i])] += 1
    rate = clicks[-1].sum() / (shown[-1] * theta).sum()
    requests, value = sum(map(sum, tops.values())), [0.0, 0.0]
    for i in range(len(rows.clicked)):
        n = rows.offered[i]
        share = tops[n][1] / sum(tops[n])
        table = propensities(how, n, length)[rows.champion[i] - 1 if rows.champion[i] else -1]
        own = theta[rows.champion[i] - 1] if rows.champion[i] else 0.0
        mixture = (1 - share) * own + share * (table * theta).sum()
        looked = theta[rows.position[i] - 1]
        for which, place in enumerate((rows.candidate[i], rows.champion[i])):
            target = theta[place - 1] if place else 0.0
            value[which] += target / mixture * (rows.clicked[i] - rate * looked)
    value = [each / requests + rate * theta.sum() for each in value]
    return value[0] / value[1] - 1


@pytest.mark.parametrize("how", Exploration)
def test_it_is_the_sum_over_rows_that_the_papers_write(how):
    """Sums by cell give what a loop over every shown item gives."""
    rows = random_rows(np.random.default_rng(5), 4_000)
    found = estimate(counted(rows, 4, 3, how), PLAIN, 0.05)
    assert found.position_based == pytest.approx(naive(rows, how, 3), rel=1e-9)
    assert found.difference == pytest.approx(found.position_based, abs=1e-4)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from(Exploration))
def test_a_candidate_that_ranks_as_the_champion_is_worth_the_same(seed, how):
    """Whatever was clicked, the difference of a ranking to itself is nothing."""
    rows = random_rows(np.random.default_rng(seed), 600)
    found = estimate(counted(rows._replace(candidate=rows.champion), 4, 3, how), MODEL, 0.05)
    assert found.difference == pytest.approx(0, abs=1e-9)
    assert found.item_position == pytest.approx(0, abs=1e-9)


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_the_same_rows_twice_say_the_same(seed):
    """Sums of parts of the log add up, and doubled ones move no estimate."""
    once = counted(random_rows(np.random.default_rng(seed), 600), 4, 3, HOW)
    twice = type(once)(2 * once.shown, 2 * once.clicks, once.offered, once.how)
    first, second = estimate(once, PLAIN, 0.05), estimate(twice, PLAIN, 0.05)
    assert second.item_position == pytest.approx(first.item_position)
    assert second.champion == pytest.approx(first.champion, rel=0.05)


def test_without_overlap_nothing_is_estimated():
    """No explored list, no click or one bucket of users is an error with its reason, never a 0."""
    rows = random_rows(np.random.default_rng(1), 500)
    for change, said in (
        ({"explored": np.zeros(500, bool)}, "no explored lists"),
        ({"clicked": np.zeros(500)}, "no clicks"),
        ({"bucket": np.zeros(500, int)}, "fewer than two"),
    ):
        changed = rows._replace(**change)
        with pytest.raises(ValueError, match=said):
            estimate(counted(changed, changed.bucket.max() + 1, 3, HOW), MODEL, 0.05)


def test_what_the_log_cannot_speak_of_is_no_support():
    """Of a candidate that wants only items that are never shown nothing is supported."""
    rows = random_rows(np.random.default_rng(2), 3_000)
    listed = rows._replace(champion=np.maximum(rows.champion, 1), offered=np.full(3_000, 3))
    away = listed._replace(candidate=np.zeros(3_000, int))
    assert estimate(counted(away, 4, 3, HOW), MODEL, 0.05).support == 0
    assert estimate(counted(listed, 4, 3, HOW), MODEL, 0.05).support > 0.2


@pytest.mark.parametrize("kind", ["position", "cascade"])
def test_the_interval_holds_the_truth_as_often_as_it_says(kind):
    """In 12 worlds a 90 % interval misses no more often than chance lets it (p > .001)."""
    missed = 0
    for seed in range(12):
        world = ClickWorld.drawn(seed, kind)
        found = estimate(cells(world, 15_000, seed=seed), MODEL, 0.05)
        missed += not found.lower <= world.lift <= found.upper
    assert missed <= 5
