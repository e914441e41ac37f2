"""The signs of a line are read from where the parts left them, not from what they say of themselves."""

import os
from types import SimpleNamespace

import router_kit as kit
from slipway.domain.last_look import LastLook
from slipway.serving.line_signs import LineSigns
from slipway.serving.state import StateFile


def signs_of(home):
    settings = SimpleNamespace(home=home, release_every_s=300.0)
    return LineSigns(settings, "feed")


def server(epoch=4):
    release = SimpleNamespace(epoch=epoch, candidate="2")
    return SimpleNamespace(
        served=SimpleNamespace(release=release),
        book=SimpleNamespace(unlogged_at=None),
        line=kit.LINE,
        stale_s=lambda: 0.0,
    )


def test_what_the_parts_left_is_read(tmp_path):
    """The look's age, the kept epoch and the neighbours come from files that others wrote."""
    kit.release(tmp_path, epoch=5, stage="canary_1", share=0.01, champion="1", candidate="2")
    file = StateFile(tmp_path, "feed")
    file.touch()
    file.note_look(LastLook(1.0, 600.0))
    own = signs_of(tmp_path)
    own.begin()
    own.show(4)
    found = own.read(server(), file)
    assert (found.interval_s, found.epoch, found.candidate) == (600.0, 5, "2")
    assert [(worker.pid, worker.epoch) for worker in found.workers] == [(os.getpid(), 4)]
    assert found.look_s < 60
    assert found.registry_s < 60
    assert found.free_bytes > 0


def test_a_look_that_was_seen_before_is_not_seen_again(tmp_path):
    """Its age is that of the first time, by the clock of this machine."""
    file = StateFile(tmp_path, "feed")
    assert file.last_look() == (None, None)
    file.touch()
    file.note_look(LastLook(1.0, 600.0))
    os.utime(tmp_path / "router" / "feed" / "looked.json", (1e9, 1e9))
    file.note_look(LastLook(1.0, 600.0))
    assert file.last_look()[1] > 1e6
    file.note_look(LastLook(2.0, 600.0))
    assert file.last_look()[1] < 60


def test_what_a_dead_worker_left_is_no_sign(tmp_path):
    """Its file goes; that of another machine is not judged."""
    own = signs_of(tmp_path)
    own.show(4)
    folder = tmp_path / "router" / "feed" / "workers"
    dead, far = folder / f"{own._host}-4194305", folder / "elsewhere-1"
    for path in (dead, far):
        path.write_text("3")
    assert [worker.epoch for worker in own._workers()] == [4]
    assert (dead.exists(), far.exists()) == (False, True)
    own.forget()
    assert list(own._workers()) == []
