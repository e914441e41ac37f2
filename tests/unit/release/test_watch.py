"""The watch after the promotion: who is held back, what returns the champion, and when it is over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slipway.domain.policy import Policy
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.release import LineState, Transition, fold
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for
from slipway.registry.projection import project
from slipway.release.machine import Advance, Hold, Return
from slipway.release.transitions import offer, return_champion, transition
from slipway.release.watch import EndHoldBack, decide_watch, end_hold_back, return_hold_back

POLICY = Policy()
PASS, FAIL = Conclusion.PASS, Conclusion.FAIL
DAY = timedelta(days=1)


def panel(conclusion):
    """The verdicts of a watch, all alike."""
    return [
        Verdict(gate, conclusion, "so") for gate in gates_for(Stage.CHAMPION, has_champion=True)
    ]


@pytest.mark.parametrize(
    ("changed", "state_changed", "returned"),
    [
        ({}, {}, True),
        ({"version": "8"}, {}, False),
        ({"stage_since": -1}, {}, False),
        ({}, {"champion": "5"}, False),
        ({"stage_since": -29}, {"champion_since": -29}, False),
    ],
)
def test_the_watch_returns_a_promoted_champion_only(
    candidate, now, changed, state_changed, returned
):
    """Harm returns a champion that was promoted within the watch; never a restored one."""
    days = lambda d: {k: now + timedelta(days=v) if isinstance(v, int) else v for k, v in d.items()}  # noqa: E731
    champion = replace(candidate, stage=Stage.CHAMPION, stage_since=now)
    state = LineState("feed", 9, "7", now)
    champion, state = replace(champion, **days(changed)), replace(state, **days(state_changed))
    harmed = [Verdict("harm", FAIL, "worse"), Verdict("errors", PASS, "fine")]
    decision = decide_watch(state, champion, harmed, POLICY, now)
    assert (decision == Return(Stage.RETURNED, "harm: worse")) is returned


@pytest.mark.parametrize("conclusion", [*Conclusion, None])
def test_the_watch_never_promotes(candidate, now, conclusion):
    """A watch without proof of harm holds, whatever else it knows."""
    champion = replace(candidate, stage=Stage.CHAMPION, stage_since=now)
    verdicts = panel(conclusion) if conclusion is not None else []
    decision = decide_watch(LineState("feed", 9, "7", now), champion, verdicts, POLICY, now)
    assert isinstance(decision, Return if conclusion is FAIL else Hold)


def crowned(candidate, now, *versions, policy=POLICY):
    """A ledger in which these versions were promoted one after the other, a day each."""
    lines: list[Transition] = []
    for number, version in enumerate(versions):
        at = now + number * DAY
        who = replace(candidate, version=version, fingerprint=version, interval_end=at)
        lines += offer(fold("feed", lines), who, now=at, actor="t", verdicts=())
        lines.append(
            transition(
                fold("feed", lines),
                Advance(Stage.CHAMPION, "approved"),
                policy=policy,
                now=at + DAY / 2,
                actor="t",
            )
        )
    return lines


def test_a_promotion_holds_back_the_champion_before(candidate, now):
    """Its share, that of the new champion and the length of the watch stand in the ledger."""
    first, second = crowned(candidate, now, "1", "2")[1::2]
    assert (first.previous_share, first.share) == (0.0, pytest.approx(0.93))
    assert "no hold-back: the rules were champion" in first.reason
    assert (second.previous_share, second.share) == (0.05, pytest.approx(0.88))
    assert "version 1 keeps 5.0% of users while version 2 is watched for 28 days" in second.reason
    assert Transition.from_dict(second.to_dict()) == second


def test_a_newer_promotion_ends_the_older_hold_back(candidate, now):
    """There is one hold-back at most: the champion before the newest, said in the newest row."""
    lines = crowned(candidate, now, "1", "2", "3")
    state = fold("feed", lines)
    assert (state.champion, state.previous_champion, state.previous_share) == ("3", "2", 0.05)
    assert "the hold-back of version 1 ends; version 2 keeps" in lines[-1].reason


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (Policy(previous_share=0.0, no_previous_because="few users"), "few users"),
        (Policy(watch_days=0.0), "nothing is watched"),
        (PredictionPolicy(no_hold_out_because="a fare", paired=True), "the outcome is the same"),
    ],
)
def test_without_a_hold_back_the_reason_stands_in_the_ledger(candidate, now, policy, why):
    """A policy that holds nobody back says why, and who is promoted has all users."""
    last = crowned(candidate, now, "1", "2", policy=policy)[-1]
    assert last.previous_share == 0
    assert f"no hold-back: {why}" in last.reason


def test_a_champion_that_may_not_be_served_is_not_held_back(candidate, now):
    """Whatever keeps it from users is said, and nobody meets it again."""
    lines = crowned(candidate, now, "1")
    later = now + 2 * DAY
    who = replace(candidate, version="2", fingerprint="2", interval_end=later)
    lines += offer(fold("feed", lines), who, now=later, actor="t", verdicts=())
    state = fold("feed", lines)
    step = transition(
        state,
        Advance(Stage.CHAMPION, "good"),
        policy=POLICY,
        now=later,
        actor="t",
        unfit="version 1 is not in the registry any more",
    )
    assert step.previous_share == 0
    assert "no hold-back: version 1 is not in the registry" in step.reason


def test_a_return_ends_the_hold_back_and_brings_the_previous_champion_to_all(candidate, now):
    """Afterwards nobody is held back, and the next promotion holds back who then leads."""
    lines = crowned(candidate, now, "1", "2")
    state, champion = fold("feed", lines), lines[-1].candidate
    back = return_champion(
        state, champion, Return(Stage.RETURNED, "worse"), now=now + 2 * DAY, actor="w"
    )
    after = fold("feed", [*lines, back])
    assert (after.champion, after.previous_champion, after.previous_share) == ("1", None, 0.0)


def test_the_end_of_the_watch_is_a_row_that_only_gives_its_users_back(candidate, now):
    """Champion, succession and time of promotion stay; shown is one share less."""
    lines = crowned(candidate, now, "1", "2")
    state, champion = fold("feed", lines), lines[-1].candidate
    late = champion.stage_since + 28.5 * DAY
    end = decide_watch(state, champion, panel(PASS), POLICY, late)
    assert end == EndHoldBack("the watch of 28 days is over")
    row = end_hold_back(state, champion, end, policy=POLICY, now=late, actor="watch_feed")
    assert row.reason == "the watch of 28 days is over; the hold-back of version 1 ends"
    after = fold("feed", [*lines, row])
    assert after == replace(state, epoch=row.epoch, previous_share=0.0, champions=after.champions)
    assert after.champions == state.champions
    assert "previous_share" not in row.to_dict()
    again = decide_watch(after, champion, panel(FAIL), POLICY, late)
    assert again == Hold("the watch of 28 days is over")


def test_harm_outranks_the_end_of_the_watch(candidate, now):
    """As long as there is a control, what it proves returns the champion, however late."""
    lines = crowned(candidate, now, "1", "2")
    state, champion = fold("feed", lines), lines[-1].candidate
    late = champion.stage_since + 28.5 * DAY
    assert isinstance(decide_watch(state, champion, panel(FAIL), POLICY, late), Return)


@pytest.mark.parametrize(
    ("passed", "seen", "over"),
    [(27.0, 27.0, False), (35.0, 20.0, False), (35.0, 28.1, True), (49.5, 20.0, True)],
)
def test_days_that_nobody_saw_do_not_count_but_not_for_ever(candidate, now, passed, seen, over):
    """An outage makes the watch longer by itself, at most by the days that undecided releases have."""
    lines = crowned(candidate, now, "1", "2")
    state, champion = fold("feed", lines), lines[-1].candidate
    at = champion.stage_since + passed * DAY
    decision = decide_watch(state, champion, panel(PASS), POLICY, at, seen_days=seen)
    assert isinstance(decision, EndHoldBack) is over


def test_a_policy_that_holds_nobody_back_any_more_ends_the_hold_back(candidate, now):
    """What the line says now is done at the next look, with its reason."""
    lines = crowned(candidate, now, "1", "2")
    state, champion = fold("feed", lines), lines[-1].candidate
    none = Policy(previous_share=0.0, no_previous_because="the answer is binding")
    decision = decide_watch(state, champion, panel(PASS), none, champion.stage_since + DAY)
    assert decision == EndHoldBack("the answer is binding")


def test_a_candidate_beside_the_hold_back_leaves_it_alone(candidate, now):
    """Its offers, steps and ends carry the share that stands, and so does a ledger read again."""
    lines = crowned(candidate, now, "1", "2")
    later = now + 3 * DAY
    who = replace(candidate, version="3", fingerprint="3", interval_end=later)
    lines += offer(fold("feed", lines), who, now=later, actor="t", verdicts=())
    for decision in (
        Advance(Stage.SHADOW, "s"),
        Advance(Stage.CANARY_50, "s"),
        Return(Stage.RETURNED, "s"),
    ):
        lines.append(transition(fold("feed", lines), decision, policy=POLICY, now=later, actor="t"))
    assert [t.previous_share for t in lines[3:]] == [0.05] * 5
    copies = [Transition.from_dict(t.to_dict()) for t in lines]
    assert fold("feed", copies) == fold("feed", lines)


def test_a_ledger_of_before_there_were_hold_backs_is_read_as_it_was(candidate, now):
    """Its rows hold no such word, and no user is held back by it."""
    lines = [replace(t, previous_share=0.0) for t in crowned(candidate, now, "1", "2")]
    assert not any("previous_share" in t.to_dict() for t in lines)
    state = fold("feed", [Transition.from_dict(t.to_dict()) for t in lines])
    assert (state.previous_champion, state.previous_share) == ("1", 0.0)


def test_a_hold_back_can_be_taken_off_for_good(candidate, now):
    """The champion keeps its place and gets the users; who was taken off never stands in again."""
    lines = crowned(candidate, now, "0", "1", "2")
    state, held = fold("feed", lines), lines[3].candidate
    back = Return(Stage.RETURNED, "wrong films")
    row = return_hold_back(state, held, back, now=now + 3 * DAY, actor="ops")
    after = fold("feed", [*lines, row])
    assert (after.champion, after.previous_champion, after.previous_share) == ("2", "0", 0.0)
    assert after.champion_since == state.champion_since
    assert after.ending_of(held).stage is Stage.RETURNED
    shown = project(after, [*lines, row], None).release
    assert (shown.champion, shown.previous_champion, shown.previous_share) == ("2", "0", 0.0)
