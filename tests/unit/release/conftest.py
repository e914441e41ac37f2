"""A candidate, its states, reviews signed with a throw-away key, and databases for a ledger."""

import itertools
import secrets
from dataclasses import replace

import postgres_kit
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ledger_kit import CANDIDATE, NOW
from slipway.domain.approval import Approval
from slipway.release.ledger import Ledger


@pytest.fixture
def now():
    """The time of the look."""
    return NOW


@pytest.fixture
def candidate():
    """A freshly offered version 7."""
    return CANDIDATE


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


@pytest.fixture(scope="session")
def postgres():
    """Make empty databases on one PostgreSQL: driver → URL; skipped where no server can start."""
    if why_not := postgres_kit.why_not():
        pytest.skip(why_not)
    word, names = secrets.token_hex(16), itertools.count(1)
    with postgres_kit.empty_server(word) as port:
        server = sa.create_engine(
            f"postgresql+psycopg://postgres:{word}@127.0.0.1:{port}/postgres",
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )

        def make(driver):
            name = f"ledger_{next(names)}"
            with server.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            return f"postgresql+{driver}://postgres:{word}@127.0.0.1:{port}/{name}"

        yield make


@pytest.fixture(params=["sqlite", "psycopg", "psycopg2"])
def url(request, tmp_path):
    """The URL of an empty database of each kind that a ledger can stand in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return request.getfixturevalue("postgres")(request.param)


@pytest.fixture
def ledger(tmp_path):
    """An empty ledger on SQLite."""
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
