"""The release state: read strictly, kept on disk, and shared by all workers."""

import json

import pytest
from slipway.domain.errors import BadInput
from slipway.registry.state import Release
from slipway.serving.request_ids import RequestIds
from slipway.serving.state import Known, Poller, StateFile

FULL = {
    "line": "feed", "epoch": 9, "stage": "canary_5", "share": 0.05, "champion": "3",
    "candidate": "7", "rules": "1", "previous_champion": "2",
}  # fmt: skip


def test_a_release_tag_is_read_whole():
    """Every word of the tag is understood, and words of a newer writer are ignored."""
    release = Release.from_text(json.dumps(FULL | {"newer": 1}), "feed")
    assert release.to_dict() == FULL
    assert release.models == (("feed", "3"), ("feed", "7"), ("feed", "2"), ("feed-rules", "1"))


@pytest.mark.parametrize(
    "change",
    [
        {"line": "other"},
        {"epoch": -1},
        {"epoch": "9"},
        {"epoch": True},
        {"stage": "sailing"},
        {"share": 2},
        {"share": None},
        {"champion": 3},
        {"candidate": "../../etc"},
        {"rules": "1/.."},
    ],
)
def test_a_wrong_word_keeps_the_last_state(change):
    """A tag that cannot be understood is refused as a whole."""
    with pytest.raises(BadInput):
        Release.from_text(json.dumps(FULL | change), "feed")


@pytest.mark.parametrize("text", ["", "[]", "null", "{"])
def test_a_tag_that_is_no_object_is_refused(text):
    """Half a tag is no tag."""
    with pytest.raises(BadInput):
        Release.from_text(text, "feed")


@pytest.mark.parametrize("stage", ["", "shadow", "offered", "returned"])
def test_no_users_outside_live_stages(stage):
    """Whatever share the tag claims, only a live stage sends users to the candidate."""
    release = Release.from_text(json.dumps(FULL | {"stage": stage, "share": 0.5}), "feed")
    assert release.share == 0.0
    assert release.in_shadow is (stage == "shadow")


def test_no_candidate_no_share():
    """A share without a candidate is nobody's."""
    release = Release.from_text(json.dumps(FULL | {"candidate": None}), "feed")
    assert (release.share, release.stage, release.in_shadow) == (0.0, "", False)


def test_what_was_kept_is_read_back(tmp_path):
    """State, digests and problems survive the trip to disk, and a change changes the stamp."""
    file = StateFile(tmp_path, "feed")
    assert file.stamp() is None
    assert file.read() == Known(Release("feed"))
    known = Known(Release.from_dict(FULL, "feed"), {"feed/3": "ab"}, {"feed/7": "damaged"})
    file.write(known)
    before = file.stamp()
    assert file.read() == known
    file.write(known)
    assert file.stamp() != before


@pytest.mark.parametrize("text", ["", "[]", '{"release": 3}', '{"release": {"epoch": "x"}}'])
def test_a_damaged_state_is_refused(tmp_path, text):
    """A torn file is one clear line, not a wrong state."""
    file = StateFile(tmp_path, "feed")
    file.write(Known(Release("feed")))
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
