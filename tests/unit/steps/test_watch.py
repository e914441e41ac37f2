"""The watch on a real log: beside the hold-back it sees a loss, returns the champion, and ends."""

import json
from dataclasses import replace

import log_kit
import numpy as np
import pytest
from slipway.data import rollup
from slipway.domain.errors import (
    BadInput,
    NotComputable,
    NotEligible,
    PartUnseen,
    UnknownReference,
)
from slipway.domain.release import Candidate, LineState, Origin, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence.champion_chain import LINK, LINK_VARIANCE
from slipway.gates import judge
from slipway.monitoring.promises import Word
from slipway.registry import projection
from slipway.registry.rest import RegistryUnavailable
from slipway.registry.state import ReleaseState
from slipway.release.machine import Advance, Return
from slipway.steps import context, promises, release, returns, watch, watch_look
from slipway.steps.rollback import roll_back

DAY = 24 * 60
POLICY = replace(log_kit.LINE.policy, watch_days=0.75, watch_restart_days=0.25)
LINE = replace(log_kit.LINE, policy=POLICY)
ARMS = ("previous", "champion", "champion", "champion", "champion", "rules")
VERSION = {"previous": "1", "champion": "2", "rules": "rules-1"}


class Shown:
    """The registry: what it was shown last."""

    def __init__(self):
        self.release = ReleaseState("feed")

    def project(self, state, past, *, at_most=False):
        """Show the ledger."""
        assert not at_most
        self.release = projection.project(state, past, "1").release
        return ()

    def release_state(self, _line):
        """What is shown."""
        return self.release

    def take_off(self, order):
        """A version that nobody may be answered by."""
        self.release = self.release.without([order.version])


def promotion(epoch, version, minute, champion, back=0.0):
    """One version becomes champion."""
    at = log_kit.at(minute)
    who = Candidate(version, f"f{version}", "adam", Origin.MANUAL, at, Stage.CHAMPION, at)
    return Transition(
        "feed", epoch, at, "t", Stage.APPROVAL, Stage.CHAMPION, 0.9, "so", who, champion,
        previous_share=back,
    )  # fmt: skip


PAST = (promotion(1, "1", 0, "1"), promotion(2, "2", DAY, "2", 0.05))


@pytest.fixture
def shown(home, monkeypatch):
    """A line whose second champion is in its watch since a day."""
    registry = Shown()
    monkeypatch.setattr(context, "registry", lambda: registry)
    monkeypatch.setattr(context, "judged_line", lambda _: LINE)
    for row in PAST:
        context.ledger().append(row)
    (home / "clock.json").write_text(
        json.dumps({"wall0": 0.0, "event0": log_kit.at(2 * DAY + 200).timestamp(), "speed": 0.0})
    )
    registry.project(context.ledger().state("feed"), PAST)
    return registry


def write(home, clicked):
    """A day of requests, one a minute, of sixty users; ``clicked`` is each arm's rate."""
    rng = np.random.default_rng(7)
    rows, clicks = [], []
    for k in range(DAY):
        user = int(rng.integers(60))
        arm = ARMS[user % len(ARMS)]
        row = log_kit.Shown(
            f"r{k:05d}",
            minute=DAY + 1.0 + k,
            user=f"u{user}",
            arm=arm,
            epoch=2,
            version=VERSION[arm],
        )
        rows.append(row)
        if rng.random() < clicked[arm]:
            clicks.append(log_kit.Click(row.request, minute=row.minute + 2))
    log_kit.write(home, rows, clicks)
    return rows


EQUAL = {"previous": 0.3, "champion": 0.3, "rules": 0.2}


def test_the_control_is_the_hold_back(shown, home):
    """Previous champion, then champion, then rules; users, arrivals and requests of the same arms."""
    rows = write(home, EQUAL)
    rollup.update(home, LINE, now=context.now())
    live = watch_look.measure(LINE, PAST[1].candidate, PAST, now=context.now())
    count = {arm: sum(row.arm == arm for row in rows) for arm in VERSION}
    assert live.held_back == "1"
    assert live.clicks.trials.sum(axis=0).tolist() == [
        count["previous"],
        count["champion"],
        count["rules"],
    ]
    assert live.user_trials.sum() == count["previous"]
    assert live.arrived.traffic.requests.sum(axis=0).tolist() == [
        count["previous"],
        count["champion"],
    ]
    assert live.arrivals[0].expected == pytest.approx((0.88, 0.0, 0.05, 0.02, 0.05))
    assert live.arrivals[0].users == (40, 0, 10, 0, 10)
    assert type(live).from_dict(live.to_dict()).held_back == "1"
    assert judge("errors", live, POLICY).conclusion.name == "PASS"


def test_how_fast_the_champion_before_was_is_known_from_the_shadow(shown, home):
    """The reference of the watch are its answers of that stage alone; where they are gone nothing is known."""
    write(home, EQUAL)
    shadowed = [
        log_kit.Shown(
            f"s{k}",
            minute=DAY / 2 + k,
            user=f"u{k % 9}",
            stage="shadow",
            epoch=2,
            shadow_version="2",
            shadow_ok=True,
            shadow_latency_ms=1.0,
        )
        for k in range(60)
    ]
    log_kit.write(home, shadowed, part="shadow")
    rollup.update(home, LINE, now=context.now())
    shadow = replace(
        PAST[1],
        epoch=2,
        at=log_kit.at(DAY / 2),
        from_stage=Stage.OFFERED,
        to_stage=Stage.SHADOW,
        champion="1",
        previous_share=0.0,
        candidate=replace(PAST[1].candidate, stage=Stage.SHADOW, stage_since=log_kit.at(DAY / 2)),
    )
    past = (PAST[0], shadow, replace(PAST[1], epoch=3))
    live = watch_look.measure(LINE, PAST[1].candidate, past, now=context.now())
    assert live.without_outcomes().reference_latency.sum() == 60
    nothing = watch_look.measure(LINE, PAST[1].candidate, PAST, now=context.now())
    assert not nothing.without_outcomes().reference_latency.sum()


def test_a_loss_beside_the_hold_back_returns_the_champion(shown, home):
    """The previous champion leads again with all users; the ledger says beside whom, and since when."""
    write(home, EQUAL | {"champion": 0.03})
    assert shown.release.previous_share == 0.05
    watch._judge("feed")
    state, last = context.ledger().state("feed"), context.ledger().transitions("feed")[-1]
    assert (state.champion, state.previous_champion, state.previous_share) == ("1", None, 0.0)
    assert last.to_stage is Stage.RETURNED
    assert "watch_harm: worse than version 1 in clicks since 2026-01-0" in last.reason
    assert (shown.release.champion, shown.release.previous_share) == ("1", 0.0)
    assert "promised nothing" in promises.history("feed").promises[-1].sentence


DIVERSE = replace(
    LINE,
    policy=replace(
        POLICY, min_users=5, guardrail_weight=0.5, primary_weight=0.4, segment_weight=0.1
    ),
)


def listed(home, genres, *, users=60, promoted=DAY):
    """A day of lists of three, one a minute; ``genres`` is how many different ones an arm's lists have at most.

    Those before the minute ``promoted`` are of the epoch before.
    """
    rng, rows = np.random.default_rng(8), []
    for k in range(DAY):
        user = int(rng.integers(users))
        arm = ARMS[user % len(ARMS)]
        rows += [
            log_kit.Shown(
                f"r{k:05d}",
                item=f"film-{position}",
                position=position,
                minute=DAY + 1.0 + k,
                user=f"u{user}",
                arm=arm,
                epoch=2 if DAY + 1.0 + k >= promoted else 1,
                version=VERSION[arm],
                genre=float(rng.integers(genres[arm])),
            )
            for position in (1, 2, 3)
        ]
    log_kit.write(home, rows)


def test_a_mean_that_falls_beside_the_hold_back_returns_the_champion(shown, home, monkeypatch):
    """Clicks say nothing, lists have fewer genres: the hold-back's have more, and the ledger names the mean."""
    monkeypatch.setattr(context, "judged_line", lambda _: DIVERSE)
    listed(home, {"previous": 9, "champion": 2, "rules": 9})
    watch._judge("feed")
    last = context.ledger().transitions("feed")[-1]
    assert last.to_stage is Stage.RETURNED
    assert "means: worse than the control in diversity" in last.reason


@pytest.mark.parametrize("minute", [0, 37])
def test_means_of_a_watch_are_those_of_all_its_rows(shown, home, minute):
    """Day by day or at once, at whatever minute it began: lists, level and difference of the arms' own rows.

    Users are counted whole; the hour in which the days of the watch meet counts once, that of the promotion from it on.
    """
    listed(home, {"previous": 9, "champion": 4, "rules": 9}, promoted=DAY + minute)
    past = (PAST[0], promotion(2, "2", DAY + minute, "2", 0.05))
    rollup.update(home, DIVERSE, now=context.now())
    live = watch_look.measure(DIVERSE, past[1].candidate, past, now=context.now())
    (total,), (blocks,) = live.means.values(), live.mean_blocks.values()
    seen = rollup.read(home, DIVERSE, past[1].at, hourly=True).users
    of = seen[seen["arm"].isin(["previous", "champion"]) & (seen["epoch"] == 2)]
    sums = of.groupby(["hour", "arm"])[["lists", "amount_diversity"]].sum().unstack()
    n0, n1 = (sums["lists"][arm] for arm in ("previous", "champion"))
    level = [
        sums["amount_diversity"][arm] / 1e6 / n for arm, n in (("previous", n0), ("champion", n1))
    ]
    weight = n0 * n1 / (n0 + n1)
    assert total.weight == pytest.approx(weight.sum())
    assert total.difference == pytest.approx((weight * (level[1] - level[0])).sum())
    assert blocks.difference.sum() == pytest.approx(total.difference)
    assert (total.users, total.candidate_users) == (10, 40)
    assert total.capped == 0
    assert (
        watch_look.measure(
            DIVERSE, past[1].candidate, past, now=context.now(), outcomes=False
        ).means
        == {}
    )


def test_who_is_heavy_in_a_watch_is_named(shown, home):
    """Half of the hold-back's requests without an id: its sample ratio concludes nothing, and says why."""
    rows = write(home, EQUAL)
    unnamed = [
        replace(row, request=f"{row.request}-none", user="")
        for row in rows
        if row.arm == "previous"
    ]
    log_kit.write(home, unnamed, part="unnamed")
    rollup.update(home, LINE, now=context.now())
    live = watch_look.measure(LINE, PAST[1].candidate, PAST, now=context.now())
    verdict = judge("sample_ratio", live, POLICY)
    assert verdict.conclusion is Conclusion.UNDECIDED
    assert "50.0% have no user's id" in verdict.reason


def failed(home):
    """The champion answers none of its requests; all sums are made."""
    rows = [
        log_kit.Shown(
            f"r{k:05d}",
            minute=DAY + 1.0 + k,
            user=f"u{k % 60}",
            epoch=2,
            version="2",
            fallback=True,
        )
        for k in range(DAY)
    ]
    log_kit.write(home, rows)
    for now in (log_kit.at(DAY + 70), context.now()):
        rollup.update(home, LINE, now=now)


def returned():
    """The watch returns the champion, and is red afterwards."""
    with pytest.raises((NotComputable, PartUnseen)) as said:
        watch.watch("feed")
    assert context.ledger().transitions("feed")[-1].to_stage is Stage.RETURNED
    return str(said.value)


def test_harm_is_returned_beside_damaged_sums(shown, home):
    """What needs no outcome is seen though the sums of outcomes are torn; nothing else is decided."""
    failed(home)
    torn = list(rollup.matured(home, LINE).folder.rglob("*.parquet"))
    assert torn
    for path in torn:
        path.write_bytes(b"torn")
    assert "a whole Parquet file" in returned()


def test_harm_is_returned_beside_a_gate_that_cannot_be_computed(shown, home, monkeypatch):
    """One gate's error hides no other's proof."""
    failed(home)
    of = watch.judge

    def judged(gate, *given):
        if gate == "watch_harm":
            raise NotComputable("watch_harm", found="NaN", expected="a number", next_step="x")
        return of(gate, *given)

    monkeypatch.setattr(watch, "judge", judged)
    assert "watch_harm == 'NaN'" in returned()


def test_harm_is_returned_though_nobody_can_look_for_what_is_silent(shown, home):
    """The watch's own memory cannot be written, as on a full disk: that is said after the return."""
    failed(home)
    (context.folder("feed") / "watched.json").mkdir()
    assert "what is silent was not looked for" in returned()


def test_a_watch_that_saw_enough_gives_the_hold_back_to_the_champion(shown, home):
    """Its end is a row of the ledger, is shown, and nothing is decided after it."""
    write(home, EQUAL)
    assert watch._judge("feed")["reason"] == "the watch of 0.75 days is over"
    past = context.ledger().transitions("feed")
    assert [t.epoch for t in past] == [1, 2, 3]
    assert past[-1].reason == "the watch of 0.75 days is over; the hold-back of version 1 ends"
    assert (shown.release.champion, shown.release.previous_champion) == ("2", "1")
    assert shown.release.previous_share == 0
    (home / "feed" / "judged.json").unlink(missing_ok=True)
    (context.folder("feed") / "judged.json").unlink(missing_ok=True)
    watch._judge("feed")
    assert context.ledger().transitions("feed") == past
    assert returns.promoted(past, "2") == PAST[1].candidate


def test_the_promise_is_judged_at_each_look(shown, home):
    """What the approval was asked with, beside the hold-back; the end of the watch says what became of it."""
    write(home, EQUAL)
    asked = Verdict(
        "margin_creep",
        Conclusion.PASS,
        "none",
        (Evidence("a", 0.0, "x", id=LINK), Evidence("b", 0.05, "x", id=LINK_VARIANCE)),
    )
    past = (PAST[0], replace(PAST[1], epoch=1, to_stage=Stage.APPROVAL, verdicts=(asked,)), PAST[1])
    rollup.update(home, LINE, now=context.now())
    live = watch_look.measure(LINE, PAST[1].candidate, PAST, now=context.now())
    state = context.ledger().state("feed")
    now = context.now()
    open_yet = promises.look(LINE, live, state, past, now, returned=False).promises[-1]
    assert open_yet.word is Word.OPEN
    assert open_yet.days[0].effect.lower < 0 < open_yet.days[0].effect.upper
    ended = replace(state, previous_share=0.0)
    promises.look(LINE, live, ended, past, now, returned=False)
    assert promises.history("feed").sentence == "earlier promises: 1 of 1 kept"
    with pytest.raises(BadInput, match="promotion of feed version"):
        promises.look(LINE, live, state, (), now, returned=False)


def test_without_anybody_held_back_the_rules_are_the_control(shown, home):
    """A ledger without the arm, or an arm that nobody came to, is judged beside the rules as before."""
    write(home, EQUAL)
    rollup.update(home, LINE, now=context.now())
    plain = [replace(t, previous_share=0.0) for t in PAST]
    live = watch_look.measure(LINE, PAST[1].candidate, plain, now=context.now())
    assert live.held_back is None
    assert len(live.arrivals[0].expected) == 4
    assert live.user_trials.sum() == live.clicks.trials[:, 0].sum()
    assert "beside the rules" in judge("watch_harm", live, POLICY).reason


def test_a_hold_back_that_a_person_takes_off_is_gone_everywhere(shown, home):
    """Ledger and registry hold it, the champion leads on, and the watch goes on beside the rules."""
    write(home, EQUAL)
    step = roll_back("feed", "wrong films", actor="ops", previous=True)
    assert (step.candidate.version, step.to_stage, step.champion) == ("1", Stage.RETURNED, "2")
    assert (shown.release.champion, shown.release.previous_champion) == ("2", None)
    assert shown.release.previous_share == 0
    rollup.update(home, LINE, now=context.now())
    live = watch_look.measure(LINE, PAST[1].candidate, [*PAST, step], now=context.now())
    assert live.held_back is None
    assert live.clicks.trials[:, 0].sum() > 0
    with pytest.raises(NotEligible, match="nobody is answered by the previous champion"):
        roll_back("feed", "again", actor="ops", previous=True)


def test_a_champion_that_the_registry_lost_is_not_held_back(monkeypatch):
    """Only where it is known to be gone: any other trouble of the registry is no reason to lose a control."""
    errors = [UnknownReference("version", found="1", expected="x", next_step="y")]

    class Away:
        def facts(self, *_of):
            raise errors[0]

    monkeypatch.setattr(context, "registry", Away)
    state = LineState("feed", champion="1")
    crown, back = Advance(Stage.CHAMPION, "good"), Return(Stage.RETURNED, "harm")
    assert release._unfit(state, crown) == "version 1 is not in the registry any more"
    assert release._unfit(state, back) == release._unfit(LineState("feed"), crown) == ""
    errors[0] = RegistryUnavailable("MLflow", found="503", expected="an answer", next_step="x")
    with pytest.raises(RegistryUnavailable):
        release._unfit(state, crown)
