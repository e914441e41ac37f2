"""The shadow gap: what chance's clicks would gain beyond a model's own ranking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.stats.shadow_gap import Gap, corrections, shadow_gap, together

THETA = np.array([1.0, 0.5, 0.25])


def lists(rng, n, attraction, items):
    """Explored lists of three of the items, and what is clicked of them."""
    shown = np.argsort(rng.random((n, items)), axis=1)[:, :3]
    return shown, (rng.random(shown.shape) < attraction[shown] * THETA).astype(float)


def looped(clicked):
    return np.broadcast_to(THETA, clicked.shape)


def test_it_is_the_weighted_sum_that_a_loop_over_lists_gives():
    """Each click counts by the looks of its new place over those of its own, list by list."""
    rng = np.random.default_rng(1)
    scores, factors = rng.random((200, 3)), rng.uniform(0.5, 2, (200, 3))
    clicked = (rng.random((200, 3)) < 0.3).astype(float)
    worth = [0.0, 0.0]
    for row in range(200):
        for which, by in enumerate((scores[row], scores[row] * factors[row])):
            for place, item in enumerate(sorted(range(3), key=lambda i: -by[i])):
                worth[which] += THETA[place] * clicked[row, item] / THETA[item]
    found = shadow_gap(scores, factors, clicked, looped(clicked), THETA, np.arange(200), 100)
    assert found.mean == pytest.approx(worth[1] / worth[0] - 1)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_without_anything_to_correct_there_is_no_gap(seed):
    """A model whose expectation is met has factors of 1, and factors of 1 leave no gap."""
    rng = np.random.default_rng(seed)
    expected = rng.uniform(1, 50, (3, 8))
    assert np.allclose(corrections(expected, expected), 1)
    scores, clicked = rng.random((50, 3)), np.ones((50, 3))
    gap = shadow_gap(
        scores, np.ones((50, 3)), clicked, looped(clicked), THETA, np.arange(50) % 5, 9
    )
    assert gap == Gap(0.0, 0.0)


def test_corrections_find_what_the_model_believes_wrongly():
    """An item clicked twice as often as expected gets a factor near 2, one seen once hardly any."""
    expected = np.full((2, 20), 200.0)
    expected[:, 0] = 0.2
    clicks = expected.copy()
    clicks[:, 3], clicks[:, 0] = 400, 1
    found = corrections(clicks, expected)
    assert found[:, 3].mean() > 1.6
    assert found[:, 0].max() < 1.3


def test_without_clicks_there_is_an_error_and_no_gap():
    """No click or one user only is not 0."""
    nothing = np.zeros((4, 3))
    with pytest.raises(ValueError, match="no click"):
        shadow_gap(nothing, nothing, nothing, nothing + 1, THETA, np.arange(4), 9)
    with pytest.raises(ValueError, match="fewer than two"):
        shadow_gap(nothing, nothing, nothing + 1, nothing + 1, THETA, np.zeros(4, int), 9)


def test_a_right_model_alarms_as_seldom_as_it_says():
    """Of 200 weeks of a model that knows the truth at most 5 % prove a gap at 2.5 %, corrected by other weeks' luck."""
    rng, alarms = np.random.default_rng(5), 0
    attraction = rng.uniform(0.05, 0.5, 12)
    for _ in range(200):
        before, came = lists(rng, 400, attraction, 12)
        clicks = np.bincount(before.ravel(), weights=came.ravel(), minlength=12)[None]
        looks = np.bincount(before.ravel(), weights=looped(came).ravel(), minlength=12)[None]
        factors = corrections(clicks, looks * attraction)[0]
        now, clicked = lists(rng, 400, attraction, 12)
        gap = shadow_gap(
            attraction[now], factors[now], clicked, looped(clicked), THETA, np.arange(400), 100
        )
        alarms += gap.mean - 1.96 * gap.se > 0
    assert alarms <= 10


def test_weeks_are_taken_together():
    """The mean of two weeks has the error of a mean of independent ones."""
    assert together((Gap(0.1, 0.03), Gap(0.3, 0.04))) == pytest.approx((0.2, 0.025))
