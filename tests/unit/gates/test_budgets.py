"""What evidence is worth in a gate: weakened by clusters, kept at its peak, paid from one budget."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm
from slipway.domain.accumulated_evidence import AccumulatedEvidence
from slipway.domain.blocks import Counts, StageUsers, Traffic
from slipway.domain.comparison_id import ERRORS, PRIMARY, latency
from slipway.domain.errors import NotComputable
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.evidence.family import family
from slipway.evidence.release_evidence import accumulate
from slipway.gates import judge
from slipway.gates.testing.degraded import cut
from slipway.stats.rate import above
from support.sample_measurements import SampleRelease, expected_shares, measure

POLICY = Policy()
PASS, UNDECIDED, FAIL = Conclusion.PASS, Conclusion.UNDECIDED, Conclusion.FAIL
TEN = {"user_trials": np.full(100, 10), "user_successes": np.repeat([10, 0], [10, 90])}
"""Users who always click or never do: a design effect of ten."""


def scene(**changed):
    """A day of half of the traffic, with segments."""
    return measure(SampleRelease(**{"segment_effects": {"genre=1": 0.0}, **changed}), POLICY)


@pytest.mark.parametrize(
    ("gate", "place", "effect"),
    [
        ("harm", 0, -0.1),
        ("stage_evidence", 0, 0.05),
        ("non_inferiority", 0, 0.05),
        ("kinds_of_day", 0, 0.05),
        ("beats_rules_live", 0, 0.05),
        ("margin_creep", 0, 0.05),
        ("too_good_live", 0, 0.9),
    ],
)
def test_clustered_users_weaken_the_evidence(gate, place, effect):
    """With a design effect of ten the same clicks say about a tenth, in every gate of clicks."""
    found = scene(effect=effect)
    plain, clustered = (
        np.log(judge(gate, m, POLICY).evidence[place].estimate)
        for m in (found, replace(found, **TEN))
    )
    assert plain > 5
    assert clustered < 0.35 * plain


@pytest.mark.parametrize(
    ("gate", "knob", "effect"),
    [
        ("stage_evidence", "advance_e", 0.02),
        ("margin_creep", "advance_e", 0.02),
        ("kinds_of_day", "day_e", 0.02),
        ("non_inferiority", "beta", 0.02),
        ("beats_rules_live", "beta", 0.02),
        ("guardrails", "beta", 0.02),
        ("too_good_live", "alpha", 0.9),
    ],
)
def test_each_gate_wants_the_evidence_that_its_policy_states(gate, knob, effect):
    """A limit a thousandth below the evidence is reached, a thousandth above it is not; both are shown."""
    days = {"blocks": 288 * 6, "trials": 200, "requests": 4} if gate == "kinds_of_day" else {}
    found = measure(SampleRelease(effect=effect, **days), POLICY)
    for start in found.clicks.start_s[::12].tolist():
        early = cut(found, start)[0]
        told = [e.estimate for e in judge(gate, early, POLICY).evidence if e.unit == "e-value"]
        if told and 50 < min(told) < 1e8:
            break
    weakest, reached = min(told), FAIL if gate == "too_good_live" else PASS
    for part, right in ((0.999, True), (1.001, False)):
        limit = weakest * part
        policy = replace(POLICY, **{knob: limit if knob.endswith("_e") else 1 / limit})
        verdict = judge(gate, early, policy)
        assert (verdict.conclusion is reached) == right, verdict
        shown = [e.threshold for e in verdict.evidence if e.unit == "e-value"]
        assert shown == pytest.approx([limit] * len(shown))


def test_clustered_users_weaken_segments_too():
    """A segment's evidence is divided by the same design effect."""
    found = scene(segment_effects={"genre=1": -0.3})
    plain, clustered = (
        next(k for k in family(m, POLICY) if k.label == "clicks, genre=1").process.log_peak
        for m in (found, replace(found, **TEN))
    )
    assert clustered < 0.2 * plain


def test_the_family_spends_its_budget_once():
    """All weights together are what the policy gives to clicks, segments and guardrails."""
    policy = replace(POLICY, means=(Mean("diversity", "genre", PerList.DISTINCT),))
    segments = {"genre=1": 0.0, "genre=2": 0.0, "age_band=0": 0.0}
    members = family(measure(SampleRelease(segment_effects=segments), policy), policy)
    assert len(members) == 1 + 3 + 2 + 1 + 1
    spent = policy.primary_weight + policy.segment_weight + policy.guardrail_weight
    assert sum(k.weight for k in members) == pytest.approx(spent)
    assert sum("genre" in k.id.of for k in members) * members[1].weight < policy.segment_weight


def test_a_peak_that_was_reached_once_still_returns():
    """Evidence that stood at its limit at any block counts, also where it fell again since."""
    found = scene()
    limit = np.log(1 / (POLICY.alpha * POLICY.primary_weight))
    for log_e, conclusion in ((limit + 1e-6, FAIL), (limit - 1e-6, PASS)):
        past = AccumulatedEvidence(peaks={PRIMARY: log_e})
        assert judge("harm", replace(found, past=past), POLICY).conclusion is conclusion


def test_many_small_harms_return_together():
    """Eight alike segments, none of which reaches its own limit, reach that of the family in sum."""
    found = scene(segment_effects={"genre=0": -0.2}, trials=400)
    part = found.segments["genre=0"]
    found = replace(found, segments={f"genre={k}": part for k in range(8)})
    for place in range(2, 288):
        early = cut(found, int(found.clicks.start_s[place]))[0]
        if judge("harm", early, POLICY).conclusion is FAIL:
            break
    assert judge("harm", early, POLICY).conclusion is FAIL
    peaks = [POLICY.alpha * k.weight * np.exp(k.process.log_peak) for k in family(early, POLICY)]
    assert max(peaks) < 1 <= sum(peaks)


def test_a_members_own_limit_is_its_share_of_the_budget():
    """A guardrail fails alone where its weight times its evidence is 1 / alpha, and not before."""
    found = scene()
    weight = POLICY.guardrail_weight / 3
    limit = np.log(1 / (POLICY.alpha * weight))
    for log_e, conclusion in ((limit + 1e-6, FAIL), (limit - 1e-6, PASS)):
        past = AccumulatedEvidence(peaks={ERRORS: log_e, latency(0.99): log_e})
        for gate in ("errors", "latency"):
            assert judge(gate, replace(found, past=past), POLICY).conclusion is conclusion


def test_folding_keeps_the_peak_and_not_the_present():
    """A burst of errors that many good requests outweigh later is remembered at its height."""
    found = scene()
    fallbacks = np.zeros_like(found.traffic.fallbacks)
    fallbacks[:5, 1] = found.traffic.requests[:5, 1] // 3
    burst = replace(found, traffic=replace(found.traffic, fallbacks=fallbacks))
    past = accumulate(burst, POLICY)
    again = accumulate(replace(cut(scene(since=found.now), 0)[1], past=past), POLICY)
    n, x = burst.traffic.requests[:, 1], fallbacks[:, 1]
    process = above(n, x, limit=POLICY.max_error_rate)
    assert process.log_e < process.log_peak == pytest.approx(max(process.log_path))
    assert past.peaks[ERRORS] == again.peaks[ERRORS] == process.log_peak


def test_errors_above_the_limit_by_chance_are_no_failure():
    """One fallback in the first fifty requests is 2 %, and proves nothing."""
    found = scene()
    fallbacks = np.zeros_like(found.traffic.fallbacks)
    fallbacks[0, 1] = 1
    few = replace(
        found,
        traffic=Traffic(
            *(
                getattr(replace(found.traffic, fallbacks=fallbacks), name)[:1]
                for name in Traffic.__slots__
            )
        ),
    )
    assert few.fallbacks[1] / few.requests[1] > POLICY.max_error_rate
    assert judge("errors", few, POLICY).conclusion is PASS


def test_each_stage_excludes_its_own_harm():
    """What is enough at 1 % of the users is not enough at 25 %: the harm left open shrinks."""
    shown = [
        scene(stage=stage, effect=-0.01, trials=40_000, blocks=150)
        for stage in (Stage.CANARY_1, Stage.CANARY_50)
    ]
    first = judge("stage_evidence", replace(shown[1], stage=Stage.CANARY_1), POLICY)
    last = judge("stage_evidence", shown[1], POLICY)
    assert first.evidence[0].estimate > 10 * last.evidence[0].estimate
    assert "harm of 15%" in first.reason
    assert "harm of 2%" in last.reason


def test_one_broken_stage_is_enough():
    """Users who were lost in an earlier stage refute the assignment, however many came since."""
    found = scene()
    shares = expected_shares(Stage.CANARY_1, POLICY)
    lost = StageUsers(Stage.CANARY_1, shares, (9000, 10, 500, 200))
    for arrivals in ((lost, *found.arrivals), (*found.arrivals, lost)):
        verdict = judge("sample_ratio", replace(found, arrivals=arrivals), POLICY)
        assert verdict.conclusion is FAIL
        assert "in canary_1" in verdict.reason


def test_creeping_losses_are_excluded_by_normal_likelihoods():
    """By scipy: "nothing lost" weighs three to one against "as much gained", over the whole chain."""
    found = replace(scene(effect=0.0), reference=(-0.004, 0.0001))
    shown, link, variance = judge("margin_creep", found, POLICY).evidence
    total, sd = link.estimate - 0.004, np.sqrt(variance.estimate + 0.0001)
    lost = -np.log(1 - POLICY.creep_margin)
    told = [norm.logpdf(total, at, sd) - norm.logpdf(total, -lost, sd) for at in (0.0, lost)]
    assert np.log(shown.estimate) == pytest.approx(logsumexp(told, b=[0.75, 0.25]))


def test_an_unsure_reference_is_no_proof():
    """A chain of releases whose own comparisons are unsure leaves the sum of losses open."""
    found = scene(effect=0.0, trials=20_000)
    sure, unsure = (replace(found, reference=(0.0, variance)) for variance in (0.0, 0.01))
    assert judge("margin_creep", sure, POLICY).conclusion is PASS
    assert judge("margin_creep", unsure, POLICY).conclusion is UNDECIDED


def test_harm_in_blocks_that_are_not_mature_is_not_judged():
    """Clicks that may still come are missing in no evidence, neither of the whole nor of a segment."""
    good, bad = scene(effect=0.05), scene(effect=-0.5, segment_effects={"genre=1": -0.5})
    late = good.clicks.start_s >= good.clicks.start_s[144]

    def joined(first, second):
        successes = np.where(late[:, None], second.successes, first.successes)
        trials = np.where(late[:, None], second.trials, first.trials)
        return Counts(first.start_s, first.stage, trials, successes)

    segments = {"genre=1": joined(good.segments["genre=1"], bad.segments["genre=1"])}
    found = replace(good, clicks=joined(good.clicks, bad.clicks), segments=segments)
    assert judge("harm", found, POLICY).conclusion is FAIL
    assert judge("harm", replace(found, outcome_window_s=12 * 3600), POLICY).conclusion is PASS


@pytest.mark.parametrize(
    ("part", "of"), [("fallbacks", "requests"), ("shadow_errors", "shadow_requests")]
)
def test_more_errors_than_requests_are_refused(part, of):
    """A block cannot fail more often than it was asked."""
    found = scene().traffic
    with pytest.raises(NotComputable, match=f"traffic.{part}"):
        replace(found, **{part: getattr(found, of) + 1})


def test_a_shadow_with_errors_just_above_the_limit_waits():
    """More errors than allowed, though not proven, never lead to users."""
    found = measure(SampleRelease(stage=Stage.SHADOW), POLICY)
    traffic = found.traffic
    errors = np.zeros_like(traffic.shadow_errors)
    wanted = np.floor(np.cumsum(traffic.shadow_requests) * 1.04 * POLICY.max_error_rate)
    errors += np.diff(wanted, prepend=0).astype(int)
    over = replace(found, traffic=replace(traffic, shadow_errors=errors))
    assert judge("shadow", found, POLICY).conclusion is PASS
    assert judge("shadow", over, POLICY).conclusion is UNDECIDED


@pytest.mark.parametrize(("slow", "conclusion"), [(108, PASS), (130, FAIL)])
def test_a_tenth_more_slow_answers_is_tolerated(slow, conclusion):
    """Eight in a hundred more slow answers, proven beyond doubt, are no harm; thirty are."""
    found = scene()
    latency = np.zeros_like(found.traffic.latency)
    latency[:, 0, 10], latency[:, 0, 40] = 9_900, 100
    latency[:, 1, 10], latency[:, 1, 40] = 10_000 - slow, slow
    reference = latency[:10, 0].sum(axis=0)
    traffic = replace(found.traffic, latency=latency)
    verdict = judge("latency", replace(found, traffic=traffic, reference_latency=reference), POLICY)
    assert verdict.conclusion is conclusion, verdict.reason
