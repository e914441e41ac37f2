"""A candidate, its states, and reviews signed with a throw-away key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from slipway.domain.approval import Approval
from slipway.domain.release import Candidate, Origin
from slipway.domain.stage import Stage
from slipway.release.ledger import Ledger

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def now():
    """The time of the look."""
    return NOW


@pytest.fixture
def candidate():
    """A freshly offered version 7."""
    return Candidate(
        version="7",
        fingerprint="f" * 64,
        author="adam",
        origin=Origin.SCHEDULED,
        interval_end=NOW - timedelta(hours=6),
        stage=Stage.OFFERED,
        stage_since=NOW - timedelta(hours=1),
    )


@pytest.fixture(scope="session")
def key():
    """The registry server's signing key."""
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def public(key):
    """Its public half, raw."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@pytest.fixture
def review(key):
    """Sign a review of a candidate, with parts of it changed before signing."""

    def sign(candidate, **changed):
        word = Approval(
            line="feed",
            version=candidate.version,
            reviewer="rita",
            decision="approve",
            reason="better in every genre",
            evidence_digest=candidate.evidence_digest or "",
            model_fingerprint=candidate.fingerprint,
            at=NOW,
        )
        word = replace(word, **changed)
        return replace(word, signature_hex=key.sign(word.signed_bytes()).hex())

    return sign


@pytest.fixture
def ledger(tmp_path):
    """An empty ledger on SQLite."""
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
