"""The release state on the router's machine: kept on disk, and shared by all workers."""

import pytest
from slipway.domain.errors import BadInput
from slipway.registry.state import ReleaseState
from slipway.serving.request_ids import RequestIds
from slipway.serving.state import Known, Poller, StateFile

RELEASE = ReleaseState("feed", 9, "canary_5", 0.05, "3", "7", "1", "2")


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


def test_request_ids_are_unique_and_known_after_a_restart(tmp_path):
    """Ids of one worker are recognised by another one, but not on another line or home."""
    one, other = RequestIds(tmp_path / "a"), RequestIds(tmp_path / "a")
    stranger = RequestIds(tmp_path / "b")
    ids = [worker.issue("feed") for worker in (one, other) for _ in range(1000)]
    assert len(set(ids)) == 2000
    assert all(other.issued("feed", each) for each in ids)
    assert not any(one.issued("search", each) or stranger.issued("feed", each) for each in ids)
