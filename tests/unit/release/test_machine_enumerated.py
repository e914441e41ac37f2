"""Every situation a release can be in, through the pure machine: what must never happen, does not.

Stage x panel x dwell met or not x in time or late x review x champion or none x newer candidate or
none x origin. ``test_machine`` says which decision is right; here stands what no decision may do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from functools import cache
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from people_kit import PEOPLE
from slipway.domain.errors import ApprovalRefused
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy
from slipway.domain.release import LineState, Origin, Transition, _after
from slipway.domain.stage import CANARY_STAGES, LIVE_STAGES, RELEASE_STAGES, Stage, next_stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for
from slipway.release.approval import verify
from slipway.release.machine import Advance, Decision, Hold, Return, decide
from slipway.release.transitions import offer, transition

POLICY = Policy(means=(Mean("diversity", "genre", PerList.DISTINCT),))
STAGES = RELEASE_STAGES[:-1]
PASS, UNDECIDED, FAIL = Conclusion.PASS, Conclusion.UNDECIDED, Conclusion.FAIL


class Panel(Enum):
    """What the gates of a stage said; ``dwell`` is asked on its own."""

    ALL_PASS = auto()
    ONE_UNDECIDED = auto()
    ALL_UNDECIDED = auto()
    ONE_MISSING = auto()
    NO_DATA = auto()
    ONE_FAILS = auto()
    ONE_FAILS_THE_REST_IS_MISSING = auto()


class Review(Enum):
    """The review that lies in the registry."""

    NONE = auto()
    APPROVED = auto()
    REJECTED = auto()
    FORGED = auto()
    STALE = auto()
    BY_THE_AUTHOR = auto()


@dataclass(frozen=True)
class Situation:
    """One row of the enumeration."""

    stage: Stage
    panel: Panel
    dwelt: bool
    late: bool
    review: Review
    has_champion: bool
    newer: bool
    origin: Origin

    @property
    def failed(self) -> bool:
        """A gate said FAIL."""
        return self.panel in {Panel.ONE_FAILS, Panel.ONE_FAILS_THE_REST_IS_MISSING}

    @property
    def passed(self) -> bool:
        """Everything was asked, and every answer is PASS."""
        return self.panel is Panel.ALL_PASS and (self.dwelt or self.stage not in CANARY_STAGES)


@dataclass(frozen=True)
class Outcome:
    """What the machine made of a situation: the state, its decision, and the line of the ledger."""

    before: LineState
    decision: Decision
    line: Transition | None
    without_newer: Decision

    @property
    def after(self) -> LineState:
        """The line after the decision."""
        return _after(self.before, self.line) if self.line else self.before

    @property
    def to_stage(self) -> Stage | None:
        """Where the candidate goes; None where it stays."""
        return self.line.to_stage if self.line else None

    @property
    def share(self) -> float:
        """The users who meet the candidate after the decision."""
        if self.line:
            return self.line.share
        stage = self.before.candidate.stage
        return POLICY.rule(stage).share if stage.is_live else 0.0

    @property
    def promoted(self) -> bool:
        """Another version is the champion."""
        return self.after.champion != self.before.champion

    @property
    def ended(self) -> bool:
        """The release is over, without promotion."""
        return isinstance(self.decision, Return)

    @property
    def advanced(self) -> bool:
        """A step forward."""
        return isinstance(self.decision, Advance)


def every_situation() -> Iterator[Situation]:
    """All of them."""
    both = (True, False)
    for row in product(STAGES, Panel, both, both, Review, both, both, Origin):
        yield Situation(*row)


def panel_of(s: Situation) -> list[Verdict]:
    """The verdicts of the stage's gates, as they stand in this situation."""
    if s.panel is Panel.NO_DATA:
        return []
    names = gates_for(s.stage, has_champion=s.has_champion, policy=POLICY)
    odd, *others = [name for name in names if name != "dwell"]
    said = dict.fromkeys(others, UNDECIDED if s.panel is Panel.ALL_UNDECIDED else PASS)
    if "dwell" in names:
        said["dwell"] = PASS if s.dwelt else UNDECIDED
    if s.failed:
        said = (
            {odd: FAIL} if s.panel is Panel.ONE_FAILS_THE_REST_IS_MISSING else {**said, odd: FAIL}
        )
    elif s.panel is not Panel.ONE_MISSING:
        said[odd] = PASS if s.panel is Panel.ALL_PASS else UNDECIDED
    return [Verdict(name, conclusion, "because") for name, conclusion in said.items()]


@pytest.fixture
def outcome_of(candidate, now, public, review):
    """Put one situation before a machine; the reviews are signed, forged and verified for real."""
    waiting = replace(candidate, stage=Stage.APPROVAL, evidence_digest="d" * 64)
    word, stranger = review(waiting), Ed25519PrivateKey.generate()
    words = {
        Review.APPROVED: word,
        Review.REJECTED: review(waiting, decision="reject"),
        Review.FORGED: replace(word, signature_hex=stranger.sign(word.signed_bytes()).hex()),
        Review.STALE: review(waiting, evidence_digest="e" * 64),
        Review.BY_THE_AUTHOR: review(waiting, reviewer=candidate.author),
    }
    week = candidate.interval_end + timedelta(days=7)

    @cache
    def genuine(kind, stage):
        """As the release asks the registry: what is refused counts as nothing."""
        if kind is Review.NONE:
            return None
        digest = waiting.evidence_digest if stage is Stage.APPROVAL else None
        here = replace(waiting, stage=stage, evidence_digest=digest)
        try:
            return verify(words[kind], public, "feed", here, PEOPLE)
        except ApprovalRefused:
            return None

    def state_of(s):
        since = now - timedelta(days=POLICY.timeout_days if s.late else 2)
        moved = replace(
            candidate,
            stage=s.stage,
            stage_since=since,
            live_since=since if s.stage in LIVE_STAGES else None,
            evidence_digest="d" * 64 if s.stage is Stage.APPROVAL else None,
            origin=s.origin,
        )
        behind = replace(candidate, version="8", interval_end=week) if s.newer else None
        return LineState(
            "feed",
            epoch=9,
            champion="6" if s.has_champion else None,
            champion_since=since if s.has_champion else None,
            candidate=moved,
            waiting=behind,
            newest_interval_end=week if s.newer else moved.interval_end,
        )

    def outcome(s, machine=decide):
        state, verdicts = state_of(s), panel_of(s)
        people = {"people": PEOPLE} if machine is decide else {}
        approval = genuine(s.review, s.stage)
        decision = machine(state, verdicts, POLICY, now, approval, **people)
        line = transition(
            state, decision, policy=POLICY, now=now, actor="release_feed", verdicts=verdicts
        )
        alone = replace(state, waiting=None, newest_interval_end=candidate.interval_end)
        return Outcome(
            state, decision, line, machine(alone, verdicts, POLICY, now, approval, **people)
        )

    return outcome


def ends_unexposed(o: Outcome) -> bool:
    """Over, and no user meets the candidate any more."""
    return o.ended and o.share == 0 and not o.promoted


LAWS = {
    "no data never promotes, nor does anything less than a whole panel of passes":
        lambda s, o: s.passed or not o.advanced,
    "a failed gate always ends the release and takes its users away":
        lambda s, o: not s.failed or ends_unexposed(o),
    "a backfill never gets traffic, wherever it stands":
        lambda s, o: s.origin is not Origin.BACKFILL or ends_unexposed(o),
    "nobody becomes champion without a genuine approval of this very evidence":
        lambda s, o: not o.promoted or (s.stage, s.review) == (Stage.APPROVAL, Review.APPROVED),
    "a champion carries the evidence that was approved":
        lambda s, o: not o.promoted or o.line.evidence_digest == "d" * 64,
    "a reviewer's no ends the release":
        lambda s, o: (s.stage, s.review) != (Stage.APPROVAL, Review.REJECTED) or ends_unexposed(o),
    "nothing undecided is held for too long":
        lambda s, o: not s.late or not isinstance(o.decision, Hold),
    "undecided for too long is an outcome of its own, never of a failure or in time":
        lambda s, o: o.to_stage is not Stage.TIMED_OUT or (s.late and not s.failed),
    "undecided for too long is never a promotion":
        lambda s, o: o.to_stage is not Stage.TIMED_OUT or ends_unexposed(o),
    "a release moves by no more than one stage":
        lambda s, o: not o.advanced or o.to_stage is next_stage(s.stage),
    "the share grows by no more than one stage":
        lambda s, o: o.promoted or o.share <= max(
            POLICY.rule(at).share if at.is_live else 0.0 for at in (s.stage, next_stage(s.stage))
        ),
    "a canary stage is never left forward before its dwell":
        lambda s, o: s.stage not in CANARY_STAGES or s.dwelt or not o.advanced,
    "a newer candidate ends a queued one as superseded, whatever its gates say":
        lambda s, o: not s.newer or s.stage is not Stage.OFFERED or s.origin is Origin.BACKFILL
        or o.to_stage is Stage.SUPERSEDED,
    "superseded is an outcome of the dock alone, where there is a newer one":
        lambda s, o: o.to_stage is not Stage.SUPERSEDED or (s.newer and s.stage is Stage.OFFERED),
    "behind the dock, who waits changes nothing":
        lambda s, o: s.stage is Stage.OFFERED or o.decision == o.without_newer,
    "whoever waited is next when a release ends, and before that nobody":
        lambda s, o: (o.after.candidate == o.before.waiting) == (o.ended or o.promoted),
    "every decision says why":
        lambda s, o: bool(o.decision.reason.strip()),
}  # fmt: skip

KEPT_BY_THE_LEDGER = {
    "undecided for too long is never a promotion",
    "whoever waited is next when a release ends, and before that nobody",
}
"""No decision can break these: the line of the ledger that follows from it keeps them."""


def broken_by(machine, outcome_of, situations):
    """The laws that a machine breaks, each with the first situation in which it does."""
    found = {}
    for s in situations:
        o = outcome_of(s, machine)
        for law, holds in LAWS.items():
            if law not in found and not holds(s, o):
                found[law] = s, o.decision
    return found


def test_no_situation_breaks_a_law(outcome_of):
    """All of the 18 816 situations obey every law."""
    situations = list(every_situation())
    assert len(set(situations)) == 18_816
    assert broken_by(decide, outcome_of, situations) == {}


def careless(choose):
    """A machine that looks at nothing but the stage."""
    return lambda state, *_: choose(state.candidate.stage)


BAD = {
    "advances always": careless(lambda stage: Advance(next_stage(stage), " ")),
    "holds always": careless(lambda _: Hold("later")),
    "jumps to half of the users": careless(lambda _: Advance(Stage.CANARY_50, "why not")),
    "promotes at once": careless(lambda _: Advance(Stage.CHAMPION, "why not")),
    "times out at once": careless(lambda _: Return(Stage.TIMED_OUT, "why not")),
    "supersedes always": careless(lambda _: Return(Stage.SUPERSEDED, "why not")),
    "obeys who waits": lambda state, *_: (
        Return(Stage.RETURNED, "make room") if state.waiting else Hold("later")
    ),
}


def test_every_law_can_be_broken(outcome_of):
    """Machines that look away break all the laws between them: none of them holds by itself."""
    some = [s for s in every_situation() if s.origin is Origin.BACKFILL and s.has_champion]
    some += [replace(s, origin=Origin.MANUAL) for s in some if s.late]
    broken = {law for machine in BAD.values() for law in broken_by(machine, outcome_of, some)}
    assert set(LAWS) - broken == KEPT_BY_THE_LEDGER


def test_a_newer_one_ends_the_one_that_waits(candidate, now):
    """Behind every stage the newest alone waits; the one before it ends as superseded, unexposed."""
    week = timedelta(days=7)
    second = replace(candidate, version="8", interval_end=candidate.interval_end + week)
    third = replace(candidate, version="9", interval_end=second.interval_end + week)
    for stage in STAGES[1:]:
        state = LineState(
            "feed", 9, "6", now, (), replace(candidate, stage=stage), second, second.interval_end
        )
        lines = offer(state, third, now=now, actor="retrain_feed", verdicts=())
        assert [(t.candidate.version, t.to_stage, t.share) for t in lines] == [
            ("8", Stage.SUPERSEDED, 0.0),
            ("9", Stage.OFFERED, 0.0),
        ]
        for line in lines:
            state = _after(state, line)
        assert (state.candidate.stage, state.waiting.version) == (stage, "9")
