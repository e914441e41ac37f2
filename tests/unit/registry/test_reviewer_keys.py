"""Reviewers sign with keys of their own on a plain MLflow server, in which nothing of Slipway's runs."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import people_kit
import pytest
import registry_kit
import waits
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from registry_kit import DIGEST, NOW, Desk
from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused, BadConfig
from slipway.domain.stage import Stage
from slipway.registry import reviewer_keys
from slipway.registry.attestation import sign
from slipway.registry.client import Registry
from slipway.registry.names import ATTESTATION, RELEASE
from slipway.registry.server.keys import load_private
from slipway.registry.server.refusals import Refused
from slipway.release.approval import verify
from slipway.settings import settings
from slipway.steps.own_review import sign_review

WORD = f"approve {DIGEST[:12]} reads well in every segment"


class PlainDesk(Desk):
    """A server as MLflow ships it, and a folder of reviewers' keys that an administrator filled."""

    def start(self):
        """Start MLflow alone: no guard, no accounts."""
        self.keys, self.own = self.home / "reviewers", self.home / "own"
        self.keys.mkdir()
        for who in ("rita", "ruth", "adam"):
            (self.keys / f"{who}.pub").write_bytes(reviewer_keys.make(self.own / who))
        backend = f"sqlite:///{self.home / 'plain.db'}"
        argv = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        argv += ["--host", "127.0.0.1", "--port", str(self.server.port), "--serve-artifacts"]
        argv += ["--artifacts-destination", str(self.home / "artifacts")]
        ours = ("SLIPWAY_", "MLFLOW_AUTH", "MLFLOW_REGISTRY")
        plain = {k: v for k, v in self.environment.items() if not k.startswith(ours)}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*argv, "--backend-store-uri", backend],
                env=plain | {"MLFLOW_BACKEND_STORE_URI": backend},
                stdout=log,
                stderr=log,
            )
        waits.answer_of(self._process, self.log, "MLflow's answer", self._answers)

    def as_user(self, user="slipway"):
        """The registry as that account sees it: reviews bear the reviewers' own signatures."""
        if user not in self._people:
            people = people_kit.PEOPLE
            self._people[user] = Registry(
                self.url,
                user,
                self.words.get(user, "word"),
                self.server.signing.public,
                people=lambda: people,
                reviewer_keys=self.keys,
            )
        return self._people[user]

    def signed(self, version, word=WORD, who="rita", key=None, at=NOW):
        """What ``slipway approve`` does."""
        return sign_review(
            self.as_user(who),
            "feed",
            version,
            word,
            account=who,
            key=self.own / (key or who),
            now=at,
        )

    def unsigned(self, version, who="rita"):
        """The approval that somebody would like to have signed."""
        facts = self.as_user().facts("feed", version)
        given = facts.tags["fingerprint"]
        return Approval("feed", version, who, "approve", "fine by me", DIGEST, given, NOW), facts


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """One plain server for all."""
    with registry_kit.running(tmp_path_factory.mktemp("plain"), made_by=PlainDesk) as found:
        yield found


@pytest.fixture(autouse=True)
def _another_account(request, monkeypatch):
    """The administrator who owns the keys is not who runs this."""
    if "desk" not in request.fixturenames:
        yield
        return
    desk, owner = request.getfixturevalue("desk"), os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    monkeypatch.setenv("SLIPWAY_REVIEWER_KEYS", str(desk.keys))
    monkeypatch.setenv("SLIPWAY_PEOPLE", str(people_kit.write(desk.home)))
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_a_version_is_promoted_by_a_reviewer_s_own_signature_and_not_without(desk):
    """Without a signature nothing is shown to the router; with it the champion is, and its word is verified."""
    version = desk.waiting()
    page = desk.as_user().facts("feed", version).description
    assert f"slipway approve feed {version} {DIGEST[:12]}" in page
    desk.line(version, Stage.CHAMPION, champion=version)
    with pytest.raises(ApprovalRefused, match="no reviewer's signed approval"):
        desk.as_user().project(desk.state, desk.past)
    assert desk.as_user().release_state("feed").champion is None
    assert desk.as_user().reviews("feed", version) is None
    desk.signed(version)
    found = desk.as_user().reviews("feed", version)
    keys = reviewer_keys.may_sign(desk.server.signing.public, desk.keys, found)
    waits_for_it = desk.candidate(version, Stage.APPROVAL)
    assert verify(found, keys.values(), "feed", waits_for_it, people_kit.PEOPLE) == found
    desk.as_user().use_approval("feed", version)
    assert RELEASE in desk.as_user().project(desk.state, desk.past)


def test_who_led_before_comes_back_whatever_became_of_the_keys(desk):
    """Two returns that the registry hears of at once ask for no signature and no key."""
    led = [desk.waiting() for _ in range(3)]
    for version in led:
        desk.signed(version)
        desk.step(version, Stage.CHAMPION, champion=version)
    key = desk.keys / "rita.pub"
    kept = key.rename(desk.home / "rita.pub")
    try:
        desk.line(led[2], Stage.RETURNED, champion=led[1])
        desk.step(led[1], Stage.RETURNED, champion=led[0])
    finally:
        kept.rename(key)
    assert desk.as_user().release_state("feed").champion == led[0]


def test_the_pipeline_cannot_sign(desk):
    """Neither with a key that it made, nor with one that a server of Slipway's would hold."""
    for key in (Ed25519PrivateKey.generate(), load_private(desk.server.signing.private)):
        version = desk.waiting()
        approval, facts = desk.unsigned(version)
        desk.as_user().attest("feed", version, sign(approval, facts, key))
        with pytest.raises(ApprovalRefused, match="signed by"):
            desk.as_user().reviews("feed", version)


def test_a_reviewer_speaks_for_nobody_else(desk):
    """Ruth's key signs no word of Rita's, and one key signs for no two persons."""
    version = desk.waiting()
    with pytest.raises(BadConfig, match=r"must be the key of rita"):
        desk.signed(version, key="ruth")
    approval, facts = desk.unsigned(version)
    ruth = reviewer_keys.signing_key(desk.own / "ruth")
    for claimed in (approval, replace(approval, second_reviewer="ruth", second_reason="me too")):
        desk.as_user().attest("feed", version, sign(claimed, facts, ruth))
        with pytest.raises(ApprovalRefused, match="signed by"):
            desk.as_user().reviews("feed", version)


def test_what_a_guard_refuses_is_refused_before_it_is_signed(desk):
    """The author's own word, other evidence, and a version that does not wait."""
    version = desk.waiting(author="adam")
    with pytest.raises(Refused, match="somebody else than its author"):
        desk.signed(version, who="adam")
    with pytest.raises(Refused, match="the beginning of"):
        desk.signed(version, word="approve deadbeef00 reads well")
    with pytest.raises(Refused, match="can be reviewed"):
        desk.signed(desk.register())
    assert ATTESTATION not in desk.as_user().facts("feed", version).tags


def test_a_copied_or_outdated_signature_counts_for_nothing(desk):
    """A signature is for one version as it was read: copied, or with its page changed, it is refused."""
    first, second = desk.waiting(), desk.waiting()
    desk.signed(first)
    text = desk.as_user().facts("feed", first).tags[ATTESTATION]
    assert desk.tag("slipway", second, ATTESTATION, text).is_success
    with pytest.raises(ApprovalRefused, match="signed by"):
        desk.as_user().reviews("feed", second)
    desk.call(
        "slipway", "PATCH", "/api/2.0/mlflow/model-versions/update",
        name="feed", version=first, description="even better",
    )  # fmt: skip
    with pytest.raises(ApprovalRefused, match="description"):
        desk.as_user().reviews("feed", first)


def test_a_reject_ends_it_and_is_final(desk):
    """A signed reject is the reviewer's word, and no later approval takes its place."""
    version = desk.waiting()
    desk.signed(version, word=WORD.replace("approve", "reject"))
    assert desk.as_user().reviews("feed", version).decision == "reject"
    with pytest.raises(Refused, match="a decision is final"):
        desk.signed(version, at=NOW + timedelta(hours=1))


def test_keys_that_this_account_may_write_are_none(desk, monkeypatch):
    """Who may write the folder of keys could sign as anybody: nothing counts then."""
    version = desk.waiting()
    desk.signed(version)
    owner = desk.keys.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner)
    with pytest.raises(BadConfig, match="which this account may write"):
        desk.as_user().reviews("feed", version)
    with pytest.raises(BadConfig, match=r"no nobody\.pub"):
        reviewer_keys.of_account(desk.keys, "nobody")
    with pytest.raises(BadConfig, match="no"):
        reviewer_keys.of_account(desk.keys, "../own/rita")


def test_a_private_key_is_its_owner_s_alone(tmp_path):
    """It is made once, for one account, and refused where others may read it or it is no key."""
    path = tmp_path / "key"
    public = reviewer_keys.make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert reviewer_keys.public_half(reviewer_keys.signing_key(path)) == public
    with pytest.raises(BadConfig, match="a new file"):
        reviewer_keys.make(path)
    path.chmod(0o640)
    with pytest.raises(BadConfig, match="mode 640"):
        reviewer_keys.signing_key(path)
    path.write_text("no key")
    with pytest.raises(BadConfig, match="Ed25519 key in PEM"):
        reviewer_keys.signing_key(path)
