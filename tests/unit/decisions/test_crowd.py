"""The simulated users behave as their scene says."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.decisions.crowd import Crowd
from benchmarks.decisions.scene import Scene, divergence, wald_unit
from benchmarks.decisions.visitors import Visitors
from slipway.domain.policy import Policy
from slipway.stats.design_effect import design_effect

POLICY = Policy()
FLAT = Scene(traffic_swing=0, rate_swing=0, weekend_traffic=1, weekend_rate=1)


def totals(scene, releases=40, number=0):
    crowd = Crowd(scene, POLICY, seed=3, releases=releases)
    days = [crowd.day(k) for k in range(number + 1)]
    return [part.sum(axis=-1) for part in days[-1][:3]], days[-1]


def test_arms_get_their_shares_and_rates():
    """Stages split the users as the policy says; each arm clicks at its own rate."""
    (candidate, control, rules), _ = totals(replace(FLAT, effect=-0.1))
    mine = candidate[0].mean(axis=1) / (candidate[0] + control[0]).mean(axis=1)
    np.testing.assert_allclose(mine, [rule.share for rule in POLICY.canary], rtol=0.01)
    for part, rate in ((control, 0.05), (candidate, 0.045), (rules, 0.05 * 0.85)):
        assert part[1].sum() / part[0].sum() == pytest.approx(rate, rel=0.01)
    assert candidate[0][3].mean() + control[0][3].mean() == pytest.approx(0.93 * 2e6, rel=0.01)


def test_users_only_ever_join_the_candidate():
    """At a later stage no block has fewer candidate trials, clicks or slow answers."""
    _, day = totals(Scene(effect=-0.1))
    assert (np.diff(day.candidate, axis=1) >= 0).all()
    assert (np.diff(day.control, axis=1) <= 0).all()


def test_an_effect_of_its_own_on_weekends_and_at_first():
    """A weekend's effect holds on weekends alone; novelty halves as fast as it should."""
    (candidate, control, _), day = totals(replace(FLAT, weekend_effect=-0.5), releases=70)
    whole = day.weekend.all(axis=1), (~day.weekend).all(axis=1)
    for rows, expected in zip(whole, (0.5, 1.0), strict=True):
        ratio = candidate[:, 3, rows].sum(axis=1) / control[:, 3, rows].sum(axis=1)
        assert ratio[1] / ratio[0] == pytest.approx(expected, rel=0.02)
    (late, other, _), _ = totals(replace(FLAT, novelty=0.4), number=1)
    lift = late[1, 3].sum() / late[0, 3].sum() / (other[1, 3].sum() / other[0, 3].sum()) - 1
    assert lift == pytest.approx(0.4 * 0.5**1.5, rel=0.1)


def test_a_panel_of_users_clusters_as_the_formula_says():
    """The measured design effect of users who came back for two days is that of the scene."""
    scene = Scene(session=5, active=0.32, visits=0.5)
    visitors = Visitors(scene, POLICY, np.zeros(60, np.int64), seed=1)
    for hour in range(1, 49):
        visitors.hour(np.arange(60), np.zeros(60, np.int64), hour)
    found = [design_effect(*visitors.panel(row)) for row in range(60)]
    assert np.mean(found) == pytest.approx(scene.design_effect(2.0), rel=0.1)


def test_wald_s_limit_is_the_known_one():
    """2,583 to 274,724 impressions for -20 to -2 % at a rate of 5 % (Wald 1945)."""
    effects = np.array([-0.2, -0.1, -0.05, -0.02])
    found = wald_unit(POLICY) / divergence(np.array(0.05), effects)
    np.testing.assert_allclose(found, [2_583, 10_703, 43_531, 274_724], rtol=1e-3)


def test_the_formulas_of_the_scene_give_the_published_numbers():
    """Wald's unit is 2.910 nats, and a fifth fewer clicks at 5 % cost 2,583 impressions."""
    assert wald_unit(POLICY) == pytest.approx(2.910, abs=5e-4)
    assert round(float(2.910 / divergence(np.array(0.05), np.array(-0.2)))) == 2583
