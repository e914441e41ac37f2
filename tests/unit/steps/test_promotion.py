"""A promotion uses its approval before it is written down; one that was taken back promotes nobody."""

import json
from dataclasses import replace

import pytest
from slipway.domain.errors import ApprovalRefused, NotEligible, UnknownReference
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.registry.rest import RegistryRefused
from slipway.registry.state import ReleaseState
from slipway.steps import context, publish, release
from slipway.steps.reopen import reopen

VERDICTS = (Verdict("parity", Conclusion.PASS, "equal"),)
STEPS = (Stage.OFFERED, Stage.SHADOW, Stage.CANARY_50, Stage.APPROVAL)


class Office:
    """The registry as the pipeline and a reviewer see it; says in which order it was asked."""

    def __init__(self):
        self.asked, self.refusal = [], None

    def use_approval(self, line, version):
        """The guard's answer to a promotion."""
        self.asked.append(("use", version, context.ledger().state(line).champion))
        if self.refusal:
            raise self.refusal

    def review(self, _line, version, word, reason):
        """The guard's answer to a reviewer."""
        self.asked.append((word, version, reason))
        if self.refusal:
            raise self.refusal

    def release_state(self, line):
        """What the registry shows: nothing yet."""
        return ReleaseState(line)

    def project(self, state, _past, *, at_most=False):
        """Show the ledger."""
        assert not at_most
        self.asked.append(("project", state.epoch))

    def show_look(self, *_of):
        """Say that somebody looked."""

    def attached(self, *_of):
        """What an older Slipway attached."""
        self.asked.append(("attached",))
        return {"00009-approval/page.html": "a" * 64}


@pytest.fixture
def office(home, monkeypatch):
    """A registry without a server, and a candidate that waits for its reviewer."""
    office = Office()
    monkeypatch.setattr(context, "registry", lambda: office)
    before = None
    for epoch, stage in enumerate(STEPS, 1):
        context.ledger().append(line(epoch, before, stage))
        before = stage
    return office


def line(epoch, before, stage, champion=None):
    """One line of the ledger of version 7."""
    now = context.now()
    who = Candidate("7", "f" * 64, "adam", Origin.MANUAL, now, stage, now, evidence_digest="d" * 64)
    said = VERDICTS if stage is Stage.OFFERED else ()
    return Transition("feed", epoch, now, "t", before, stage, 0.0, "so", who, champion, said)


def promotion():
    """The step that a look in approval decided on."""
    return line(5, Stage.APPROVAL, Stage.CHAMPION, "7").to_dict()


def test_a_promotion_uses_its_approval_first(office):
    """When the registry is asked the ledger has no champion yet; then it has one."""
    assert release.apply("feed", promotion())["moved"]
    assert office.asked[0] == ("use", "7", None)
    assert context.ledger().state("feed").champion == "7"
    assert release.apply("feed", promotion())["moved"]  # a task that is repeated
    assert context.ledger().state("feed").epoch == 5


def test_a_promotion_leaves_what_was_reviewed_as_it_was(office, monkeypatch):
    """No page is attached beside those that the approval names: it would void the approval."""
    attached = []
    monkeypatch.setattr(
        publish, "attach_page", lambda _line, step, *_: attached.append(step.to_stage)
    )
    monkeypatch.setattr(publish.look, "load", lambda _path: None)
    for step in (line(4, None, Stage.CANARY_50), line(5, Stage.APPROVAL, Stage.CHAMPION, "7")):
        path = publish.look.path_of("feed", step.epoch - 1, "d" * 64)
        path.parent.mkdir(parents=True, exist_ok=True)
        publish.attach_once("feed", [replace(step, look="d" * 64)])
    assert attached == [Stage.CANARY_50]


def test_an_approval_that_was_withdrawn_promotes_nobody(office):
    """The look holds, and the registry is brought in step all the same."""
    office.refusal = ApprovalRefused("approval", found="none", expected="one", next_step="review")
    assert not release.apply("feed", promotion())["moved"]
    assert context.ledger().state("feed").champion is None
    assert office.asked[-1] == ("project", 4)


def test_other_steps_use_no_approval(office):
    """A return asks for nothing."""
    office.refusal = ApprovalRefused("approval", found="none", expected="one", next_step="review")
    assert release.apply("feed", line(5, Stage.APPROVAL, Stage.RETURNED).to_dict())["moved"]
    assert {word for word, *_ in office.asked} == {"project"}


def test_what_was_attached_is_remembered_here(office, home):
    """What an older Slipway attached is taken from the registry once; then nobody is asked."""
    assert publish.remembered("feed", "7") is None
    found = publish.attached("feed", "7")
    assert publish.attached("feed", "7") == publish.remembered("feed", "7") == found
    assert office.asked == [("attached",)]
    assert json.loads((home / "work/feed/attached/7.json").read_text()) == found


def ended(office):
    """Reject version 7."""
    release.apply("feed", line(5, Stage.APPROVAL, Stage.RETURNED).to_dict())
    office.asked.clear()


def test_a_reviewer_reopens_with_a_reason_that_stands(office):
    """The server is asked before anything is written; person and reason are in the ledger."""
    ended(office)
    step = reopen("feed", "7", "the errors were the network's", reviewer=office, actor="ruth")
    assert office.asked == [
        ("project", 5),
        ("reopen", "7", "the errors were the network's"),
        ("project", 6),
    ]
    assert (step.actor, step.reason, step.verdicts) == (
        "ruth",
        "the errors were the network's",
        VERDICTS,
    )
    assert context.ledger().state("feed").candidate.stage is Stage.OFFERED


def test_whom_the_server_refuses_reopens_nothing(office):
    """No reviewer, or the author: nothing is written down."""
    ended(office)
    office.refusal = RegistryRefused(403, "", "ask one of the reviewers")
    with pytest.raises(RegistryRefused):
        reopen("feed", "7", "please", reviewer=office, actor="adam")
    assert context.ledger().state("feed").epoch == 5


def test_nothing_is_asked_for_what_is_not_ended_or_not_known(office):
    """A version on its way and one that was never offered: refused before the server is asked."""
    with pytest.raises(NotEligible, match="no decision"):
        reopen("feed", "7", "please", reviewer=office, actor="ruth")
    with pytest.raises(UnknownReference):
        reopen("feed", "8", "please", reviewer=office, actor="ruth")
    assert office.asked == []


def test_a_copy_is_not_reopened_in_its_models_place(office):
    """A version that was never offered has no release to go on with."""
    ended(office)
    copy = replace(line(6, None, Stage.OFFERED).candidate, version="8")
    with pytest.raises(UnknownReference):
        reopen("feed", copy.version, "please", reviewer=office, actor="ruth")


def test_a_look_at_a_line_that_was_never_offered_changes_nothing_in_the_registry(home, monkeypatch):
    """Its model is not there yet, and who writes to one that is not there is refused."""

    class Empty(Office):
        def orders(self, _line):
            """No returns wait there."""
            return []

        def show_look(self, *_of):
            """There is no model to write it to."""
            raise RegistryRefused(403, "PERMISSION_DENIED", "Permission denied")

    monkeypatch.setattr(context, "registry", Empty)
    assert release.apply("feed", None)["reason"] == "nothing was offered yet"
