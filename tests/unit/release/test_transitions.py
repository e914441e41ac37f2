"""Decisions as lines of the ledger: shares, frozen evidence, offers, and the way back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slipway.domain.errors import NotEligible
from slipway.domain.policy import Policy
from slipway.domain.release import LineState, Origin, fold
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict, evidence_digest
from slipway.registry.projection import project
from slipway.release.machine import Advance, Hold, Return
from slipway.release.transitions import offer, return_champion, transition

POLICY = Policy()
VERDICTS = (Verdict("harm", Conclusion.PASS, "none"),)


def step(state, to_stage, now, verdicts=VERDICTS):
    """The next line for an advance."""
    return transition(
        state, Advance(to_stage, "good"), policy=POLICY, now=now, actor="test", verdicts=verdicts
    )


def steps_of(candidate, now, *stages):
    """All lines of a release through ``stages``, an hour each."""
    lines = list(offer(LineState("feed"), candidate, now=now, actor="test", verdicts=VERDICTS))
    for hour, stage in enumerate(stages, 1):
        lines.append(step(fold("feed", lines), stage, now + timedelta(hours=hour)))
    return lines


def routed_share(lines):
    """The candidate's fraction of users, as the router reads it in the registry."""
    return project(fold("feed", lines), lines, None).release.share


GOOD_RELEASE = (
    Stage.SHADOW,
    Stage.CANARY_1,
    Stage.CANARY_5,
    Stage.CANARY_25,
    Stage.CANARY_50,
    Stage.APPROVAL,
    Stage.CHAMPION,
)


def test_shares_follow_the_policy(candidate, now):
    """Each stage has the policy's share; the dock and the shadow have none; the champion the rest."""
    lines = steps_of(candidate, now, *GOOD_RELEASE)
    assert [t.share for t in lines] == [0, 0, 0.01, 0.05, 0.25, 0.5, 0.5, pytest.approx(0.93)]
    for place, line in enumerate(lines[:-1], 1):
        assert routed_share(lines[:place]) == line.share
    assert routed_share(lines) == 0  # nobody is on the slipway any more


def test_evidence_is_frozen_on_entering_approval(candidate, now):
    """The digest covers the verdicts of that step, stays, and is what the promotion carries."""
    lines = steps_of(candidate, now, *GOOD_RELEASE)
    approval, champion = lines[-2:]
    expected = evidence_digest(candidate.fingerprint, VERDICTS)
    assert approval.candidate.evidence_digest == approval.evidence_digest == expected
    assert lines[-3].candidate.evidence_digest is None
    other = step(fold("feed", lines[:-1]), Stage.CHAMPION, now, verdicts=())
    assert other.evidence_digest == champion.evidence_digest == expected


def test_exposure_begins_with_the_first_canary(candidate, now):
    """The clock of a release starts with its first exposure and runs on."""
    lines = steps_of(candidate, now, *GOOD_RELEASE)
    assert lines[1].candidate.live_since is None
    assert {t.candidate.live_since for t in lines[2:]} == {now + timedelta(hours=2)}


def test_holding_writes_nothing(candidate, now):
    """To hold is no line; neither is anything without a candidate."""
    state = fold("feed", steps_of(candidate, now))
    assert transition(state, Hold("wait"), policy=POLICY, now=now, actor="test") is None
    assert step(LineState("feed"), Stage.SHADOW, now) is None


def test_a_repeated_offer_changes_nothing(candidate, now):
    """Offering a version that is on the way, waiting or champion again adds no line."""
    for stages in ((), GOOD_RELEASE):
        state = fold("feed", steps_of(candidate, now, *stages))
        assert offer(state, candidate, now=now, actor="test", verdicts=()) == ()


def test_backfills_and_old_intervals_are_not_offered(candidate, now):
    """A backfill or an interval older than the newest offered is refused with what to do."""
    state = fold("feed", steps_of(candidate, now))
    old = replace(candidate, version="8", interval_end=candidate.interval_end - timedelta(days=7))
    for bad in (old, replace(candidate, version="9", origin=Origin.BACKFILL)):
        with pytest.raises(NotEligible):
            offer(state, bad, now=now, actor="test", verdicts=())


def test_a_newer_candidate_waits_and_supersedes_who_waited(candidate, now):
    """Behind a candidate on its way one may wait; a still newer one takes its place, on record."""
    lines = steps_of(candidate, now, Stage.SHADOW)
    for version, weeks in (("8", 1), ("9", 2)):
        newer = replace(
            candidate, version=version, interval_end=candidate.interval_end + timedelta(weeks=weeks)
        )
        lines += offer(fold("feed", lines), newer, now=now, actor="test", verdicts=VERDICTS)
    assert [t.epoch for t in lines] == list(range(1, 6))
    assert (lines[3].candidate.version, lines[3].to_stage) == ("8", Stage.SUPERSEDED)
    state = fold("feed", lines)
    assert (state.candidate.version, state.waiting.version) == ("7", "9")
    ended = transition(state, Return(Stage.REJECTED, "slow"), policy=POLICY, now=now, actor="test")
    after = fold("feed", [*lines, ended])
    assert (after.candidate.version, after.waiting) == ("9", None)


def test_a_returned_champion_gives_way_to_the_previous_one(candidate, now):
    """The previous version is the champion again, and a candidate on its way stays on it."""
    lines = steps_of(candidate, now, *GOOD_RELEASE)
    newer = replace(
        candidate, version="8", interval_end=candidate.interval_end + timedelta(weeks=1)
    )
    lines += offer(fold("feed", lines), newer, now=now, actor="test", verdicts=())
    state = fold("feed", lines)
    back = return_champion(
        state, lines[7].candidate, Return(Stage.RETURNED, "harm"), now=now, actor="watch"
    )
    after = fold("feed", [*lines, back])
    assert after.champion is None  # before the first champion the rules answered
    assert after.candidate.version == "8"
    with pytest.raises(NotEligible):
        return_champion(after, lines[7].candidate, Return(Stage.RETURNED, "x"), now=now, actor="w")
