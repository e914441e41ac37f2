"""The watch misses the router, looks that a candidate waits for, and steps that are not shown."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import orjson
import pytest
from slipway.domain.errors import PartUnseen
from slipway.domain.last_look import LastLook
from slipway.registry.rest import RegistryUnavailable
from slipway.settings import settings
from slipway.steps import blind_spots, context, watch

EVERY_S = 60.0


class World:
    """What the watch asks, as a test says it is; ``wall`` is the time in seconds."""

    def __init__(self):
        self.wall, self.look, self.page = 1e9, LastLook(1e9, EVERY_S), {"epoch": 4, "alarms": []}
        self.status, self.candidate, self.epoch = 200, SimpleNamespace(version="7"), 4

    def last_look(self, line):
        """As the registry's."""
        if self.look is None:
            raise RegistryUnavailable(
                "MLflow", found="", expected="an answer", next_step="start it"
            )
        return self.look

    def after(self, seconds):
        """What the watch finds that long after the last one."""
        self.wall += seconds
        return blind_spots.find("feed")


@contextmanager
def router(world):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            body = orjson.dumps(world.page)
            self.send_response(world.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A line that is well: a candidate, a look just now, a router at the ledger's epoch."""
    world = World()
    with router(world) as url:
        monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
        monkeypatch.setenv("SLIPWAY_ROUTER_URL", url)
        monkeypatch.setenv("SLIPWAY_RELEASE_EVERY_S", str(EVERY_S))
        settings.cache_clear()
        state = SimpleNamespace(state=lambda _: world)
        monkeypatch.setattr(context, "ledger", lambda: state)
        monkeypatch.setattr(context, "registry", lambda: world)
        monkeypatch.setattr(blind_spots.time, "time", lambda: world.wall)
        yield world
    settings.cache_clear()


def test_a_line_that_is_seen_has_no_alarm(world):
    """A look now and then, and a router that answers."""
    for _ in range(5):
        assert world.after(60) == ()
        world.look = world.look.then(world.wall, EVERY_S)


def test_a_reconciler_that_stopped_is_missed_after_two_looks(world):
    """Its DAG was paused: the watch says so, and again until somebody looks."""
    assert world.after(60) == ()
    assert world.after(60) == ()
    assert "release_feed paused" in world.after(60)[0]
    world.look = world.look.then(world.wall, EVERY_S)
    assert world.after(60) == ()


def test_a_candidate_that_was_never_looked_at_is_missed(world):
    """A first look that does not come is late, too."""
    world.look = LastLook(0.0, EVERY_S)
    assert world.after(0) == ()
    assert world.after(100) == ()
    assert "version 7 waits" in world.after(10)[0]


def test_without_a_candidate_nothing_is_due(world):
    """Nobody waits for a look."""
    world.candidate = None
    world.after(0)
    assert world.after(100) == world.after(100) == ()


def test_a_stack_that_was_off_is_given_two_looks(world):
    """Nobody missed anything while nobody was there."""
    world.after(60)
    assert world.after(86_400) == ()
    assert world.after(100) == ()
    assert "waits" in world.after(100)[0]


@pytest.mark.parametrize("status", [503, 404, 500])
def test_a_router_that_is_not_ready_is_an_alarm(world, status):
    """The watch does not take silence for health."""
    world.status = status
    assert "router is not ready" in world.after(1)[0]


@pytest.mark.parametrize("page", [[], 7, {"alarms": 7}, {"alarms": [{}]}, {"alarms": ["x"]}])
def test_a_page_of_another_server_is_an_alarm(world, page):
    """What is no readiness of a router is told as one that is not ready."""
    world.page = page
    assert "router is not ready" in world.after(1)[0]


def test_a_router_that_is_away_is_an_alarm(world, monkeypatch):
    """Nobody listens where it was."""
    monkeypatch.setenv("SLIPWAY_ROUTER_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    assert "router is not ready" in world.after(1)[0]


def test_what_the_router_misses_is_handed_on(world):
    """Unlogged exposures, silent workers, a full disk: what the router knows turns the watch red."""
    world.page = {
        "epoch": 4,
        "alarms": [{"kind": "log", "text": "3 s ago a request was not logged"}],
    }
    assert world.after(1) == ("3 s ago a request was not logged",)


def test_a_registry_that_is_away_is_an_alarm(world):
    """Without it nobody knows of the looks."""
    world.look = None
    assert "not known" in world.after(1)[0]


def test_a_step_that_the_router_does_not_show_is_an_alarm(world):
    """Once it may be on its way; by the next watch it is lost."""
    world.epoch = 5
    assert world.after(60) == ()
    assert "epoch 4, and the ledger is at 5" in world.after(10)[0]
    world.page["epoch"] = 5
    assert world.after(10) == ()


def test_harm_is_returned_before_an_alarm_is_raised(world, monkeypatch):
    """What cannot be seen turns the watch red, and keeps no judgement from being made."""
    judged = []
    monkeypatch.setattr(watch, "_judge", lambda line: judged.append(line) or {"line": line})
    monkeypatch.setattr(watch, "_alert", lambda *_: None)
    assert watch.watch("feed") == {"line": "feed"}
    world.status = 503
    with pytest.raises(PartUnseen, match="router is not ready"):
        watch.watch("feed")
    assert judged == ["feed", "feed"]


@pytest.mark.parametrize("text", ["", "7", "[]", "{}", '{"at": "x"}'])
def test_a_damaged_memory_is_none(world, tmp_path, text):
    """The watch begins again."""
    world.after(0)
    (tmp_path / "work" / "feed" / "watched.json").write_text(text)
    assert world.after(1) == ()
