"""The peers of the decision bench are what their descriptions say."""

import numpy as np
import pytest
from benchmarks.decisions import classical, peers, tools
from benchmarks.decisions.crowd import Crowd
from benchmarks.decisions.scene import Scene
from group_sequential import lan_demets_obrien_fleming
from scipy.stats import mannwhitneyu, norm
from slipway.domain.policy import Policy

LOOKS = np.arange(1, 6) / 5


def test_group_sequential_bounds_are_the_published_ones():
    """Five equal looks at one-sided 2.5 %: 4.877, 3.357, 2.680, 2.290, 2.031 (Lan and DeMets)."""
    found = classical.obrien_fleming(LOOKS, 0.025)
    np.testing.assert_allclose(found, [4.877, 3.357, 2.680, 2.290, 2.031], rtol=2e-3)
    np.testing.assert_allclose(found, lan_demets_obrien_fleming(5), rtol=2e-3)


@pytest.mark.parametrize("shift", [0.0, 0.02])
def test_rank_sums_are_those_of_scipy(shift):
    """The z of tied samples gives scipy's p-value; the even shift is the median difference."""
    rng = np.random.default_rng(1)
    ours, theirs = rng.binomial(60, 0.05, (2, 4, 200)) / 60
    z = classical.mann_whitney_z(ours, theirs, np.full(4, shift))
    for row in range(4):
        found = mannwhitneyu(ours[row] - shift, theirs[row], method="asymptotic").pvalue
        assert 2 * norm.sf(abs(z[row])) == pytest.approx(found, rel=1e-9)


def test_the_even_shift_is_the_median_of_all_differences():
    """Hodges and Lehmann: half of all pairs differ by less."""
    ours, theirs = np.random.default_rng(2).normal(size=(2, 3, 101))
    pairs = ours[:, :, None] - theirs[:, None, :]
    wanted = np.median(pairs.reshape(3, -1), axis=1)
    np.testing.assert_allclose(classical.hodges_lehmann(ours, theirs), wanted, atol=0.02)


def test_every_rule_returns_great_harm_and_no_valid_one_returns_a_neutral_candidate_often():
    """At -20 % all return on the same paths; at 0 the rules that hold under peeking mostly ship."""
    policy, found = Policy(), {}
    for effect in (-0.2, 0.0):
        scene = Scene(effect=effect, blocks_per_day=48)
        crowd = Crowd(scene, policy, seed=4, releases=24)
        rules = tools.all_peers(scene, policy, 24)
        for number in range(peers.STAGES):
            day = crowd.day(number)
            for rule in rules:
                rule.day(day, number)
        found[effect] = {rule.name: rule.returned.mean() for rule in rules}
    assert min(found[-0.2].values()) > 0.9
    for name in ("fixed horizon", "group sequential (Lan-DeMets OBF)", "mSPRT"):
        assert found[0.0][name] < 0.25
    assert found[0.0]["naive z, peeked"] > found[0.0]["fixed horizon"]
