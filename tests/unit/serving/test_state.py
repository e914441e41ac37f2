"""The release state on the router's machine: kept on disk, and shared by all workers."""

import hashlib
import json

import pytest
import registry_answers
from slipway.artifact.digest import files_digest
from slipway.domain.errors import BadConfig, BadInput, SlipwayError
from slipway.registry.reader import RegistryReader
from slipway.registry.state import ReleaseState
from slipway.serving.request_ids import RequestIds
from slipway.serving.state import Known, Poller, StateFile
from slipway.serving.worker import RETRY_POLICY

RELEASE = ReleaseState("feed", 9, "canary_5", 0.05, "3", "7", "1", "2")
GOOD = files_digest({"x": hashlib.sha256(b"1").hexdigest()})


def test_what_was_kept_is_read_back(tmp_path):
    """State, digests and problems survive the trip to disk, and a change changes the stamp."""
    file = StateFile(tmp_path, "feed")
    assert file.stamp() is None
    assert file.read() == Known(ReleaseState("feed"))
    known = Known(RELEASE, {"feed/3": "ab"}, {"feed/7": "damaged"})
    file.write(known)
    before = file.stamp()
    assert file.read() == known
    file.write(known)
    assert file.stamp() != before


@pytest.mark.parametrize("text", ["", "[]", '{"release": 3}', '{"release": {"epoch": "x"}}'])
def test_a_damaged_state_is_refused(tmp_path, text):
    """A torn file is one clear line, not a wrong state."""
    file = StateFile(tmp_path, "feed")
    file.write(Known(ReleaseState("feed")))
    (tmp_path / "router" / "feed" / "state.json").write_text(text)
    with pytest.raises(BadInput):
        file.read()


def test_one_poller_at_a_time(tmp_path):
    """Of two workers one asks the registry; the other takes over when the lock goes free."""
    import os

    first, second = Poller(tmp_path, None), Poller(tmp_path, None)
    assert first.leads()
    assert not second.leads()
    assert first.leads()
    os.close(first._lock)
    assert second.leads()


@pytest.fixture
def mlflow():
    """A registry that shows :data:`RELEASE`, whose versions all have one good file."""
    with registry_answers.answering() as answers:
        answers.tag("feed", RELEASE.to_text())
        yield answers


@pytest.fixture
def poll(mlflow, tmp_path):
    """One round of the router's questions; returns what is kept."""
    poller = Poller(tmp_path, RegistryReader(mlflow.url, "", "", retry=RETRY_POLICY))
    return lambda: poller.poll(StateFile(tmp_path, "feed"), "feed")


@pytest.mark.parametrize(
    "trouble",
    [(503, b""), (200, b"<html>"), (404, b"<html>"), (401, b"")],
    ids=["away", "a page", "another server", "a changed password"],
)
def test_the_last_state_goes_on_while_the_registry_gives_none(mlflow, poll, tmp_path, trouble):
    """Whatever keeps the registry from answering changes nothing of what is served."""
    file = StateFile(tmp_path, "feed")
    mlflow.version({"ranker/x": b"1"}, GOOD)
    known = poll()
    assert set(known.digests) == {"feed/3", "feed/7", "feed/2", "feed-rules/1"}
    assert known.problems == {}
    mlflow.table[f"{registry_answers.API}registered-models/get"] = trouble
    with pytest.raises(SlipwayError):
        poll()
    assert file.read() == known


def test_a_tag_that_contradicts_itself_changes_nothing(mlflow, poll, tmp_path):
    """Written past the guard, a share that no stage has is not obeyed and not guessed at."""
    mlflow.version({"ranker/x": b"1"}, GOOD)
    known = poll()
    mlflow.tag("feed", json.dumps(RELEASE.to_dict() | {"epoch": 10, "share": 0.9}))
    with pytest.raises(BadInput, match="share"):
        poll()
    assert StateFile(tmp_path, "feed").read() == known


def test_a_version_with_other_files_is_a_problem_of_its_own(mlflow, poll):
    """The state is taken over; the version that cannot be served is named, and not asked for again."""
    mlflow.version({"ranker/x": b"2"}, GOOD)
    assert set(poll().problems) == {"feed/3", "feed/7", "feed/2", "feed-rules/1"}
    asked = mlflow.asked.copy()
    assert poll().release == RELEASE
    assert mlflow.asked["/get-artifact"] == asked["/get-artifact"]


def test_request_ids_are_unique_and_known_after_a_restart(tmp_path):
    """Ids of one worker are recognised by another one, but not on another line or home."""
    one, other = RequestIds(tmp_path / "a"), RequestIds(tmp_path / "a")
    stranger = RequestIds(tmp_path / "b")
    ids = [worker.issue("feed") for worker in (one, other) for _ in range(1000)]
    assert len(set(ids)) == 2000
    assert all(other.issued("feed", each) for each in ids)
    assert not any(one.issued("search", each) or stranger.issued("feed", each) for each in ids)


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 31, b"x" * 65])
def test_a_key_that_protects_nothing_is_refused_at_start(tmp_path, key):
    """With an empty key anybody could make request ids; the error says what to do."""
    (tmp_path / "router").mkdir()
    (tmp_path / "router" / "request.key").write_bytes(key)
    with pytest.raises(BadConfig, match="remove the file"):
        RequestIds(tmp_path)
