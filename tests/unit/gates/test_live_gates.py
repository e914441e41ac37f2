"""Live gates: each concludes what it should on traffic whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from slipway.domain.accumulated_evidence import ArmUsers
from slipway.domain.errors import BadConfig, NotComputable
from slipway.domain.mean import Mean, PerList
from slipway.domain.measurement import Arrived, LiveMeasurements, StageUsers
from slipway.domain.policy import Policy
from slipway.domain.stage import LIVE_STAGES, Stage
from slipway.domain.verdict import Conclusion
from slipway.evidence.champion_chain import link_of
from slipway.gates import CANARY, LEAVING, LIVE, LIVE_NEED_CHAMPION, gates_for, judge
from slipway.gates.sample_ratio import TESTS
from slipway.stats.rate import threshold_bucket
from support.sample_measurements import SampleRelease, measure

POLICY = Policy()
DIVERSITY = Mean("diversity", "genre", PerList.DISTINCT, margin=0.05)
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
        ("dwell", {}, PASS),
        ("dwell", {"blocks": 287}, UNDECIDED),
        ("kinds_of_day", {}, UNDECIDED),
        ("too_good_live", {}, PASS),
        ("too_good_live", {"effect": 0.4}, PASS),
        ("too_good_live", {"effect": 0.9}, FAIL),
        ("guardrails", {}, PASS),
        ("guardrails", {"error_rate": 0.009}, UNDECIDED),
        ("guardrails", {"latency_factor": 1.3}, UNDECIDED),
        ("guardrails", {"requests": 2}, UNDECIDED),
        ("margin_creep", {}, PASS),
        ("margin_creep", {"effect": -0.02}, UNDECIDED),
        ("means", {}, UNDECIDED),
    ],
)
def test_gate_concludes_the_truth(gate, scene, conclusion):
    """Each gate on one day of half the traffic concludes what is true of it."""
    verdict = judge(gate, measure(SampleRelease(**{**GOOD, **scene}), POLICY), POLICY)
    assert verdict.conclusion is conclusion, verdict.reason
    assert verdict.gate == gate


def test_harm_names_the_member_that_crossed():
    """The reason of a return names what got worse."""
    found = measure(SampleRelease(**GOOD, segment_effects={"genre=1": -0.3}), POLICY)
    assert "clicks, genre=1" in judge("harm", found, POLICY).reason


def test_one_share_of_the_budget_is_enough_for_the_family():
    """Whatever makes a guardrail's own gate fail makes the family fail too: one budget, no hole."""
    for scene in ({"latency_factor": 1.3}, {"error_rate": 0.02}):
        found = measure(SampleRelease(**{**GOOD, **scene}), POLICY)
        alone = [judge(gate, found, POLICY).conclusion for gate in ("latency", "errors")]
        if FAIL in alone:
            assert judge("harm", found, POLICY).conclusion is FAIL


def test_slower_within_the_tolerance_is_not_harm():
    """A candidate a hundredth slower is not returned, however much traffic proves it."""
    found = measure(SampleRelease(**{**GOOD, "latency_factor": 1.005, "requests": 2000}), POLICY)
    assert judge("latency", found, POLICY).conclusion is PASS


def test_a_thin_reference_leaves_latency_undecided():
    """Fewer champion answers than the policy wants behind the threshold decide nothing."""
    thin = replace(measure(SampleRelease(**GOOD), POLICY), reference_latency=np.eye(64)[10] * 999)
    assert judge("latency", thin, POLICY).conclusion is UNDECIDED


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
    found = measure(SampleRelease(stage=Stage.SHADOW, **scene), POLICY)
    assert judge("shadow", found, POLICY).conclusion is conclusion


def test_early_stages_carry_over():
    """What a stage learned counts in the next: evidence of the release, exposures of the stage."""
    first = measure(SampleRelease(stage=Stage.CANARY_25, effect=0.05), POLICY)
    start = {"since": first.now, "blocks": 1, "trials": 100, "seed": 9}
    joined = measure(SampleRelease(stage=Stage.CANARY_50, **start), POLICY, before=first)
    verdict = judge("stage_evidence", joined, POLICY)
    assert verdict.conclusion is UNDECIDED
    proof, here = verdict.evidence[:2]
    assert proof.estimate >= POLICY.advance_e
    assert here.estimate < POLICY.min_exposures
    alone = judge(
        "stage_evidence", measure(SampleRelease(stage=Stage.CANARY_50, **start), POLICY), POLICY
    )
    assert alone.evidence[0].estimate < POLICY.advance_e


def test_stages_share_the_sample_ratio_budget():
    """Every stage and the watch have a part of srm_alpha, so no order of stages exceeds it."""
    assert len(LIVE_STAGES) + 1 == TESTS
    limit = judge("sample_ratio", measure(SampleRelease(), POLICY), POLICY).evidence[0].threshold
    assert limit == pytest.approx(TESTS / POLICY.srm_alpha)


@pytest.mark.parametrize(
    ("arm", "conclusion", "said"),
    [
        (
            ArmUsers(1000, 0, 200, 0),
            PASS,
            "the candidate's heaviest user has 20.0% of its impressions",
        ),
        (ArmUsers(1000, 180, 200, 0), PASS, "18.0% are beyond users' caps and count nowhere"),
        (
            ArmUsers(1000, 480, 500, 0),
            UNDECIDED,
            "undecided, as more than 33% is one id's or nobody's",
        ),
        (
            ArmUsers(1000, 500, 10, 500),
            UNDECIDED,
            "50.0% have no user's id: log it with each request",
        ),
        (ArmUsers(), PASS, "users are assigned as planned"),
    ],
)
def test_the_heaviest_users_share_is_named_and_half_of_an_arm_is_nobodys_split(
    arm, conclusion, said
):
    """A share of each arm in one line, never an id; an id on half of the rows is no user's."""
    found = measure(SampleRelease(), POLICY)
    past = replace(found.past, heavy=(ArmUsers(), arm))
    verdict = judge("sample_ratio", replace(found, past=past), POLICY)
    assert verdict.conclusion is conclusion
    assert said in verdict.reason
    assert len(verdict.evidence) == (3 if arm.beyond else 1)


def test_missing_clustering_is_an_error():
    """Clicks without the control's users behind them are a broken measurement, not a verdict."""
    broken = replace(
        measure(SampleRelease(), POLICY), user_trials=np.zeros(0), user_successes=np.zeros(0)
    )
    for gate in ("harm", "stage_evidence", "non_inferiority", "beats_rules_live"):
        with pytest.raises(NotComputable, match=gate):
            judge(gate, broken, POLICY)


def test_wrong_fractions_are_an_error():
    """Expected shares that do not sum to 1 are a broken measurement."""
    arrivals = (StageUsers(Stage.CANARY_50, (0.5, 0.1, 0.1, 0.1), (5, 1, 1, 1)),)
    with pytest.raises(NotComputable):
        judge("sample_ratio", replace(measure(SampleRelease(), POLICY), arrivals=arrivals), POLICY)


def test_gates_of_a_canary_have_no_rule_elsewhere():
    """Asking a canary's gate in a stage without traffic is an error, not a pass."""
    for gate in ("stage_evidence", "dwell"):
        with pytest.raises(BadConfig):
            judge(gate, measure(SampleRelease(stage=Stage.SHADOW), POLICY), POLICY)


def test_first_release_has_no_gate_against_a_champion():
    """Without a champion its latency is no measure; every other guard stays."""
    panel = gates_for(Stage.CANARY_50, has_champion=False)
    assert {*CANARY, *LEAVING} - set(panel) == set(LIVE_NEED_CHAMPION)
    found = measure(SampleRelease(**GOOD, has_champion=False, latency_factor=5.0), POLICY)
    assert judge("harm", found, POLICY).conclusion is PASS


def test_every_live_gate_is_asked_somewhere():
    """No gate is written and then forgotten by all panels."""
    policy = replace(POLICY, means=(DIVERSITY,))
    asked = {g for s in Stage for g in gates_for(s, has_champion=True, policy=policy)}
    assert set(LIVE) <= asked


def test_equal_candidates_are_rarely_returned():
    """At no effect at all, guards ever fail in at most 6 % of releases (5 % and 1 %)."""
    failed = 0
    for seed in range(150):
        scene = SampleRelease(seed=seed, blocks=40, requests=40, segment_effects={"genre=1": 0.0})
        found = measure(scene, POLICY)
        guards = ("harm", "sample_ratio", "errors", "latency")
        failed += any(judge(g, found, POLICY).conclusion is FAIL for g in guards)
    assert failed / 150 <= 0.06


def test_measurements_survive_json():
    """A measurement read back from JSON is the same measurement."""
    found = measure(SampleRelease(**GOOD, segment_effects={"genre=1": 0.0}), POLICY)
    assert LiveMeasurements.from_dict(found.to_dict()).to_dict() == found.to_dict()


def with_means(**scene):
    """A look and the policy that declares the diversity of lists as a guardrail."""
    policy = replace(POLICY, means=(DIVERSITY,))
    return measure(SampleRelease(**{**GOOD, **scene}), policy), policy


@pytest.mark.parametrize(
    ("gate", "lost", "conclusion"),
    [
        ("means", 0.0, PASS),
        ("means", 0.2, FAIL),
        ("harm", 0.2, FAIL),
        ("guardrails", 0.0, PASS),
        ("guardrails", 0.05, UNDECIDED),
    ],
)
def test_a_declared_mean_is_a_guardrail(gate, lost, conclusion):
    """A mean that falls returns the release and is named; its margin must be excluded at the end."""
    found, policy = with_means(mean_effects={"diversity": -lost})
    verdict = judge(gate, found, policy)
    assert verdict.conclusion is conclusion, verdict.reason
    if conclusion is not PASS:
        assert "diversity" in verdict.reason


def test_less_can_be_better():
    """For a mean of which less is better, more of it is the harm."""
    found, policy = with_means(mean_effects={"diversity": 0.2})
    turned = replace(policy, means=(replace(DIVERSITY, more_is_better=False),))
    assert judge("means", found, policy).conclusion is PASS
    assert judge("means", found, turned).conclusion is FAIL


def test_a_declared_mean_that_was_not_measured_is_an_error():
    """What the policy asks for and the look does not hold is no verdict."""
    policy = replace(POLICY, means=(DIVERSITY,))
    for gate in ("means", "harm", "guardrails"):
        with pytest.raises(NotComputable, match="diversity"):
            judge(gate, measure(SampleRelease(**GOOD), POLICY), policy)


def test_a_mean_waits_for_users():
    """Fewer control users than the policy wants behind a variance: undecided, and they are counted."""
    found, policy = with_means()
    few = {"diversity": replace(found.means["diversity"], users=policy.min_users - 1)}
    assert "200" in judge("means", replace(found, means=few), policy).reason
    assert judge("means", replace(found, means=few), policy).conclusion is UNDECIDED
    assert judge("guardrails", replace(found, means=few), policy).conclusion is UNDECIDED
    same = {"diversity": replace(found.means["diversity"], yy=0.0)}  # nobody differs from anybody
    assert judge("means", replace(found, means=same), policy).conclusion is UNDECIDED
    assert judge("harm", replace(found, means=same), policy).conclusion is PASS


def test_small_losses_add_up():
    """A candidate that loses nothing is held where its line has lost the margin already."""
    found = measure(SampleRelease(**{**GOOD, "effect": 0.0, "trials": 20_000}), POLICY)
    assert judge("margin_creep", found, POLICY).conclusion is PASS
    lost = replace(found, reference=(-0.03, 1e-5))
    assert judge("margin_creep", lost, POLICY).conclusion is UNDECIDED
    gained = measure(SampleRelease(**GOOD), POLICY)
    assert (
        judge("margin_creep", replace(gained, reference=(-0.03, 1e-5)), POLICY).conclusion is PASS
    )


def test_the_link_of_a_chain_is_the_candidates_own_comparison():
    """What a verdict says of candidate and champion is their log ratio, with its variance."""
    found = measure(SampleRelease(**GOOD), POLICY)
    link, variance = link_of(judge("margin_creep", replace(found, reference=(0.5, 0.1)), POLICY))
    n, x = (part.sum(axis=0) for part in (found.clicks.trials, found.clicks.successes))
    assert link == pytest.approx(np.log(x[1] / n[1] / (x[0] / n[0])), abs=0.01)
    p = x[:2].sum() / n[:2].sum()
    assert variance == pytest.approx(1 / x[0] + 1 / x[1], rel=0.05 + p)


def test_a_slower_p95_alone_is_found():
    """Answers that leave the tail of one in a hundred alone and double that of one in twenty."""
    found = measure(SampleRelease(**GOOD), POLICY)
    bucket = threshold_bucket(found.reference_latency, 0.95)
    latency = found.traffic.latency.copy()
    moved = latency[:, 1, :bucket].sum(axis=1) // 10
    latency[:, 1, bucket - 3] -= np.minimum(moved, latency[:, 1, bucket - 3])
    latency[:, 1, bucket] += moved
    slower = replace(found, traffic=replace(found.traffic, latency=latency))
    verdict = judge("latency", slower, POLICY)
    assert verdict.conclusion is FAIL
    assert "latency p95" in verdict.reason


def ahead(**scene):
    """A look whose matured part is good, and what has arrived beyond it."""
    good = measure(SampleRelease(**GOOD), POLICY)
    more = measure(SampleRelease(**{**GOOD, **scene}), POLICY)
    arrived = Arrived(more.traffic, reference_latency=more.reference_latency)
    return good, replace(good, arrived=arrived)


@pytest.mark.parametrize(
    ("gate", "scene"), [("errors", {"error_rate": 0.03}), ("latency", {"latency_factor": 1.5})]
)
def test_what_needs_no_outcome_is_judged_as_it_arrives(gate, scene):
    """Errors and slowness end a release before the outcomes of those requests are known."""
    good, now = ahead(**scene)
    assert judge(gate, good, POLICY).conclusion is PASS
    assert judge(gate, now, POLICY).conclusion is FAIL


def test_requests_that_only_arrived_satisfy_no_gate_about_outcomes():
    """Harm, evidence, dwell and every gate of the full release read matured blocks, and no others."""
    good, now = ahead(error_rate=0.03, latency_factor=1.5)
    for gate in sorted({*CANARY, *LEAVING} - {"errors", "latency"}):
        assert judge(gate, now, POLICY) == judge(gate, good, POLICY)
    nothing = replace(
        good, clicks=type(good.clicks)(), traffic=type(good.traffic)(), arrived=now.arrived
    )
    for gate in ("harm", "dwell", "stage_evidence", "guardrails", "non_inferiority"):
        assert judge(gate, nothing, POLICY).conclusion is UNDECIDED


def test_a_look_from_before_arrived_requests_is_read():
    """A saved look that knows matured blocks alone is judged on them, and keeps its form."""
    good, now = ahead()
    assert "arrived" not in good.to_dict()
    assert LiveMeasurements.from_dict(good.to_dict()).arrived is None
    assert LiveMeasurements.from_dict(now.to_dict()).to_dict() == now.to_dict()
