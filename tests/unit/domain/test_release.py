"""The fold keeps who still stands and what was decided, whatever order things came in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.domain.errors import NotEligible
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, Origin, Transition, fold
from slipway.domain.stage import BAD_ENDINGS, Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.registry.projection import project
from slipway.release.machine import Advance, Return, decide
from slipway.release.transitions import offer, reopen, return_champion, transition

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
HARM = Return(Stage.RETURNED, "harm")
VERDICTS = (Verdict("parity", Conclusion.PASS, "equal"),)


def model(version, learned=None, **words):
    """A registered version; two of the same ``learned`` are one model under two fingerprints."""
    fingerprint = f"fingerprint of {version}"
    return Candidate(
        version,
        fingerprint,
        "adam",
        Origin.MANUAL,
        NOW,
        Stage.OFFERED,
        NOW,
        learned=learned or f"learned by {version}",
        **words,
    )


class Line:
    """A ledger in memory, one step an hour."""

    def __init__(self):
        self.lines = []

    @property
    def state(self):
        """What the line serves now."""
        return fold("feed", self.lines)

    @property
    def now(self):
        """The time of the next step."""
        return NOW + timedelta(hours=len(self.lines))

    def offer(self, who):
        """Offer a version."""
        self.lines += offer(self.state, who, now=self.now, actor="t", verdicts=VERDICTS)

    def to(self, stage, decision=Advance):
        """Move the candidate to a stage."""
        step = transition(
            self.state, decision(stage, "so"), policy=Policy(), now=self.now, actor="t"
        )
        self.lines.append(step)
        return step.candidate

    def promote(self, version, **words):
        """Offer a version and make it champion."""
        self.offer(model(version, **words))
        return self.to(Stage.CHAMPION)

    def take_back(self, champion):
        """Return the champion."""
        self.lines.append(return_champion(self.state, champion, HARM, now=self.now, actor="rita"))

    def leaders(self):
        """The champion and who leads after it."""
        return self.state.champion, self.state.previous_champion


def test_who_was_returned_never_leads_again():
    """Taking champions back goes down the line of succession and ends with the rules."""
    line = Line()
    promoted = {version: line.promote(version) for version in ("1", "3", "5")}
    seen = []
    while line.state.champion:
        line.take_back(promoted[line.state.champion])
        seen.append(line.leaders())
    assert seen == [("3", "1"), ("1", None), (None, None)]


def test_a_successor_follows_who_stands_not_who_was_returned():
    """After a return the next champion has the one before the returned behind it."""
    line = Line()
    line.promote("1")
    line.take_back(line.promote("3"))
    line.promote("5")
    assert line.leaders() == ("5", "1")


def test_a_ledger_in_which_a_returned_champion_leads_again_comes_to_the_rules():
    """What an older Slipway brought back is led away from, not returned to."""
    line = Line()
    promoted = {version: line.promote(version) for version in ("3", "5")}
    line.take_back(promoted["5"])
    line.lines.append(
        replace(
            return_champion(line.state, promoted["3"], HARM, now=line.now, actor="t"), champion="5"
        )
    )
    assert line.leaders() == ("5", None)
    line.take_back(promoted["5"])
    assert line.leaders() == (None, None)


def test_a_copy_of_a_returned_model_does_not_lead_either():
    """Who stands under another number leaves with the same model that was returned."""
    line = Line()
    line.promote("1", learned="the same")
    line.promote("2")
    champion = line.promote("3")
    line.offer(model("4", learned="the same"))
    line.to(Stage.RETURNED, Return)
    line.take_back(champion)
    assert line.leaders() == ("2", None)


def renamed(who, how):
    """The same model as ``who``, registered again: another number and one thing kept."""
    fresh = model("9")
    kept = {"version": fresh.version} | {name: getattr(who, name) for name in how}
    return replace(fresh, **kept)


@pytest.mark.parametrize("how", [("fingerprint",), ("learned",), ("version",)])
@pytest.mark.parametrize("stage", sorted(BAD_ENDINGS))
def test_what_a_decision_went_against_is_not_offered_again(stage, how):
    """Neither the version nor its fingerprint nor what it learned, by whatever run."""
    line = Line()
    line.offer(model("7", run="first"))
    ended = line.to(stage, Return)
    with pytest.raises(NotEligible, match=r"version 7, which was .*reopen feed 7"):
        line.offer(replace(renamed(ended, how), run="another", author="rita"))
    assert line.state.candidate is None


def test_what_was_superseded_may_be_offered_again():
    """Nobody decided against it: it only came second."""
    line = Line()
    line.offer(model("7"))
    line.to(Stage.SUPERSEDED, Return)
    line.offer(model("8", learned="learned by 7"))
    assert line.state.candidate.version == "8"


def test_a_copy_that_was_offered_before_the_decision_ends_with_it():
    """It waited behind the one that was rejected; passing gates do not bring it further."""
    line = Line()
    line.offer(model("7", learned="the same"))
    line.offer(model("8", learned="the same"))
    line.to(Stage.REJECTED, Return)
    decision = decide(line.state, VERDICTS, Policy(), line.now)
    assert isinstance(decision, Return)
    assert decision.to_stage is Stage.REJECTED
    assert "same model as version 7" in decision.reason


def test_a_person_reopens_with_a_reason_that_stands():
    """The model goes the whole way again, its offline verdicts with it, and a copy may follow."""
    line = Line()
    line.offer(model("7"))
    line.to(Stage.CANARY_1)
    ended = line.to(Stage.RETURNED, Return)
    line.lines += reopen(
        line.state,
        ended,
        "the errors were the network's",
        now=line.now,
        actor="rita",
        verdicts=VERDICTS,
    )
    last = line.lines[-1]
    assert (last.actor, last.reason) == ("rita", "the errors were the network's")
    assert (last.from_stage, last.to_stage, last.verdicts) == (
        Stage.RETURNED,
        Stage.OFFERED,
        VERDICTS,
    )
    assert line.state.candidate.live_since is None
    assert line.state.ending_of(ended) is None
    line.to(Stage.REJECTED, Return)
    with pytest.raises(NotEligible):
        line.offer(model("8", learned="learned by 7"))


def test_only_what_ended_is_reopened():
    """A version on its way, a champion and one that is not known have no decision to reopen."""
    line = Line()
    champion = line.promote("1")
    line.offer(model("7"))
    for who in (champion, model("7"), model("8")):
        with pytest.raises(NotEligible, match="no decision"):
            reopen(line.state, who, "please", now=line.now, actor="rita", verdicts=VERDICTS)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["offer", "promote", "end", "take back", "reopen"]),
        st.integers(0, 4),
        st.sampled_from(sorted(BAD_ENDINGS)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(ACTS)
def test_nothing_that_ended_badly_is_offered_leads_or_stands_in(acts):
    """Over any life of a line: against a naive memory of every decision by what was learned."""
    line, against, last = Line(), set(), {}
    for number, (act, which, stage) in enumerate(acts):
        learned, state = f"model {which}", line.state
        if act == "offer" and not (state.candidate and state.waiting):
            refused = False
            try:
                line.offer(model(str(number), learned=learned))
            except NotEligible:
                refused = True
            assert refused == (learned in against)
        elif act in {"promote", "end"} and state.candidate:
            good = act == "promote" and state.candidate.learned not in against
            who = line.to(*((Stage.CHAMPION,) if good else (stage, Return)))
            last[who.version] = who
            against |= set() if good else {who.learned}
        elif act == "take back" and state.champion in last:
            line.take_back(last[state.champion])
            against.add(last[state.champion].learned)
        elif act == "reopen":
            ended = [w for w in last.values() if w.learned == learned and w.learned in against]
            if ended and ended[-1].version != state.champion and not state.waiting:
                line.lines += reopen(
                    state, ended[-1], "again", now=line.now, actor="rita", verdicts=VERDICTS
                )
                against.discard(learned)
        standing = {who.learned for who in line.state.champions}
        shown = project(line.state, line.lines, None).release  # what the router obeys
        before = last.get(shown.previous_champion)
        assert not standing & against
        assert before is None or before.learned not in against


def test_candidates_of_an_older_ledger_are_read():
    """They say neither what was learned nor in which run."""
    line = Line()
    line.offer(model("7", run="r"))
    raw = line.lines[0].to_dict()
    assert Transition.from_dict(raw) == line.lines[0]
    older = {k: v for k, v in raw["candidate"].items() if k not in {"learned", "run"}}
    found = Transition.from_dict(raw | {"candidate": older}).candidate
    assert found.identities == ("version 7", "model fingerprint of 7")
