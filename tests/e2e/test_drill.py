"""A rollback is rehearsed on real processes of a router, and nobody is answered otherwise."""

import os
import signal

import pytest
import returns_kit
import router_kit
from slipway.domain.errors import BadInput, PartUnseen, UnknownReference
from slipway.registry.client import Registry
from slipway.release.orders import REHEARSALS, OrderFolder
from slipway.settings import settings
from slipway.steps import context, drill


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """Two workers at champion 1 and candidate 2; a ledger, and a registry in memory."""
    home = router_kit.furnish(tmp_path)
    keys = dict(router_kit.install(home, "feed", version, seed=int(version)) for version in "12")
    router_kit.release(
        home, keys, epoch=8, stage="canary_50", share=0.5, champion="1", candidate="2"
    )
    rest = returns_kit.MemoryRest()

    def registry():
        found = Registry("http://127.0.0.1:9", "", "", home / "review.pub")
        found._rest = rest
        return found

    monkeypatch.setattr(context, "registry", registry)
    with router_kit.running(home, budget_ms=3.6e6) as router:
        router.wait_ready()
        router.wait(lambda: len(list((home / "router/feed/workers").glob("[!.]*"))) == 2)
        monkeypatch.setenv("SLIPWAY_HOME", str(home))
        monkeypatch.setenv("SLIPWAY_ROUTER_URL", router.url)
        monkeypatch.delenv("SLIPWAY_LEDGER_URL", raising=False)
        settings.cache_clear()
        yield router, home, rest
    settings.cache_clear()


def test_every_worker_answers_and_no_user_notices(stack):
    """Passed with its time; same state, same answers; a way that fails, or a silent worker, fails the drill."""
    router, home, rest = stack
    users = [f"u{n}" for n in range(40)]
    before = router.state(), {user: router.rank(user=user)["version"] for user in users}
    found = drill.drill("feed", actor="ops", within_s=600.0)
    assert (found.passed, found.troubles) == (True, ())
    assert (found.version, found.leads, found.workers) == ("2", "1", 2)
    assert {way.name for way in found.ways if way.seconds is not None} == {
        "folder",
        "router",
        "ledger",
        "registry",
    }
    assert OrderFolder(home, REHEARSALS).read("feed") == ((), {})
    after = router.state(), {user: router.rank(user=user)["version"] for user in users}
    assert [after[0][k] for k in ("epoch", "candidate", "champion", "share")] == [
        before[0][k] for k in ("epoch", "candidate", "champion", "share")
    ]
    assert after[1] == before[1]
    assert drill.last("feed") == found
    rest.away = True
    assert drill.drill("feed", actor="ops", within_s=600.0).troubles[0].startswith("registry:")
    rest.away = False
    frozen = router.workers()[0]
    os.kill(frozen, signal.SIGSTOP)
    try:
        (silent,) = _with_one_frozen(router)
    finally:
        os.kill(frozen, signal.SIGCONT)
    assert "no answer within 1 s" in silent
    assert [each.passed for each in drill.past("feed")] == [True, False, False]
    assert drill.last("feed") == found


def _with_one_frozen(router):
    """The troubles of a drill while one worker stands still."""
    return drill.drill("feed", actor="ops", within_s=1.0).troubles


def test_what_cannot_be_rehearsed_is_one_clear_line(tmp_path, monkeypatch):
    """An unknown line, a line without requests, and a router that is down; nothing is kept of them."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_ROUTER_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    for line, error, said in (
        ("food", UnknownReference, "must be one of"),
        ("posts", BadInput, "needs no drill"),
        ("feed", PartUnseen, "slipway up"),
    ):
        with pytest.raises(error, match=said):
            drill.drill(line, actor="ops")
        assert drill.past(line) == []
    settings.cache_clear()
