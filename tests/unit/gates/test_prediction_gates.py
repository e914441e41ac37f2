"""Gates of lines that give one answer: what they ask, and when nobody has to be asked in public."""

from dataclasses import replace

import pytest
from slipway.domain.errors import BadConfig
from slipway.domain.held_out import Difference
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.domain.verdict import Conclusion
from slipway.gates import PAIRED_SHADOW, PREDICTIONS, gates_for, judge
from support.predicted import POLICY, predicted, shadowed


def concluded(gate, found, policy=POLICY):
    return judge(gate, found, policy).conclusion


def test_a_paired_outcome_is_decided_in_the_shadow_alone():
    """After a paired shadow the canary guards errors, latency and shares, and no click is asked for."""
    assert gates_for(Stage.SHADOW, has_champion=True, policy=POLICY) == ("shadow", PAIRED_SHADOW)
    for stage in CANARY_STAGES:
        panel = gates_for(stage, has_champion=True, policy=POLICY)
        assert panel == ("sample_ratio", "errors", "latency", "dwell")
    assert gates_for(Stage.APPROVAL, has_champion=True, policy=POLICY) == (
        "sample_ratio",
        "errors",
        "latency",
    )
    assert gates_for(Stage.CHAMPION, has_champion=True, policy=POLICY) == ("sample_ratio", "errors")


def test_an_outcome_that_depends_on_the_decision_is_decided_by_the_split():
    """A bank's clients are asked as a shop's are; without a hold-out nobody asks for the rules live."""
    split = replace(POLICY, paired=False)
    last = gates_for(CANARY_STAGES[-1], has_champion=True, policy=split)
    assert {"harm", "non_inferiority", "stage_evidence"} <= set(last)
    assert "beats_rules_live" not in last
    held_out = replace(split, rules_share=0.05)
    assert "beats_rules_live" in gates_for(CANARY_STAGES[-1], has_champion=True, policy=held_out)


def test_a_first_release_is_compared_with_the_rules():
    """Without a champion the panel keeps what needs none."""
    panel = gates_for(Stage.OFFERED, has_champion=False, policy=POLICY)
    assert panel == ("parity", "beats_rules_loss", "answer_level")
    assert gates_for(Stage.OFFERED, has_champion=True, policy=POLICY) == PREDICTIONS


def test_nobody_held_out_needs_a_reason():
    """A hold-out of 0 is allowed and explained, never forgotten."""
    with pytest.raises(BadConfig, match=r"or a reason in policy\.no_hold_out_because"):
        PredictionPolicy()
    assert PredictionPolicy(rules_share=0.05).explore_share == 0


@pytest.mark.parametrize(
    ("gate", "changed", "expected"),
    [
        ("offline_loss", {"loss_diff_champion": Difference(0.03, 0.004)}, Conclusion.FAIL),
        ("offline_loss", {"loss_diff_champion": Difference(0.008, 0.004)}, Conclusion.UNDECIDED),
        ("offline_loss", {"loss_diff_champion": Difference(-0.4, 0.004)}, Conclusion.FAIL),
        ("offline_gain", {"loss_diff_champion": Difference(-0.004, 0.004)}, Conclusion.PASS),
        (
            "offline_gain",
            {"loss_diff_champion": Difference(-0.004, 0.004), "recipe_changed": True},
            Conclusion.UNDECIDED,
        ),
        ("beats_rules_loss", {"loss_diff_rules": Difference(0.0, 0.01)}, Conclusion.UNDECIDED),
        ("answer_shift", {"flips": 0.07}, Conclusion.FAIL),
        ("answer_shift", {"flips": 0.07, "threshold": None}, Conclusion.PASS),
        ("answer_level", {"miscalibration": {"candidate": 0.06}}, Conclusion.FAIL),
        (
            "answer_level",
            {"loss_name": "log-loss", "miscalibration": {"candidate": 0.03}},
            Conclusion.FAIL,
        ),
    ],
)
def test_each_gate_at_its_edges(gate, changed, expected):
    """Beyond a margin it fails, inside of noise it waits, and a gain too good is explained first."""
    assert concluded(gate, predicted(**changed)) is expected


def test_the_paired_shadow_waits_for_users_and_days():
    """However strong the evidence, few users or few days pass nothing; proven harm waits for neither."""
    good = shadowed()
    assert concluded(PAIRED_SHADOW, good) is Conclusion.PASS
    few = good.losses._replace(days=good.losses.days._replace(clusters=3))
    assert concluded(PAIRED_SHADOW, replace(good, losses=few)) is Conclusion.UNDECIDED
    assert concluded(PAIRED_SHADOW, shadowed(rows=60, spread=0.01)) is Conclusion.UNDECIDED
    assert concluded(PAIRED_SHADOW, shadowed(effect=0.2)) is Conclusion.FAIL
    assert "rentals" in judge(PAIRED_SHADOW, good, POLICY).reason
