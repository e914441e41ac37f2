"""Whole releases, stage by stage: measurements, gates, machine, ledger, review; no server needed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from people_kit import PEOPLE
from slipway.domain.approval import Approval
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, LineState, Origin, fold
from slipway.domain.stage import Stage
from slipway.gates import gates_for, judge
from slipway.registry.projection import project
from slipway.release.approval import verify
from slipway.release.ledger import Ledger
from slipway.release.machine import decide
from slipway.release.transitions import offer, return_champion, transition
from slipway.release.watch import decide_watch
from support.sample_measurements import MONDAY, SampleRelease, held_out, measure

POLICY = Policy()
KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
DAY = timedelta(days=1)


class Slipway:
    """One line, its ledger and the days that pass; what the reconciler does, without Airflow."""

    def __init__(self, folder):
        self.ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}")
        self.now = MONDAY
        self.seen = None

    @property
    def state(self):
        """What the line serves now."""
        return self.ledger.state("feed")

    @property
    def served_share(self):
        """The candidate's fraction of users, as the router reads it in the registry."""
        shown = project(self.state, self.ledger.transitions("feed"), None)
        return shown.release.share

    def offer(self, version, **offline):
        """Register a candidate with its offline verdicts."""
        candidate = Candidate(
            version, f"print-{version}", "adam", Origin.SCHEDULED, self.now, Stage.OFFERED, self.now
        )
        panel = gates_for(Stage.OFFERED, has_champion=self.state.champion is not None)
        verdicts = [judge(gate, held_out(**offline), POLICY) for gate in panel]
        for line in offer(self.state, candidate, now=self.now, actor="test", verdicts=verdicts):
            self.ledger.append(line)
        self.seen = None
        self.look(verdicts=verdicts)

    def look(self, *, verdicts=None, approval=None):
        """One run of the reconciler; the reason of its step, or None."""
        state = self.state
        if verdicts is None:
            panel = gates_for(state.candidate.stage, has_champion=state.champion is not None)
            verdicts = [judge(gate, self.seen, POLICY) for gate in panel]
        decision = decide(state, verdicts, POLICY, self.now, approval, people=PEOPLE)
        step = transition(
            state, decision, policy=POLICY, now=self.now, actor="test", verdicts=verdicts
        )
        if step:
            self.ledger.append(step)
        return step and step.reason

    def pass_time(self, days=1, **truth):
        """Traffic of some days in the present stage, in blocks as large as a busy hour's."""
        stage = self.state.candidate.stage
        has_champion = self.state.champion is not None
        scene = SampleRelease(
            stage=stage,
            since=self.now,
            blocks=288 * days,
            has_champion=has_champion,
            **{"seed": self.now.toordinal(), "trials": 8_000, "rate": 0.2, "requests": 40} | truth,
        )
        found = measure(scene, POLICY, before=self.seen if stage.is_live else None)
        self.now += days * DAY
        self.seen = replace(found, stage_since=self.state.candidate.stage_since)

    def review(self, **changed):
        """A signed and verified review of the waiting candidate."""
        candidate = self.state.candidate
        word = Approval(
            "feed",
            candidate.version,
            "rita",
            "approve",
            "better",
            candidate.evidence_digest,
            candidate.fingerprint,
            self.now,
        )
        word = replace(word, **changed)
        signed = replace(word, signature_hex=KEY.sign(word.signed_bytes()).hex())
        return verify(signed, PUBLIC, "feed", candidate, PEOPLE)


def stages(slipway, version):
    """The stages of one version, in the ledger's order."""
    return [
        t.to_stage for t in slipway.ledger.transitions("feed") if t.candidate.version == version
    ]


GOOD_ROAD = [
    Stage.OFFERED,
    Stage.SHADOW,
    Stage.CANARY_1,
    Stage.CANARY_5,
    Stage.CANARY_25,
    Stage.CANARY_50,
    Stage.APPROVAL,
    Stage.CHAMPION,
]


@pytest.fixture
def slipway(tmp_path):
    """A line that has never released anything: the rules serve."""
    return Slipway(tmp_path)


def launch(slipway, version, **truth):
    """Take a good candidate down the whole slipway."""
    slipway.offer(version)
    for _ in range(30):
        if slipway.state.candidate.stage is Stage.APPROVAL:
            break
        slipway.pass_time(**{"effect": 0.08} | truth)
        slipway.look()
    slipway.pass_time(**{"effect": 0.08} | truth)
    slipway.look(approval=slipway.review())


def test_a_good_candidate_becomes_champion(slipway):
    """It takes every stage in order, waits for the reviewer, and is then the champion."""
    slipway.offer("1")
    walked, shares = [slipway.state.candidate.stage], []
    for _ in range(30):
        slipway.pass_time(effect=0.08)
        slipway.look()
        shares.append(slipway.served_share)
        if walked[-1] is not slipway.state.candidate.stage:
            walked.append(slipway.state.candidate.stage)
        if walked[-1] is Stage.APPROVAL:
            break
    assert walked == GOOD_ROAD[1:-1]
    assert shares == sorted(shares)
    assert slipway.now - MONDAY >= 5 * DAY  # a weekend was seen
    slipway.pass_time(effect=0.08)
    assert slipway.look() is None  # nobody has looked at it yet
    said = slipway.look(approval=slipway.review())
    assert said.startswith("approved by rita: better; no hold-back: the rules were champion")
    assert stages(slipway, "1") == GOOD_ROAD
    assert slipway.state.champion == "1"
    assert slipway.state.candidate is None


def test_a_harmful_candidate_is_returned(slipway):
    """Better offline and 10 % worse live: it is returned from a canary, with the reason."""
    launch(slipway, "1")
    slipway.offer("2")
    for _ in range(30):
        slipway.pass_time(effect=-0.1)
        slipway.look()
        if slipway.state.candidate is None:
            break
    assert stages(slipway, "2")[-1] is Stage.RETURNED
    assert Stage.APPROVAL not in stages(slipway, "2")
    last = slipway.ledger.transitions("feed")[-1]
    assert last.reason.startswith("harm: worse than the control in clicks")
    assert (last.share, slipway.state.champion) == (0, "1")


def test_an_undecided_candidate_times_out(slipway):
    """With traffic too thin to prove anything it is never promoted, and ends after 21 days."""
    launch(slipway, "1")
    slipway.offer("2")
    slipway.pass_time()
    slipway.look()
    for _ in range(30):
        slipway.pass_time(trials=20, requests=2)
        slipway.look()
        if slipway.state.candidate is None:
            break
    assert stages(slipway, "2") == [Stage.OFFERED, Stage.SHADOW, Stage.CANARY_1, Stage.TIMED_OUT]
    last = slipway.ledger.transitions("feed")[-1]
    assert "still undecided after 21 days" in last.reason
    assert last.at - last.candidate.live_since >= timedelta(days=POLICY.timeout_days)
    assert slipway.state.champion == "1"


@pytest.mark.parametrize(
    ("offline", "gate"),
    [
        ({"latency_ratio": (5.0, 4.8, 5.2)}, "latency_offline"),
        ({"category_mix_distance": 0.6, "top_k_overlap": 0.1}, "stability"),
        ({"log_loss_diff_champion": (-0.6, 0.01)}, "log_loss"),
        ({"ndcg_diff_champion": (-0.012, 0.01)}, "undecided: ndcg"),
    ],
)
def test_a_candidate_that_fails_offline_is_never_exposed(slipway, offline, gate):
    """Too slow, swung to one genre, too good, or undecided: rejected while queued, by name."""
    launch(slipway, "1")
    slipway.offer("2", **offline)
    assert stages(slipway, "2") == [Stage.OFFERED, Stage.REJECTED]
    assert slipway.ledger.transitions("feed")[-1].reason.startswith(gate)


def test_a_rejected_review_returns(slipway):
    """The reviewer's no takes the candidate off live traffic with the reason."""
    launch(slipway, "1")
    slipway.offer("2")
    for _ in range(30):
        slipway.pass_time(effect=0.08)
        slipway.look()
        if slipway.state.candidate.stage is Stage.APPROVAL:
            break
    slipway.look(approval=slipway.review(decision="reject", reason="too many comedies"))
    assert stages(slipway, "2")[-1] is Stage.RETURNED
    assert slipway.ledger.transitions("feed")[-1].reason == "rejected by rita: too many comedies"


def test_a_champion_harmed_in_the_watch_gives_way(slipway):
    """Harm after full release restores the previous champion, once."""
    launch(slipway, "1")
    launch(slipway, "2")
    champion = slipway.ledger.transitions("feed")[-1].candidate
    watched = measure(SampleRelease(effect=-0.1, since=slipway.now), POLICY)
    verdicts = [judge(g, watched, POLICY) for g in gates_for(Stage.CHAMPION, has_champion=True)]
    decision = decide_watch(slipway.state, champion, verdicts, POLICY, slipway.now + DAY)
    slipway.ledger.append(
        return_champion(slipway.state, champion, decision, now=slipway.now + DAY, actor="watch")
    )
    assert slipway.state.champion == "1"
    first = next(t for t in slipway.ledger.transitions("feed") if t.to_stage is Stage.CHAMPION)
    again = decide_watch(slipway.state, first.candidate, verdicts, POLICY, slipway.now + DAY)
    assert "restored" in again.reason


def test_feeding_the_ledger_again_gives_the_same_decisions(slipway):
    """Every line is decided again from what stands in the ledger: same stage, share and reason."""
    launch(slipway, "1")
    slipway.offer("2")
    for _ in range(4):
        slipway.pass_time(effect=-0.1)
        slipway.look()
        if slipway.state.candidate is None:
            break
    lines = slipway.ledger.transitions("feed")
    assert len(lines) > 10
    for place, line in enumerate(lines):
        if line.to_stage is Stage.OFFERED:
            continue
        state = fold("feed", lines[:place])
        approval = None
        if line.to_stage is Stage.CHAMPION:
            waiting = state.candidate
            approval = Approval(
                "feed",
                waiting.version,
                "rita",
                "approve",
                "better",
                waiting.evidence_digest,
                waiting.fingerprint,
                line.at,
            )
        decision = decide(state, line.verdicts, POLICY, line.at, approval, people=PEOPLE)
        again = transition(
            state, decision, policy=POLICY, now=line.at, actor=line.actor, verdicts=line.verdicts
        )
        assert again == line
    assert slipway.state == fold("feed", lines) != LineState("feed")
