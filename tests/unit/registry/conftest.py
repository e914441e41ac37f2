"""A registry desk without a server: keys, versions as facts, and the guarded store on SQLite."""

import itertools
from contextlib import contextmanager
from datetime import UTC, datetime

import people_kit
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from slipway.artifact.digest import digest
from slipway.artifact.manifest import Manifest
from slipway.domain.approval import Approval
from slipway.domain.release import Candidate, Origin, Transition
from slipway.registry.facts import VersionFacts
from slipway.registry.server.keys import create_key_pair
from slipway.registry.shown import ShownRun
from slipway.settings import settings

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
DIGEST = "0123456789abcdef" * 4
NOTHING = ShownRun({}, "")


@pytest.fixture(scope="session")
def key():
    """The server's signing key."""
    return Ed25519PrivateKey.generate()


@pytest.fixture
def waiting():
    """Makes the facts of a version that waits for its reviewer; words replace tags."""

    def make(model="feed", version="3", **tags):
        usual = {
            "author": "adam",
            "origin": "manual",
            "fingerprint": "f" * 64,
            "ranker_digest": "a" * 64,
            "evidence_files": "b" * 64,
            "stage": "approval",
            "evidence_digest": DIGEST,
        }
        kept = {k: v for k, v in (usual | tags).items() if v is not None}
        return VersionFacts(model, version, kept, "mlflow-artifacts:/1/r/ranker", "r", "page")

    return make


@pytest.fixture
def approval():
    """Makes an unsigned approval of version 3; words replace fields."""

    def make(**words):
        usual = {
            "line": "feed",
            "version": "3",
            "reviewer": "rita",
            "decision": "approve",
            "reason": "reads well",
            "evidence_digest": DIGEST,
            "model_fingerprint": "f" * 64,
            "at": NOW,
        }
        return Approval(**(usual | words))

    return make


@pytest.fixture
def transition():
    """Makes a ledger line of a version at a stage."""

    def make(epoch, stage, version="1", *, share=0.0, champion=None, digest=None):
        candidate = Candidate(
            version, "f" * 64, "adam", Origin.MANUAL, NOW, stage, NOW, None, digest
        )
        return Transition(
            "feed",
            epoch,
            NOW,
            "release_feed",
            None,
            stage,
            share,
            f"to {stage}",
            candidate,
            champion,
        )

    return make


class Desk:
    """The guarded store as the users of one MLflow server see it."""

    def __init__(self, store, shown, ranker):
        self.store, self.shown, self.ranker = store, shown, ranker
        self._numbers = itertools.count(1)

    @contextmanager
    def as_user(self, user):
        """A request of that user."""
        from flask import Flask, g

        with Flask("desk").test_request_context():
            g.mlflow_authenticated_user = user
            yield self.store

    def tag(self, user, version, key, value, model="feed"):
        """Set a version's tag."""
        from mlflow.entities.model_registry import ModelVersionTag

        with self.as_user(user) as store:
            store.set_model_version_tag(model, version, ModelVersionTag(key, value))

    def model_tag(self, user, key, value, model="feed"):
        """Set a model's tag."""
        from mlflow.entities.model_registry import RegisteredModelTag

        with self.as_user(user) as store:
            store.set_registered_model_tag(model, RegisteredModelTag(key, value))

    def register(self, user="slipway", model="feed", **tags):
        """Register a version; returns its number."""
        from mlflow.entities.model_registry import ModelVersionTag

        number = next(self._numbers)
        usual = {
            "author": "adam",
            "origin": "manual",
            "fingerprint": f"{number:064x}",
            "ranker_digest": digest(self.ranker),
        }
        made = [ModelVersionTag(k, v) for k, v in (usual | tags).items() if v is not None]
        with self.as_user(user) as store:
            version = store.create_model_version(model, "mlflow-artifacts:/1/r/ranker", "r", made)
        return str(version.version)

    def waiting(self, **tags):
        """Register a version that waits for its reviewer with evidence DIGEST."""
        version = self.register(**tags)
        self.tag("slipway", version, "evidence_digest", DIGEST)
        self.tag("slipway", version, "stage", "approval")
        return version

    def tags(self, version, model="feed"):
        """The tags of a version."""
        return self.store.get_model_version(model, version).tags

    def aliases(self, model="feed"):
        """Alias → version."""
        found = self.store.get_registered_model(model).aliases
        return {alias: str(version) for alias, version in found.items()}


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A SQLite file with MLflow's tables: the migrations run once."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    path = tmp_path_factory.mktemp("registry") / "empty.db"
    SqlAlchemyStore(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def new_desk(tmp_path, monkeypatch, empty_database):
    """Opens guarded stores: the line's two models, reviewers rita and ruth, service slipway."""
    from mlflow.server import ARTIFACTS_DESTINATION_ENV_VAR
    from slipway.registry.server import stored
    from slipway.registry.server.guard import GuardedStore

    pair = create_key_pair(tmp_path / "keys")
    monkeypatch.setenv("SLIPWAY_SIGNING_KEY", str(pair.private))
    monkeypatch.setenv("SLIPWAY_REVIEWERS", "rita, ruth")
    monkeypatch.setenv("SLIPWAY_SERVICE_USERS", "slipway")
    monkeypatch.setenv("SLIPWAY_PEOPLE", str(people_kit.write(tmp_path)))
    settings.cache_clear()
    shown = {}  # run → what it shows; no tracking store runs here
    monkeypatch.setattr(stored, "shown", lambda facts: shown.get(facts.run_id, NOTHING))
    ranker = tmp_path / "artifacts" / "1" / "r" / "ranker"
    Manifest("feed", "rules").write(ranker)
    monkeypatch.setenv(ARTIFACTS_DESTINATION_ENV_VAR, str(tmp_path / "artifacts"))
    opened = []

    def make():
        path = tmp_path / f"mlflow{len(opened)}.db"
        path.write_bytes(empty_database.read_bytes())
        desk = Desk(GuardedStore(f"slipway:sqlite:///{path}"), shown, ranker)
        with desk.as_user("slipway") as store:
            store.create_registered_model("feed")
            store.create_registered_model("feed-rules")
        opened.append(desk)
        return desk

    yield make
    for desk in opened:
        desk.store.engine.dispose()
    settings.cache_clear()


@pytest.fixture
def desk(new_desk):
    """One guarded store."""
    return new_desk()
