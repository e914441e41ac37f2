"""The release machine, enumerated: every stage, every panel, every review, in time and late."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product

import pytest
from people_kit import PEOPLE
from slipway.domain.approval import Approval
from slipway.domain.errors import BadInput
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy
from slipway.domain.release import LineState, Origin
from slipway.domain.stage import CANARY_STAGES, LIVE_STAGES, Stage, next_stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for
from slipway.release.machine import Advance, Hold, Return, decide, ending, stop

POLICY = Policy(means=(Mean("diversity", "genre", PerList.DISTINCT),))
ANSWERS = (*Conclusion, None)
PASS, UNDECIDED, FAIL = Conclusion.PASS, Conclusion.UNDECIDED, Conclusion.FAIL


def standing(candidate, stage, now, *, late=False, champion="6"):
    """A line whose candidate is in ``stage``."""
    since = now - timedelta(days=POLICY.timeout_days if late else 1)
    live = since if stage in LIVE_STAGES else None
    digest = "d" * 64 if stage is Stage.APPROVAL else None
    moved = replace(
        candidate, stage=stage, stage_since=since, live_since=live, evidence_digest=digest
    )
    return LineState(
        "feed", 9, champion, now, (), moved, newest_interval_end=candidate.interval_end
    )


def answers_of(names):
    """Every set of answers in which at most two gates differ from the others, and both ways.

    The machine sees a panel's worst answer and who is missing, so any pair stands for any set.
    """
    yield from {(answer,) * len(names) for answer in ANSWERS}
    for places in (*combinations(range(len(names)), 1), *combinations(range(len(names)), 2)):
        for odd in product(ANSWERS, repeat=len(places)):
            for common in ANSWERS:
                given = [common] * len(names)
                for place, answer in zip(places, odd, strict=True):
                    given[place] = answer
                yield tuple(given)


def panels(stage, *, has_champion):
    """Panels of gates that pass, are undecided, fail, or are missing."""
    names = gates_for(stage, has_champion=has_champion, policy=POLICY)
    for answers in answers_of(names):
        yield (
            answers,
            [
                Verdict(n, a, "because")
                for n, a in zip(names, answers, strict=True)
                if a is not None
            ],
        )


def oracle(stage, answers, *, late):
    """What must happen, said without the machine: worst answer first, then time."""
    if FAIL in answers:
        return Return, Stage.RETURNED if stage in LIVE_STAGES else Stage.REJECTED
    if all(a is PASS for a in answers):
        if stage is not Stage.APPROVAL:
            return Advance, next_stage(stage)
    elif stage is Stage.OFFERED:
        return Return, Stage.REJECTED
    return (Return, Stage.TIMED_OUT) if late else (Hold, None)


@pytest.mark.parametrize("has_champion", [True, False])
@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("stage", [Stage.SHADOW, *CANARY_STAGES, Stage.APPROVAL])
def test_every_panel_of_every_stage(candidate, now, stage, late, has_champion):
    """Any failure ends the release, all passes move it one stage, everything else waits or ends."""
    state = standing(candidate, stage, now, late=late, champion="6" if has_champion else None)
    for answers, verdicts in panels(stage, has_champion=has_champion):
        decision = decide(state, verdicts, POLICY, now)
        kind, to_stage = oracle(stage, answers, late=late)
        assert type(decision) is kind, (answers, decision)
        assert getattr(decision, "to_stage", None) is to_stage
        assert decision.reason.strip()


@pytest.mark.parametrize("has_champion", [True, False])
def test_every_offline_panel(candidate, now, has_champion):
    """On the dock only a whole panel of passes goes on; undecided is rejected, and says so."""
    state = standing(candidate, Stage.OFFERED, now, champion="6" if has_champion else None)
    for answers, verdicts in panels(Stage.OFFERED, has_champion=has_champion):
        decision = decide(state, verdicts, POLICY, now)
        kind, to_stage = oracle(Stage.OFFERED, answers, late=False)
        assert (type(decision), decision.to_stage) == (kind, to_stage)
        if kind is Return and FAIL not in answers:
            assert decision.reason.startswith("undecided: ")


def test_backfills_and_old_weeks_leave_the_dock_unreleased(candidate, now):
    """A perfect panel releases neither a backfill nor a candidate with a newer one behind it."""
    verdicts = [
        Verdict(g, PASS, "good") for g in gates_for(Stage.OFFERED, has_champion=True, policy=POLICY)
    ]
    state = standing(candidate, Stage.OFFERED, now)
    backfill = replace(state, candidate=replace(state.candidate, origin=Origin.BACKFILL))
    assert decide(backfill, verdicts, POLICY, now).to_stage is Stage.REJECTED
    newer = replace(state, newest_interval_end=candidate.interval_end + timedelta(days=7))
    assert decide(newer, verdicts, POLICY, now).to_stage is Stage.SUPERSEDED
    assert decide(state, verdicts, POLICY, now).to_stage is Stage.SHADOW


def reviewed(candidate, now, **changed):
    """A review as it reaches the machine: verified already."""
    return Approval(
        **{
            "line": "feed",
            "version": candidate.version,
            "reviewer": "rita",
            "decision": "approve",
            "reason": "fine",
            "evidence_digest": "d" * 64,
            "model_fingerprint": candidate.fingerprint,
            "at": now,
        }
        | changed
    )


FOREIGN = (
    {"version": "8"},
    {"evidence_digest": "e" * 64},
    {"model_fingerprint": "0"},
    {"reviewer": "adam"},
)


@pytest.mark.parametrize("has_champion", [True, False])
def test_every_review(candidate, now, has_champion):
    """Only approval of this evidence by another person on a passing panel makes a champion."""
    state = standing(candidate, Stage.APPROVAL, now, champion="6" if has_champion else None)
    reviews = [
        None,
        {},
        {"decision": "reject"},
        *FOREIGN,
        *({"decision": "reject"} | f for f in FOREIGN),
    ]
    for answers, verdicts in panels(Stage.APPROVAL, has_champion=has_champion):
        for changed in reviews:
            approval = None if changed is None else reviewed(candidate, now, **changed)
            decision = decide(state, verdicts, POLICY, now, approval, people=PEOPLE)
            if FAIL in answers:
                assert decision.to_stage is Stage.RETURNED
            elif changed == {"decision": "reject"}:
                assert decision == Return(Stage.RETURNED, "rejected by rita: fine")
            elif changed == {} and all(a is PASS for a in answers):
                assert decision == Advance(Stage.CHAMPION, "approved by rita: fine")
            else:
                assert isinstance(decision, Hold)


@pytest.mark.parametrize("stage", [Stage.OFFERED, Stage.SHADOW, *CANARY_STAGES, Stage.APPROVAL])
def test_a_drill_that_is_due_holds_a_promotion_and_nothing_else(candidate, now, stage):
    """An approved candidate waits for it, and the reason says so; every other decision is as without."""
    state = standing(candidate, stage, now)
    approval = reviewed(candidate, now) if stage is Stage.APPROVAL else None
    for _, verdicts in panels(stage, has_champion=True):
        without = decide(state, verdicts, POLICY, now, approval, people=PEOPLE)
        found = decide(
            state, verdicts, POLICY, now, approval, people=PEOPLE, drill_due="a drill is due"
        )
        promotes = isinstance(without, Advance) and without.to_stage is Stage.CHAMPION
        assert found == (
            Hold("approved by rita: fine, but a drill is due") if promotes else without
        )


@pytest.mark.parametrize("stage", [Stage.OFFERED, Stage.SHADOW, *CANARY_STAGES, Stage.APPROVAL])
def test_a_clock_that_went_back_decides_nothing_but_a_return(candidate, now, stage):
    """Before the candidate's last step nothing advances, and harm is returned as at any time."""
    state = standing(candidate, stage, now)
    early = state.candidate.stage_since - timedelta(seconds=1)
    for answers, verdicts in panels(stage, has_champion=True):
        if FAIL in answers and stage is not Stage.OFFERED:
            assert decide(state, verdicts, POLICY, early) == decide(state, verdicts, POLICY, now)
            continue
        with pytest.raises(BadInput, match="not before"):
            decide(state, verdicts, POLICY, early)
    with pytest.raises(BadInput, match="with its offset"):
        decide(state, [], POLICY, now.replace(tzinfo=None))


def test_a_reject_counts_whatever_the_clock_says(candidate, now):
    """A reviewer's reject takes traffic away: it does not wait for a clock that went back."""
    state = standing(candidate, Stage.APPROVAL, now)
    early = state.candidate.stage_since - timedelta(hours=1)
    review = reviewed(candidate, now, decision="reject")
    assert decide(state, [], POLICY, early, review) == Return(
        Stage.RETURNED, "rejected by rita: fine"
    )


def test_a_review_that_cannot_be_read_is_none_and_said(candidate, now):
    """The reason names what kept the review from being read; nothing is promoted."""
    state = standing(candidate, Stage.APPROVAL, now)
    for _, verdicts in panels(Stage.APPROVAL, has_champion=True):
        without = decide(state, verdicts, POLICY, now)
        decision = decide(state, verdicts, POLICY, now, None, "review.pub is gone")
        if isinstance(without, Hold):
            assert decision == Hold(
                f"{without.reason}, whose review could not be read: review.pub is gone"
            )
        else:
            assert decision == without


def test_a_newer_candidate_never_moves_one_on_its_way(candidate, now):
    """Whoever waits behind it, a candidate with traffic is judged by its own verdicts alone."""
    newer = replace(candidate, version="8", interval_end=candidate.interval_end + timedelta(days=7))
    for stage in (Stage.SHADOW, *CANARY_STAGES, Stage.APPROVAL):
        alone = standing(candidate, stage, now)
        behind = replace(alone, waiting=newer, newest_interval_end=newer.interval_end)
        for _, verdicts in panels(stage, has_champion=True):
            assert decide(alone, verdicts, POLICY, now) == decide(behind, verdicts, POLICY, now)


def test_an_approval_elsewhere_moves_nothing(candidate, now):
    """A valid review in any other stage changes no decision."""
    for stage in (Stage.SHADOW, *CANARY_STAGES):
        state = standing(candidate, stage, now)
        assert isinstance(decide(state, [], POLICY, now, reviewed(candidate, now)), Hold)


def test_an_answer_in_time_beats_the_timeout(candidate, now):
    """The look that is late and passes still advances; the review has its own time."""
    late = standing(candidate, Stage.CANARY_25, now, late=True)
    verdicts = [
        Verdict(g, PASS, "good")
        for g in gates_for(Stage.CANARY_25, has_champion=True, policy=POLICY)
    ]
    assert decide(late, verdicts, POLICY, now).to_stage is Stage.CANARY_50
    state = standing(candidate, Stage.APPROVAL, now)
    month = replace(state.candidate, live_since=now - timedelta(days=30))
    assert isinstance(decide(replace(state, candidate=month), [], POLICY, now), Hold)


def test_a_line_without_candidate_holds(now):
    """Nothing on the slipway, nothing to decide; nothing to stop either."""
    assert isinstance(decide(LineState("feed"), [], POLICY, now), Hold)
    with pytest.raises(BadInput):
        stop(LineState("feed"), "by hand")


def test_a_person_can_stop_in_any_stage(candidate, now):
    """By hand, a release ends as rejected before exposure and as returned after it."""
    for stage in (Stage.OFFERED, Stage.SHADOW, *CANARY_STAGES, Stage.APPROVAL):
        decision = stop(standing(candidate, stage, now), "by hand")
        assert decision == Return(ending(stage), "by hand")
        assert (decision.to_stage is Stage.RETURNED) == (stage in LIVE_STAGES)
