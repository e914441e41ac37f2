"""The evidence of a release, hour by hour: the same as all of it at once, whoever looked when."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import log_kit
import numpy as np
import pytest
import release_kit as kit
from slipway.data import json_file, rollup
from slipway.domain.comparison_id import OVER_RULES, PRIMARY
from slipway.domain.errors import SlipwayError
from slipway.domain.mean import Mean, PerList
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.release import Arm
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.gates import gates_for, judge
from slipway.settings import settings
from slipway.stats.ratio_sums import mantel_haenszel
from slipway.steps import context, look, rollup_arrays


def at_once():
    """The same look from blocks alone, as if nobody had looked before."""
    seen = rollup.read(settings().home, kit.LINE, since=log_kit.T0)
    own = seen.blocks[seen.blocks["epoch"] >= 2]
    live = own[own["stage"].isin(rollup_arrays.LIVE)]
    segments = live["segment"].str.split("=").str[0].isin(["all", *kit.LINE.live_segments])
    users = seen.users[seen.users["epoch"] >= 2]
    found = kit.looked()
    candidates = rollup_arrays.users_of(users, Arm.CANDIDATE)
    return LiveMeasurements(
        "feed",
        "2",
        found.stage,
        found.now,
        found.stage_since,
        found.live_since,
        has_champion=True,
        traffic=rollup_arrays.traffic(live, rollup_arrays.PAIR),
        reference_latency=rollup_arrays.answers_of(own, Arm.CHAMPION, "shadow"),
        means=found.means,
        arrivals=found.arrivals,
        **rollup_arrays.clicks(live[segments], rollup_arrays.ARM_PLACES),
        **rollup_arrays.users_of(users, Arm.CHAMPION),
        **{f"candidate_{name}": counts for name, counts in candidates.items()},
    )


def test_a_release_that_is_reopened_has_no_second_error_budget(logged):
    """What was seen before it was returned is still its evidence, and others' traffic is not."""
    *before, last = kit.OWN
    ended = replace(last, to_stage=Stage.RETURNED, epoch=6, from_stage=last.to_stage, share=0.0)
    again = [
        replace(kit.step(7, Stage.OFFERED, 0), at=last.at, from_stage=Stage.RETURNED),
        replace(kit.step(8, Stage.SHADOW, 0), at=last.at),
        replace(kit.step(9, Stage.CANARY_1, 0, 0.01), at=last.at, candidate=last.candidate),
    ]
    once = kit.looked()
    reopened = kit.looked(own=(*before, last, ended, *again))
    assert once.exposures_in_stage() > 0
    assert reopened.requests.tolist() == once.requests.tolist()
    assert reopened.requests.sum() > 0
    for gate in ("harm", "errors"):
        one, other = (judge(gate, m, kit.POLICY) for m in (once, reopened))
        assert one.evidence == other.evidence


def test_every_gate_concludes_from_kept_evidence_what_it_does_from_all_blocks(logged):
    """Hours entered one by one say what the blocks say, in every gate of the panel."""
    kept, whole = kit.looked(), at_once()
    assert not len(kept.clicks.start_s)
    assert whole.clicks.trials[:, 1].sum() > 200
    assert kept.reference_latency.tolist() == whole.reference_latency.tolist()
    assert kept.exposures_in_stage() == whole.exposures_in_stage() > 0
    for gate in gates_for(Stage.CANARY_50, has_champion=True, policy=kit.POLICY):
        one, all_at_once = (judge(gate, m, kit.POLICY) for m in (kept, whole))
        assert one.conclusion is all_at_once.conclusion, (one, all_at_once)
        for a, b in zip(one.evidence, all_at_once.evidence, strict=True):
            if "strongest" not in a.name:
                # a peak stands as it was judged, with the clustering that was known at its time
                peak = "harm" in a.name or (a.name, a.unit) == ("clicks", "e-value")
                assert a.estimate == pytest.approx(b.estimate, rel=0.2 if peak else 1e-6)


def test_in_a_first_release_the_rules_answer_as_the_champion_too(logged):
    """Without a champion the control counts among the rules: more clicks to be better than."""
    plain = kit.looked()
    first = kit.looked(has_champion=False)
    clicks = [mantel_haenszel(m.past.sums[OVER_RULES])[1] for m in (plain, first)]
    assert clicks[1] > 1.5 * clicks[0]


def test_it_does_not_matter_when_somebody_looked(logged):
    """Looks at every hour, or one at the end: the same evidence to the last bit."""
    for hours in range(kit.HISTORY_H, kit.HISTORY_H + kit.SHADOW_H + kit.LIVE_H, 2):
        kit.looked(hours)
    often = kit.looked().to_dict()
    kit.forget()
    assert kit.looked().to_dict() == often


def test_a_look_without_new_hours_changes_no_file(logged):
    """A retried look finds the evidence as it left it."""
    first = kit.looked().to_dict()
    folder = context.folder("feed", "evidence")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(before) == 2
    assert kit.looked().to_dict() == first
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_hours_that_were_entered_are_not_read_again(logged):
    """With every older part destroyed, a look at the next hour still succeeds: it reads what is new."""
    shutil.rmtree(logged / "rollups")
    seen = kit.HISTORY_H + kit.SHADOW_H + 3
    for hour in range(seen + 3):
        rollup.update(logged, kit.LINE, now=log_kit.at(hour * kit.HOUR))
    before = kit.looked(seen)
    for part in rollup.matured(logged, kit.LINE).parts():
        if part.end <= log_kit.at(seen * kit.HOUR):
            part.file("blocks").write_bytes(b"")
    assert kit.looked(seen + 1).past.until_s > before.past.until_s
    kit.forget()
    with pytest.raises(SlipwayError, match="whole Parquet file"):
        kit.looked(seen + 1)


@pytest.mark.parametrize("damage", ["page", "arrays", "gone"])
def test_damaged_evidence_is_made_again(logged, damage):
    """Half a file, or none, costs time and nothing else."""
    first = kit.looked().to_dict()
    folder = context.folder("feed", "evidence")
    page, arrays = folder / "2.json", next(folder.glob("*.bin"))
    path = arrays if damage == "arrays" else page
    path.write_bytes(b"" if damage == "gone" else path.read_bytes()[:-30])
    assert kit.looked().to_dict() == first


def test_another_policy_begins_other_evidence(logged):
    """Evidence kept under one policy is never judged by another."""
    kit.looked()
    path = context.folder("feed", "evidence") / "2.json"
    before = json_file.read(path)["key"]
    other = replace(kit.LINE, policy=replace(kit.POLICY, alpha=0.04))
    kit.looked(line=other)
    assert json_file.read(path)["key"] != before


def test_the_next_release_takes_the_place_of_the_last(logged):
    """Evidence of ended releases does not pile up; without rollups there is none."""
    folder = context.folder("feed", "evidence")
    for spent in ("1.json", "1-abc-20260105T06.bin", ".1-abc-20260105T06.bin.7.8.draft"):
        (folder / spent).write_bytes(b"x")
    kit.looked()
    assert {path.name.split("-")[0] for path in folder.iterdir()} == {"2", "2.json"}
    kit.forget()
    shutil.rmtree(logged / "rollups")
    last = kit.OWN[-1].candidate
    look.measure(kit.LINE, last, kit.OWN, has_champion=True, now=kit.NOW)
    assert not list(folder.iterdir())


def test_distinct_users_are_counted_by_stage_and_arm(logged):
    """Every user counts once in each stage it came to, in the arm that answered."""
    found = kit.looked()
    users = rollup.read(settings().home, kit.LINE, since=log_kit.T0).users
    for arrival, (first, last) in zip(found.arrivals, ((3, 5), (5, 99)), strict=True):
        part = users[(users["epoch"] >= first) & (users["epoch"] < last)]
        direct = part.groupby("arm")["user"].nunique()
        assert arrival.users == tuple(int(direct.get(arm.value, 0)) for arm in list(Arm)[:4])


def test_a_declared_mean_is_compared_with_history_as_it_was_before_the_release(logged):
    """Genres per list: the arms' difference by hours, sharpened by what users saw before."""
    found = kit.looked().means["diversity"]
    hours = rollup.read(settings().home, kit.LINE, since=log_kit.T0, hourly=True).users
    live = hours[(hours["epoch"] >= 3) & hours["arm"].isin(rollup_arrays.PAIR)]
    sums = (
        live.groupby(["hour", "epoch", "arm"])[["lists", "amount_diversity"]].sum().unstack("arm")
    )
    lists = [sums["lists"][arm].fillna(0).to_numpy() for arm in ("champion", "candidate")]
    level = [
        np.nan_to_num(
            sums["amount_diversity"][arm].to_numpy() / 1e6 / sums["lists"][arm].to_numpy()
        )
        for arm in ("champion", "candidate")
    ]
    weight = lists[0] * lists[1] / (lists[0] + lists[1])
    assert found.weight == pytest.approx(weight.sum())
    assert found.difference == pytest.approx((weight * (level[1] - level[0])).sum())
    assert found.users == live[live["arm"] == "champion"]["user"].nunique()
    assert found.cc > 0
    assert found.yc**2 > 0.1 * found.yy * found.cc  # users differ, and differ as they did before


def test_a_kill_half_way_through_writing_costs_time_alone(logged, monkeypatch):
    """Killed at any moment of any writing, the next look finds whole evidence or makes it again."""
    first = kit.looked().to_dict()
    rename, deaths = Path.replace, 0
    for survived in range(2):  # the arrays, then the page that names them
        kit.forget()
        left = [survived]

        def killed(self, target, left=left):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return rename(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", killed)
            try:
                kit.looked()
            except KeyboardInterrupt:
                deaths += 1
        assert kit.looked().to_dict() == first
    assert deaths == 2


def test_neighbours_that_look_at_once_see_the_same(logged):
    """Looks side by side neither fail nor differ, and leave evidence that can be read."""
    first = kit.looked().to_dict()
    kit.forget()
    with ThreadPoolExecutor(3) as pool:
        found = [one.result().to_dict() for one in [pool.submit(kit.looked) for _ in range(3)]]
    assert all(one == first for one in found)
    assert kit.looked().to_dict() == first


def test_a_mean_declared_in_the_middle_of_a_release_is_measured_from_its_start(logged):
    """A policy with another mean gets sums of its own, made again from the log, of every hour."""
    kit.looked()
    other = replace(kit.POLICY, means=(*kit.POLICY.means, Mean("genres", "genre", PerList.MEAN)))
    line = replace(kit.LINE, policy=other)
    found = kit.looked(line=line)
    assert found.means["genres"].lists == found.means["diversity"].lists > 100
    assert found.past.sums[PRIMARY].tolist() == kit.looked().past.sums[PRIMARY].tolist()


def test_a_mean_that_history_says_beforehand_is_no_evidence(logged):
    """Where users never change there is nothing to judge: the look goes on, the gate is undecided."""
    same = replace(kit.POLICY, means=(Mean("ages", "age_band", PerList.MEAN),))
    line = replace(kit.LINE, policy=same)
    said = judge("means", kit.looked(line=line), same)
    assert said.conclusion is not Conclusion.PASS


def test_a_version_offered_again_begins_anew(logged):
    """Of a release that was returned and offered once more, only the second one's hours count."""
    whole = kit.looked()
    again = (
        *kit.OWN,
        kit.step(6, Stage.RETURNED, kit.START + 5 * kit.HOUR),
        kit.step(7, Stage.OFFERED, kit.START + 5 * kit.HOUR + 10),
        kit.step(8, Stage.SHADOW, kit.START + 5 * kit.HOUR + 10),
        kit.step(9, Stage.CANARY_1, kit.START + 7 * kit.HOUR, 0.01),
    )
    second = kit.looked(own=again)
    assert whole.exposures_in_stage() > 0
    assert not second.past.sums  # nobody was exposed under its epochs
    assert not second.requests.any()


def test_a_clock_that_went_back_is_refused(logged):
    """A look in the past of its own evidence is an error, and the evidence stays as it was."""
    first = kit.looked().to_dict()
    back = log_kit.at((kit.HISTORY_H + kit.SHADOW_H + kit.LIVE_H - 2) * kit.HOUR)
    with pytest.raises(SlipwayError, match=r"live\.now"):
        look.measure(kit.LINE, kit.OWN[-1].candidate, kit.OWN, has_champion=True, now=back)
    assert kit.looked().to_dict() == first
