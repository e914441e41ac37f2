"""A look turns log and ledger into measurements, arm by arm, and can be read again."""

from dataclasses import replace

import log_kit
import pytest
from slipway.data import rollup
from slipway.domain.errors import NotComputable
from slipway.domain.line import Tables
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.evidence import comparisons
from slipway.steps import context, look, release, returns

LINE = log_kit.LINE
DAY = 24 * 60


def step(epoch, stage, minute, share=0.0):
    """One line of the ledger of version 2."""
    at = log_kit.at(minute)
    live = stage.is_live
    who = Candidate("2", "f", "adam", Origin.MANUAL, log_kit.T0, stage, at, at if live else None)
    return Transition("feed", epoch, at, "t", None, stage, share, "because", who, "1")


HISTORY = (
    step(1, Stage.OFFERED, 0),
    step(2, Stage.SHADOW, 1),
    step(3, Stage.CANARY_1, DAY, 0.01),
)


@pytest.fixture
def logged(home):
    """A day of shadow and a day of canary traffic, with what must be left out beside it."""
    shown, clicks = [], []
    for k in range(40):
        minute = 2 + k * DAY / 20
        epoch, stage = (2, "shadow") if minute < DAY else (3, "canary_1")
        canary = stage == "canary_1"
        arm = ("champion", "candidate", "rules", "explore")[k % 4] if canary else "champion"
        base = log_kit.Shown(
            f"r{k:02d}",
            minute=minute,
            user=f"u{k % 8}",
            arm=arm,
            epoch=epoch,
            stage=stage,
            genre=float(k % 2),
            latency_ms=2.0,
            shadow_version=None if canary else "2",
            shadow_latency_ms=None if canary else 3.0,
            shadow_ok=None if canary else k % 10 != 0,
        )
        shown += [base, replace(base, item="film-1", position=2)]
        clicks.append(log_kit.Click(base.request, minute=minute + 5))
    before = log_kit.Shown("r-before", minute=1.5, epoch=1, user="u-before")
    log_kit.write(home, [*shown, before], clicks)
    rollup.update(home, LINE, now=context.now())
    return home


def measured(*, upto=3, has_champion=True):
    past = HISTORY[:upto]
    return look.measure(
        LINE, past[-1].candidate, past, has_champion=has_champion, now=context.now()
    )


def test_arms_are_counted_apart_and_only_from_the_release_on(logged):
    """Two exposures a request: five canary requests of the control, and five of the candidate."""
    live = measured()
    assert live.exposures_in_stage() == 10
    assert live.requests.tolist() == [5, 5]
    assert live.latency.sum(axis=1).tolist() == [5, 5]


def test_live_segments_are_fixed_before_the_ranking_decides(logged):
    """What an arm itself chooses to show is no segment: its genres are not comparable one by one."""
    assert {one.of.split("=")[0] for one in comparisons.segments(measured())} == {"age_band"}


def test_shadow_answers_and_the_reference_latency_come_from_the_shadow_stage(logged):
    """Shadow requests, their errors, and the champion's latency beside them are all there."""
    shadow = measured(upto=2)
    assert shadow.traffic.shadow_requests.sum() == 20
    assert shadow.traffic.shadow_errors.sum() == 2
    assert shadow.reference_latency.sum() == measured().reference_latency.sum() == 20


def test_users_of_the_control_are_summed_over_the_release(logged):
    """The clustering is measured on control users alone, and no earlier user slips in."""
    users, trials = comparisons.user_sums(measured())[:2]
    assert trials == 2 * (20 + 5)
    assert users == 8


def test_arrivals_hold_what_each_arm_should_get(logged):
    """Expected fractions follow the share of the stage, and sum to one."""
    (arrival,) = measured().arrivals
    assert arrival.stage is Stage.CANARY_1
    assert sum(arrival.expected) == pytest.approx(1)
    assert arrival.expected[1] == pytest.approx(0.01 * 0.93)
    assert sum(arrival.users) == 8


def test_a_look_that_was_saved_is_read_back_with_the_same_digest(logged):
    """Equal looks have equal digests and survive the disk: a decision can be replayed."""
    live = measured()
    saved = look.save(live, 3)
    again = look.load(saved["measurements"])
    assert look.save(again, 3) == saved
    assert look.path_of("feed", 3, saved["digest"]).is_file()


def test_without_a_candidate_there_is_nothing_to_compare_and_nothing_happens(logged):
    """A look at a quiet line has no gates, and deciding on it takes no step."""
    seen = release.observe("feed")
    assert seen["gates"] == []
    assert release.decide(seen, []) is None


def test_a_stale_look_decides_nothing(logged):
    """When the ledger moved on since the look, its verdicts are void."""
    for line in HISTORY:
        context.ledger().append(line)
    assert (
        release.decide({"line": "feed", "epoch": 2, "now": context.now().isoformat()}, []) is None
    )


def test_a_step_is_appended_once_however_often_its_task_runs(home):
    """A cleared or retried task finds its own line and leaves it alone."""
    returns.append_once(HISTORY[0])
    returns.append_once(HISTORY[0])
    assert len(context.ledger().transitions("feed")) == 1


def test_hours_are_rolled_up_where_a_team_s_tables_cannot_be_read(home, monkeypatch):
    """What has arrived is looked at for harm; the error is raised after that, and names the table."""
    known = {"outcome_columns": {}, "without_arrival": "loaded every night"}
    line = replace(log_kit.LINE, source=Tables(str(home / "gone.parquet"), "none", **known))
    rolled = []
    monkeypatch.setattr(look.rollup, "update", lambda *words, now: rolled.append(now))
    with pytest.raises(NotComputable, match=r"gone\.parquet.*nothing was taken over"):
        look.refresh(line, log_kit.at(60))
    assert rolled == [log_kit.at(60)]
