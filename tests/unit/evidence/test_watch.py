"""The evidence of a watch: when its processes begin, beside whom, and with which part of the budget."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from slipway.domain.accumulated_evidence import MeanTotals
from slipway.domain.comparison_id import OVER_RULES, PRIMARY
from slipway.domain.errors import NotComputable
from slipway.domain.mean import Mean, PerList
from slipway.domain.mean_blocks import MeanBlocks
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.evidence import comparisons, watch
from slipway.gates import gates_for, judge
from support.sample_measurements import MONDAY, SampleRelease, measure

POLICY = Policy(watch_days=8.0, watch_restart_days=2.0)
DAY_S = 86_400


@cache
def watched(days=1, effect=0.0, *, held=True, seed=1, since=MONDAY):
    """A champion in its watch, at half of the users."""
    scene = SampleRelease(
        blocks=288 * days,
        effect=effect,
        seed=seed,
        since=since,
        requests=20,
        segment_effects={"age_band=1": effect},
    )
    return replace(measure(scene, POLICY), stage=Stage.CHAMPION, held_back="1" if held else None)


def test_a_process_begins_after_every_two_days_that_were_seen():
    """As many as the policy planned, at hours of the clock where traffic never stopped."""
    found = watch.begun(watched(9), POLICY) - int(watched(9).stage_since.timestamp())
    assert watch.planned(POLICY) == 4
    assert (found / DAY_S).tolist() == [0, 2, 4, 6]


def test_an_outage_moves_later_starts_and_the_end_of_the_watch():
    """A day without anybody is no day of the watch, and evidence stays as it was."""
    before = watched(5)
    keep = (before.traffic.start_s - int(before.stage_since.timestamp())) // DAY_S != 3
    clicks = before.clicks.among(keep)
    traffic = replace(
        before.traffic,
        **{name: getattr(before.traffic, name)[keep] for name in type(before.traffic).__slots__},
    )
    out = replace(before, clicks=clicks, traffic=traffic, segments={})
    assert watch.seen_days(before, POLICY) == pytest.approx(5)
    assert watch.seen_days(out, POLICY) == pytest.approx(4)
    found = watch.begun(out, POLICY) - int(out.stage_since.timestamp())
    assert (found / DAY_S).tolist() == [0, 2, 5]


def test_time_without_traffic_changes_no_evidence():
    """Whatever passes after the last request, the verdict's numbers are the same."""
    found = watched(3)
    later = replace(found, now=found.now + timedelta(days=2))
    one, other = judge("watch_harm", found, POLICY), judge("watch_harm", later, POLICY)
    assert one.evidence == other.evidence
    assert watch.seen_days(found, POLICY) == watch.seen_days(later, POLICY)


def test_comparisons_and_segments_share_one_budget():
    """Beside hold-back and rules alike, and in segments: together no more than the whole."""
    for held in (True, False):
        members = watch.click_members(watched(held=held), POLICY)
        ids = [member.id for member in members]
        assert (OVER_RULES in ids) is held
        assert sum(member.weight for member in members) <= 1 - POLICY.guardrail_weight + 1e-12
        assert sum(m.weight for m in members if m.id in {PRIMARY, OVER_RULES}) == pytest.approx(
            POLICY.primary_weight
        )


@pytest.mark.parametrize("held", [True, False])
def test_a_loss_is_found_and_told_since_when(held):
    """Good days before do not hide it; the reason names who is better, since when and by how much."""
    good = watched(4, 0.1, held=held)
    turned = watched(4, -0.1, held=held, seed=2, since=good.now)
    parts = {
        name: np.concatenate((getattr(good.clicks, name), getattr(turned.clicks, name)))
        for name in type(good.clicks).__slots__
    }
    traffic = {
        name: np.concatenate((getattr(good.traffic, name), getattr(turned.traffic, name)))
        for name in type(good.traffic).__slots__
    }
    both = replace(
        turned,
        stage_since=good.stage_since,
        clicks=type(good.clicks)(**parts),
        segments={},
        traffic=type(good.traffic)(**traffic),
    )
    verdict = judge("watch_harm", both, POLICY)
    assert verdict.conclusion is Conclusion.FAIL
    assert f"worse than {'version 1' if held else 'the rules'} in clicks since" in verdict.reason
    assert f"{good.now:%Y-%m-%d}" in verdict.reason
    told = watch.since_start(both, POLICY, PRIMARY)
    assert told.start_s == int(good.now.timestamp())
    assert told.found.exposed == turned.clicks.trials[:, comparisons.CANDIDATE].sum()


def test_errors_that_begin_late_are_seen_as_early():
    """Days without a fallback buy no later ones."""
    found = watched(4)
    late = found.traffic.start_s >= int(found.now.timestamp()) - DAY_S // 12
    wrong = np.where(late[:, None], found.traffic.requests * [0, 1] // 3, 0)
    broken = replace(found, traffic=replace(found.traffic, fallbacks=wrong))
    policy = replace(POLICY, watch_restart_days=0.5)
    assert judge("errors", broken, policy).conclusion is Conclusion.FAIL
    assert (
        judge("errors", replace(broken, stage=Stage.CANARY_50), policy).conclusion
        is Conclusion.PASS
    )


def slowed(found, late):
    """The champion's answers of the blocks ``late`` take about five times as long: eight buckets more."""
    latency = found.traffic.latency.copy()
    latency[late, 1] = np.roll(latency[late, 1], 8, axis=1)
    return replace(found, traffic=replace(found.traffic, latency=latency))


def test_answers_that_become_slow_late_are_seen_beside_the_hold_back():
    """Fast days buy no slow ones, and where all answer alike nothing is found."""
    found = watched(6)
    late = found.traffic.start_s >= int(found.now.timestamp()) - DAY_S // 6
    policy = replace(POLICY, watch_restart_days=0.5)
    assert judge("latency", found, policy).conclusion is Conclusion.PASS
    assert judge("latency", slowed(found, late), policy).conclusion is Conclusion.FAIL
    members = watch.latencies(found, policy)
    assert [member.id.label for member in members] == ["latency p95", "latency p99"]


def test_latency_has_no_control_but_the_hold_back():
    """The rules are no model to be as fast as: without a hold-back nothing is asked of latency."""
    assert judge("latency", watched(1, held=False), POLICY).conclusion is Conclusion.UNDECIDED
    assert "latency" in gates_for(Stage.CHAMPION, has_champion=True, policy=POLICY)
    nobody = replace(POLICY, previous_share=0.0, no_previous_because="a test")
    assert "latency" not in gates_for(Stage.CHAMPION, has_champion=True, policy=nobody)
    blind = replace(watched(1), reference_latency=np.zeros(64, np.int64))
    assert judge("latency", blind, POLICY).conclusion is Conclusion.UNDECIDED


REVENUE = Mean("revenue", "price", PerList.SUM)
WITH_MEAN = replace(POLICY, means=(REVENUE,))


def selling(effects, *, seed=1, sign=1.0):
    """A watch of a day for each of ``effects`` on a mean of 5 with a deviation of 1, 4,000 and 40,000 lists a day."""
    rng, days = np.random.default_rng(seed), len(effects)
    hours = np.repeat(effects, 24)
    weight = np.full(len(hours), 4_000 / 24 / 1.1)
    gap = sign * 5.0 * hours + rng.normal(0, 1, len(hours)) / np.sqrt(weight)
    base = watched(days)
    starts = int(base.stage_since.timestamp()) + 3_600 * np.arange(len(hours))
    lists = 4_000.0 * days
    total = MeanTotals(
        lists=10 * lists,
        weight=float(weight.sum()),
        difference=float((weight * gap).sum()),
        level=5.0 * float(weight.sum()),
        yy=lists,
        control_lists=lists,
        users=lists / 2,
    )
    return replace(
        base,
        means={"revenue": total},
        mean_blocks={"revenue": MeanBlocks(starts, weight, weight * gap)},
    )


def test_a_mean_that_falls_late_is_found_beside_the_hold_back():
    """Good days buy no bad ones: what was 5 % more and becomes 5 % less is a loss since it turned."""
    turned = selling([0.05] * 4 + [-0.05] * 4)
    assert judge("means", turned, WITH_MEAN).conclusion is Conclusion.FAIL
    assert "revenue" in judge("means", turned, WITH_MEAN).reason
    once = replace(WITH_MEAN, watch_restart_days=8.0)
    assert judge("means", turned, once).conclusion is Conclusion.PASS
    assert judge("means", selling([0.05] * 8), WITH_MEAN).conclusion is Conclusion.PASS
    less = replace(WITH_MEAN, means=(replace(REVENUE, more_is_better=False),))
    assert (
        judge("means", selling([0.05] * 4 + [-0.05] * 4, sign=-1.0), less).conclusion
        is Conclusion.FAIL
    )


def test_the_evidence_of_a_mean_is_a_mean_of_normal_likelihoods_over_starts():
    """Each start sees its own blocks alone, and those that have not begun stand at 1."""
    found = selling([0.0, -0.01, -0.02])
    (member,) = watch.mean_members(found, WITH_MEAN)
    blocks, total = found.mean_blocks["revenue"], found.means["revenue"]
    variance = total.yy / total.control_lists * total.users / (total.users - 1)
    starts = watch.begun(found, WITH_MEAN)
    ratios = []
    for start in starts.tolist():
        own = blocks.start_s >= start
        score, info = blocks.difference[own].sum() / variance, blocks.weight[own].sum() / variance
        parts = [
            weight * np.exp(-5.0 * effect * score - (5.0 * effect) ** 2 * info / 2)
            for effect, weight in zip(POLICY.harm_effects, POLICY.harm_weights, strict=True)
        ]
        ratios.append(sum(parts))
    ratios += [1.0] * (watch.planned(WITH_MEAN) - len(starts))
    assert member.process.log_e == pytest.approx(np.log(np.mean(ratios)))


def test_equal_means_are_seldom_called_worse_in_a_watch():
    """With the whole budget on one mean, at most 5 % of eighty watches of eight days reach 1 / alpha."""
    peaks = [
        watch.mean_members(selling([0.0] * 8, seed=seed), WITH_MEAN)[0].process.log_peak
        for seed in range(80)
    ]
    assert np.mean(np.array(peaks) >= np.log(1 / POLICY.alpha)) <= 0.05


def test_means_have_no_control_but_the_hold_back():
    """Without anybody held back nothing is asked of them, and without a declared mean neither."""
    panel = gates_for(Stage.CHAMPION, has_champion=True, policy=WITH_MEAN)
    assert "means" in panel
    assert "means" not in gates_for(Stage.CHAMPION, has_champion=True, policy=POLICY)
    nobody = replace(WITH_MEAN, previous_share=0.0, no_previous_because="a test")
    assert "means" not in gates_for(Stage.CHAMPION, has_champion=True, policy=nobody)
    alone = replace(selling([0.0]), held_back=None)
    verdict = judge("means", alone, WITH_MEAN)
    assert (verdict.conclusion, watch.mean_members(alone, WITH_MEAN)) == (Conclusion.UNDECIDED, ())
    few = replace(selling([0.0]), means={"revenue": MeanTotals()})
    assert judge("means", few, WITH_MEAN).conclusion is Conclusion.UNDECIDED


def test_a_watch_with_means_survives_json():
    """Blocks are read back as they were, and judged alike."""
    found = selling([0.05, -0.05])
    again = type(found).from_dict(json.loads(json.dumps(found.to_dict())))
    assert judge("means", again, WITH_MEAN) == judge("means", found, WITH_MEAN)
    with pytest.raises(NotComputable, match="mean_blocks"):
        MeanBlocks([3, 2], [1.0, 1.0], [0.0, 0.0])
    with pytest.raises(NotComputable, match="mean_blocks"):
        MeanBlocks([2, 3], [1.0, np.inf], [0.0, 0.0])


def test_equally_fast_champions_are_seldom_called_slow():
    """Of twenty watches of two days, looked at with all their peaks, none is called slow."""
    policy = replace(POLICY, guardrail_weight=0.5, segment_weight=0.01, primary_weight=0.4)
    failed = [judge("latency", watched(2, seed=seed), policy).conclusion for seed in range(20)]
    assert Conclusion.FAIL not in failed


def test_a_lasting_gain_is_kept():
    """A champion that stays better beside both of its controls passes."""
    verdict = judge("watch_harm", watched(6, 0.05), POLICY)
    assert verdict.conclusion is Conclusion.PASS
    assert "beside version 1" in verdict.reason
