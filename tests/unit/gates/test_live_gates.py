"""Live gates: each concludes what it should on traffic whose truth is known."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from pipeline.domain.errors import BadConfig, NotComputable
from pipeline.domain.measurement import LiveMeasurements, StageUsers
from pipeline.domain.policy import Policy
from pipeline.domain.stage import LIVE_STAGES, Stage
from pipeline.domain.verdict import Conclusion
from pipeline.gates import CANARY, LEAVING, LIVE, gates_for, judge
from pipeline.gates.sample_ratio import TESTS
from pipeline.simulation.arms import MONDAY, Scene, measure

POLICY = Policy()
PASS, UNDECIDED, FAIL = Conclusion.PASS, Conclusion.UNDECIDED, Conclusion.FAIL

GOOD = {"effect": 0.05, "blocks": 288, "seed": 3}


@pytest.mark.parametrize(
    ("gate", "scene", "conclusion"),
    [
        ("harm", {}, PASS),
        ("harm", {"effect": -0.1}, FAIL),
        ("harm", {"effect": 0.0, "segment_effects": {"genre=1": -0.3, "genre=2": 0.0}}, FAIL),
        ("harm", {"latency_factor": 2.0}, FAIL),
        ("harm", {"error_rate": 0.05}, FAIL),
        ("latency", {}, PASS),
        ("latency", {"latency_factor": 1.5}, FAIL),
        ("latency", {"has_champion": False}, UNDECIDED),
        ("errors", {}, PASS),
        ("errors", {"error_rate": 0.03}, FAIL),
        ("sample_ratio", {}, PASS),
        ("sample_ratio", {"stretch": 2.0}, FAIL),
        ("stage_evidence", {}, PASS),
        ("stage_evidence", {"effect": -0.1}, UNDECIDED),
        ("stage_evidence", {"blocks": 3, "trials": 100}, UNDECIDED),
        ("non_inferiority", {}, PASS),
        ("non_inferiority", {"effect": -0.02}, UNDECIDED),
        ("beats_rules_live", {}, PASS),
        ("beats_rules_live", {"rules_effect": 0.1}, UNDECIDED),
        ("dwell", {}, UNDECIDED),
    ],
)
def test_gate_concludes_the_truth(gate, scene, conclusion):
    """Each gate on one day of half the traffic concludes what is true of it."""
    verdict = judge(gate, measure(Scene(**{**GOOD, **scene}), POLICY), POLICY)
    assert verdict.conclusion is conclusion, verdict.reason
    assert verdict.gate == gate


def test_harm_names_the_member_that_crossed():
    """The reason of a return names what got worse."""
    found = measure(Scene(**GOOD, segment_effects={"genre=1": -0.3}), POLICY)
    assert "clicks, genre=1" in judge("harm", found, POLICY).reason


def test_one_share_of_the_budget_is_enough_for_the_family():
    """Whatever makes a guardrail's own gate fail makes the family fail too: one budget, no hole."""
    for scene in ({"latency_factor": 1.3}, {"error_rate": 0.02}):
        found = measure(Scene(**{**GOOD, **scene}), POLICY)
        alone = [judge(gate, found, POLICY).conclusion for gate in ("latency", "errors")]
        if FAIL in alone:
            assert judge("harm", found, POLICY).conclusion is FAIL


def test_slower_within_the_tolerance_is_not_harm():
    """A candidate a hundredth slower is not returned, however much traffic proves it."""
    found = measure(Scene(**{**GOOD, "latency_factor": 1.005, "requests": 2000}), POLICY)
    assert judge("latency", found, POLICY).conclusion is PASS


def test_a_thin_reference_leaves_latency_undecided():
    """Fewer champion answers than the policy wants behind the threshold decide nothing."""
    thin = replace(measure(Scene(**GOOD), POLICY), reference_latency=np.eye(64)[10] * 999)
    assert judge("latency", thin, POLICY).conclusion is UNDECIDED


def test_dwell_passes_after_both_kinds_of_weekday():
    """Six whole days from Monday hold a weekend; Monday to Tuesday do not; early stages need none."""
    week = measure(Scene(blocks=288 * 6, trials=10, requests=2), POLICY)
    assert judge("dwell", week, POLICY).conclusion is PASS
    day = measure(Scene(stage=Stage.CANARY_5), POLICY)
    assert judge("dwell", day, POLICY).conclusion is PASS
    saturday = Scene(since=MONDAY + timedelta(days=5), blocks=300)
    assert "a working day" in judge("dwell", measure(saturday, POLICY), POLICY).reason
    relaxed = replace(POLICY, both_weekday_types=False)
    assert judge("dwell", measure(saturday, relaxed), relaxed).conclusion is PASS
    assert judge("dwell", measure(Scene(blocks=287), relaxed), relaxed).conclusion is UNDECIDED


@pytest.mark.parametrize(
    ("scene", "conclusion"),
    [
        ({}, PASS),
        ({"blocks": 200}, UNDECIDED),
        ({"requests": 1}, UNDECIDED),
        ({"error_rate": 0.03}, FAIL),
        ({"latency_factor": 5.0}, FAIL),
        ({"latency_factor": 5.0, "has_champion": False}, PASS),
    ],
)
def test_shadow(scene, conclusion):
    """The shadow passes after its hours and requests, and fails on errors or slowness."""
    found = measure(Scene(stage=Stage.SHADOW, **scene), POLICY)
    assert judge("shadow", found, POLICY).conclusion is conclusion


def test_early_stages_carry_over():
    """What a stage learned counts in the next: evidence of the release, exposures of the stage."""
    first = measure(Scene(stage=Stage.CANARY_25, effect=0.05), POLICY)
    start = {"since": first.now, "blocks": 1, "trials": 100, "seed": 9}
    joined = measure(Scene(stage=Stage.CANARY_50, **start), POLICY, before=first)
    verdict = judge("stage_evidence", joined, POLICY)
    assert verdict.conclusion is UNDECIDED
    proof, here = verdict.evidence[:2]
    assert proof.estimate >= POLICY.advance_e
    assert here.estimate < POLICY.min_exposures
    alone = judge("stage_evidence", measure(Scene(stage=Stage.CANARY_50, **start), POLICY), POLICY)
    assert alone.evidence[0].estimate < POLICY.advance_e


def test_stages_share_the_sample_ratio_budget():
    """Every stage and the watch have a part of srm_alpha, so no order of stages exceeds it."""
    assert len(LIVE_STAGES) + 1 == TESTS
    limit = judge("sample_ratio", measure(Scene(), POLICY), POLICY).evidence[0].threshold
    assert limit == pytest.approx(TESTS / POLICY.srm_alpha)


def test_missing_clustering_is_an_error():
    """Clicks without the control's users behind them are a broken measurement, not a verdict."""
    broken = replace(measure(Scene(), POLICY), user_trials=np.zeros(0), user_successes=np.zeros(0))
    for gate in ("harm", "stage_evidence", "non_inferiority", "beats_rules_live"):
        with pytest.raises(NotComputable, match=gate):
            judge(gate, broken, POLICY)


def test_wrong_fractions_are_an_error():
    """Expected shares that do not sum to 1 are a broken measurement."""
    arrivals = (StageUsers(Stage.CANARY_50, (0.5, 0.1, 0.1, 0.1), (5, 1, 1, 1)),)
    with pytest.raises(NotComputable):
        judge("sample_ratio", replace(measure(Scene(), POLICY), arrivals=arrivals), POLICY)


def test_gates_of_a_canary_have_no_rule_elsewhere():
    """Asking a canary's gate in a stage without traffic is an error, not a pass."""
    for gate in ("stage_evidence", "dwell"):
        with pytest.raises(BadConfig):
            judge(gate, measure(Scene(stage=Stage.SHADOW), POLICY), POLICY)


def test_first_release_has_no_gate_against_a_champion():
    """Without a champion its latency is no measure; every other guard stays."""
    panel = gates_for(Stage.CANARY_50, has_champion=False)
    assert {*CANARY, *LEAVING} - set(panel) == {"latency"}
    found = measure(Scene(**GOOD, has_champion=False, latency_factor=5.0), POLICY)
    assert judge("harm", found, POLICY).conclusion is PASS


def test_every_live_gate_is_asked_somewhere():
    """No gate is written and then forgotten by all panels."""
    asked = {g for s in Stage for g in gates_for(s, has_champion=True)}
    assert set(LIVE) <= asked


def test_equal_candidates_are_rarely_returned():
    """At no effect at all, guards ever fail in at most 6 % of releases (5 % and 1 %)."""
    failed = 0
    for seed in range(150):
        scene = Scene(seed=seed, blocks=40, requests=40, segment_effects={"genre=1": 0.0})
        found = measure(scene, POLICY)
        guards = ("harm", "sample_ratio", "errors", "latency")
        failed += any(judge(g, found, POLICY).conclusion is FAIL for g in guards)
    assert failed / 150 <= 0.06


def test_measurements_survive_json():
    """A measurement read back from JSON is the same measurement."""
    found = measure(Scene(**GOOD, segment_effects={"genre=1": 0.0}), POLICY)
    assert LiveMeasurements.from_dict(found.to_dict()).to_dict() == found.to_dict()
