"""Offline gates: each concludes what it should on a held-out week whose numbers are given."""

from dataclasses import replace

import pytest
from slipway.domain.errors import NotComputable, UnknownReference
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.gates import NEED_CHAMPION, OFFLINE, gates_for, judge
from support.sample_measurements import held_out

POLICY = Policy()
PASS, UNDECIDED, FAIL = Conclusion.PASS, Conclusion.UNDECIDED, Conclusion.FAIL


@pytest.mark.parametrize("gate", OFFLINE)
def test_a_plainly_good_candidate_passes(gate):
    """Every offline gate lets a plainly good candidate through."""
    verdict = judge(gate, held_out(), POLICY)
    assert verdict.conclusion is PASS, verdict.reason


@pytest.mark.parametrize(
    ("gate", "changed", "conclusion"),
    [
        ("parity", {"parity_mismatches": 1}, FAIL),
        ("parity", {"parity_rows": 0}, UNDECIDED),
        ("log_loss", {"log_loss_diff_champion": (0.02, 0.001)}, FAIL),
        ("log_loss", {"log_loss_diff_champion": (0.004, 0.001)}, UNDECIDED),
        ("log_loss", {"log_loss_diff_champion": (0.0, 0.001)}, PASS),
        ("log_loss", {"log_loss_diff_champion": (-0.4, 0.001)}, FAIL),
        (
            "log_loss",
            {"log_loss_diff_champion": (0.0, 0.001), "seed_spread_champion": 0.01},
            UNDECIDED,
        ),
        ("ndcg", {"ndcg_diff_champion": (-0.05, 0.003)}, FAIL),
        ("ndcg", {"ndcg_diff_champion": (-0.01, 0.003)}, UNDECIDED),
        ("beats_rules", {"log_loss_diff_rules": (0.01, 0.002)}, FAIL),
        ("beats_rules", {"ndcg_diff_rules": (-0.05, 0.005)}, FAIL),
        ("beats_rules", {"ndcg_diff_rules": (0.001, 0.005)}, PASS),
        ("beats_rules", {"ndcg_diff_rules": (-0.005, 0.005)}, UNDECIDED),
        ("beats_rules", {"log_loss_diff_rules": (-0.001, 0.005)}, UNDECIDED),
        ("beats_rules", {"log_loss_diff_rules": (-0.5, 0.002)}, FAIL),
        ("calibration", {"ece": {"candidate": 0.05}}, FAIL),
        ("segments", {"segments": (("genre=1", 0.1, 0.01, 900),)}, FAIL),
        ("segments", {"segments": (("genre=1", 0.1, 0.2, 9),)}, PASS),
        ("segments", {"segments": (("genre=1", 0.01, 0.001, 900),)}, PASS),
        ("segments", {"segments": ()}, UNDECIDED),
        ("segments", {"segments": (("genre=1", -0.1, 0.01, 0),)}, UNDECIDED),
        ("stability", {"category_mix_distance": 0.18}, FAIL),
        ("stability", {"category_mix_distance": 0.18, "category_mix_floor": 0.05}, PASS),
        ("stability", {"top_k_overlap": 0.2}, FAIL),
        ("stability", {"top_k_overlap": 0.2, "overlap_floor": 0.15}, PASS),
        ("gain", {"recipe_changed": True}, PASS),
        ("gain", {"recipe_changed": True, "log_loss_diff_champion": (-0.001, 0.001)}, UNDECIDED),
        ("gain", {"recipe_changed": True, "log_loss_diff_champion": (0.01, 0.001)}, UNDECIDED),
        ("gain", {"log_loss_diff_champion": (-0.001, 0.001)}, PASS),
        ("gain", {"recipe_changed": True, "chance": {"log_loss": (0.01, 0.01, 0.02)}}, UNDECIDED),
        ("latency_offline", {"latency_ratio": (5.0, 4.8, 5.3)}, FAIL),
        ("latency_offline", {"latency_ratio": (1.45, 1.3, 1.6)}, UNDECIDED),
        ("latency_offline", {"latency_ratio": (0.0, 0.0, 0.0)}, UNDECIDED),
    ],
)
def test_gate_concludes_the_truth(gate, changed, conclusion):
    """Each gate concludes what the changed measurement says."""
    verdict = judge(gate, held_out(**changed), POLICY)
    assert verdict.conclusion is conclusion, verdict.reason


def test_the_swing_is_named():
    """The reason names the genre that moved most, with its shares."""
    mix = [["Drama", 0.7, 0.3], ["Comedy", 0.22, 0.71]]
    verdict = judge(
        "stability", held_out(category_mix_distance=0.5, category_mix_by_category=mix), POLICY
    )
    assert "Comedy 22% to 71%" in verdict.reason


def test_churn_beyond_chance_is_named_unexplained():
    """The reason says what changed, what chance explains of it, and which genre lost most."""
    reason = judge("stability", held_out(), POLICY).reason
    assert "30% of the top changed, chance explains 20%: 10% unexplained" in reason
    assert "32% of the Comedy places of the champion's lists are gone; chance explains 9%" in reason


def test_churn_that_chance_explains_is_not_called_unexplained():
    """Where two fits of one recipe differ as much, nobody is alarmed."""
    moved = held_out().moved | {"churn": 0.15}
    reason = judge("stability", held_out(moved=moved), POLICY).reason
    assert "unexplained" not in reason
    assert "15% of the top changed, and chance alone changes 20%" in reason


def test_the_floor_is_named_beside_the_gain():
    """A gain inside the floor is called that, with both numbers; not proving it may be allowed."""
    small = held_out(recipe_changed=True, log_loss_diff_champion=(-0.001, 0.001))
    verdict = judge("gain", small, POLICY)
    assert "changed by -0.10 %, the noise floor is 0.2" in verdict.reason
    assert judge("gain", small, replace(POLICY, prove_gain=False)).conclusion is PASS


@pytest.mark.parametrize("gate", NEED_CHAMPION)
def test_a_missing_champion_is_an_error(gate):
    """A gate against the champion refuses to judge without its measurement."""
    without = dict.fromkeys(
        (
            "log_loss_diff_champion",
            "ndcg_diff_champion",
            "top_k_overlap",
            "overlap_floor",
            "category_mix_distance",
            "category_mix_floor",
            "latency_ratio",
            "seed_spread_champion",
            "worth",
        )
    )
    first = held_out(**without, segments=(), has_champion=False)
    if gate == "segments":
        assert judge(gate, first, POLICY).conclusion is UNDECIDED
    else:
        with pytest.raises(NotComputable):
            judge(gate, first, POLICY)


def test_first_release_is_judged_without_them():
    """The panel of a first release asks no gate that needs a champion."""
    panel = gates_for(Stage.OFFERED, has_champion=False)
    assert not set(panel) & set(NEED_CHAMPION)
    assert {"parity", "beats_rules", "calibration"} <= set(panel)


def test_calibration_needs_the_candidate():
    """A missing configured measurement is an error."""
    with pytest.raises(NotComputable, match="ece"):
        judge("calibration", held_out(ece={"champion": 0.01}), POLICY)


def test_unknown_gate_is_refused():
    """A gate that does not exist is named with those that do."""
    with pytest.raises(UnknownReference, match="parity"):
        judge("vibes", held_out(), POLICY)


def test_ended_releases_have_no_panel():
    """Nothing is judged once a release is over without promotion."""
    for stage in (Stage.REJECTED, Stage.RETURNED, Stage.TIMED_OUT, Stage.SUPERSEDED):
        assert gates_for(stage, has_champion=True) == ()
