"""The router as real processes: malformed input, killed workers, a registry that comes and goes."""

import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest
from slipway.registry.state import ReleaseState
from slipway.settings import settings as installation
from slipway.stack import waiting
from slipway.stack.waiting import Sight
from slipway.steps import shown_state

sys.path.append(str(Path(__file__).parents[1]))

import bad_requests_kit
import router_kit as kit
import waits

pytestmark = pytest.mark.e2e
running = partial(kit.running, budget_ms=3.6e6)  # who answers must not depend on the machine


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A router of two workers with a champion and a candidate, and a line that predicts; without a registry."""
    home = kit.furnish(tmp_path_factory.mktemp("shop"))
    digests = [kit.install(home, "feed", v, seed=int(v)) for v in ("1", "2")]
    kit.release(home, digests, stage="canary_50", share=0.5, champion="1", candidate="2", epoch=4)
    both = ",".join(bad_requests_kit.LINES.values())
    with running(home, SLIPWAY_ROUTER_LINES=both) as router:
        router.wait_ready()
        router.wait(lambda: router.http.get("/readyz/bike").status_code == 200)
        yield router


CLICK = {
    "request_id": "r",
    "item": "film-001",
    "kind": "click",
    "value": 1,
    "happened_at": "2026-01-05T06:00:00+00:00",
}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/feed/rank", b"", 400),
        ("POST", "/v1/feed/rank", b"{", 400),
        ("POST", "/v1/feed/rank", b"\x00\xff" * 50, 400),
        ("POST", "/v1/feed/rank", b'{"user": NaN}', 400),
        ("POST", "/v1/feed/rank", b"[]", 400),
        ("POST", "/v1/feed/rank", b"[" * 100_000, 400),
        ("POST", "/v1/feed/rank", b"{}", 422),
        ("POST", "/v1/feed/rank", json.dumps(kit.ask(user=3)).encode(), 422),
        ("POST", "/v1/feed/rank", json.dumps(kit.ask(items=["nowhere"])).encode(), 422),
        ("POST", "/v1/feed/rank", json.dumps(kit.ask(context={"age_band": 1e9})).encode(), 422),
        ("POST", "/v1/feed/rank", json.dumps(kit.ask(context={"age_band": 10**30})).encode(), 422),
        ("POST", "/v1/feed/rank", b" " * 10_000_000, 413),
        ("POST", "/v1/feed/outcomes", b" " * 10_000_000, 413),
        ("POST", "/v1/feed/outcomes", b"{}", 422),
        ("POST", "/v1/feed/outcomes", json.dumps({"outcomes": [CLICK]}).encode(), 422),
        ("POST", "/v1/feed/outcomes", json.dumps({"outcomes": [CLICK] * 1001}).encode(), 422),
        ("POST", "/v1/search/rank", json.dumps(kit.ask()).encode(), 404),
        ("POST", "/v1/%ff/rank", b"{}", 404),
        ("POST", "/v1/feed/rant", b"{}", 404),
        ("GET", "/v1/feed/rank", b"", 405),
        ("POST", "/v1/feed/state", b"", 405),
        ("POST", "/healthz", b"", 405),
        ("GET", "/", b"", 404),
        ("GET", "/v1/feed/rank/more", b"", 404),
        ("GET", "/../etc/passwd", b"", 404),
    ],
)
def test_every_malformed_request_is_a_4xx_with_one_line(shop, method, path, body, status):
    """The status says whose fault it was and the body one readable line; never a 5xx."""
    answer = shop.http.request(method, path, content=body, headers=kit.JSON)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error
    assert "\n" not in error
    assert len(error) < 400


def test_a_body_without_length_is_cut_off_too(shop):
    """A chunked body that never says how long it is stops at the limit."""

    def endless():
        for _ in range(300):
            yield b" " * 65_536

    try:
        answer = httpx.post(
            f"{shop.url}/v1/feed/rank", content=endless(), headers=kit.JSON, timeout=None
        )
    except httpx.WriteError:
        return  # the router hung up while we were still talking
    assert answer.status_code == 413


def test_outcomes_are_accepted_twice(shop):
    """A retried batch is acknowledged again, so that callers may retry without fear."""
    batch = kit.clicks(shop.rank(), (0, 1))
    for _ in range(2):
        answer = shop.http.post("/v1/feed/outcomes", json=batch)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 2})


def test_state_and_metrics_are_told(shop):
    """The state page says what is served; metrics count over both workers."""
    for n in range(40):
        shop.rank(user=f"m{n}")
    state = shop.state()
    assert (state["epoch"], state["share"], state["problems"]) == (4, 0.5, {})
    page = shop.http.get("/metrics").text
    counts = [
        float(line.split()[-1])
        for line in page.splitlines()
        if line.startswith("slipway_rank_seconds_count")
    ]
    assert sum(counts) >= 40
    assert 'slipway_candidate_share{line="feed"} 0.5' in page


def test_a_user_is_sticky_over_workers(shop):
    """Whichever worker answers, a user meets the same arm and version."""
    for n in range(10):
        met = set()
        for _ in range(6):
            # another connection, maybe another worker
            with httpx.Client(base_url=shop.url, timeout=None) as fresh:
                answer = fresh.post("/v1/feed/rank", json=kit.ask(user=f"s{n}")).json()
            met.add((answer["arm"], answer["version"]))
        assert len(met) == 1


@contextmanager
def traffic(url: str, readers: int = 1):
    """Readers who rank and click until the block ends; yields what they were told."""
    stop, told = threading.Event(), ([], [], [])
    threads = [threading.Thread(target=_read, args=(url, stop, *told)) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read(url: str, stop: threading.Event, acknowledged: list, shown: list, wrong: list):
    user = 0
    while not stop.is_set():
        user += 1
        try:
            with httpx.Client(base_url=url, timeout=None) as http:
                for n in range(10):
                    answer = http.post("/v1/feed/rank", json=kit.ask(user=f"k{user}-{n}"))
                    if answer.status_code != 200:
                        wrong.append(answer.text)
                        continue
                    shown.append(answer.json()["request_id"])
                    batch = kit.clicks(answer.json(), (0, 2))
                    if http.post("/v1/feed/outcomes", json=batch).status_code == 200:
                        acknowledged += [(o["request_id"], o["item"]) for o in batch["outcomes"]]
        except httpx.TransportError:
            time.sleep(0.02)  # the worker died with our connection


def _more(router: kit.Router, told: list) -> None:
    """Wait until readers were told a hundred more."""
    wanted = len(told) + 100
    waiting.until(
        "the readers",
        lambda: len(told) >= wanted,
        lambda: waits.sight_of_process(router.process, router.log, len(told), shared=True),
        next_step=f"read {router.log}",
        poll_s=0.05,
    )


@pytest.mark.parametrize("sync_ms", ["0", "60000"])
def test_killed_workers_lose_nothing_they_acknowledged(tmp_path, sync_ms):
    """Kill -9 of one worker after the other under load: each acknowledged row is in the log, once written as
    once on the disk, the parent starts new workers, and callers that connect again are answered.
    """
    home = kit.furnish(tmp_path)
    digests = [kit.install(home, "feed", "1")]
    kit.release(home, digests, champion="1", epoch=1)
    with running(home, SLIPWAY_LOG_SYNC_MS=sync_ms) as router:
        router.wait_ready()
        before = router.wait(lambda: len(w := router.workers()) == 2 and w)
        with traffic(router.url, readers=3) as (acknowledged, shown, wrong):
            for victim in before:
                _more(router, acknowledged)
                os.kill(victim, signal.SIGKILL)
                router.wait(lambda v=victim: v not in (w := router.workers()) and len(w) == 2)
            _more(router, acknowledged)
        router.wait_ready()
        assert not set(before) & set(router.workers())
    exposures, outcomes = kit.read_log(home)
    logged = set(zip(outcomes["request_id"].to_pylist(), outcomes["item"].to_pylist(), strict=True))
    assert wrong == []
    assert len(acknowledged) >= 300
    assert set(acknowledged) <= logged
    assert set(shown) <= set(exposures["request_id"].to_pylist())
    assert len(logged) == outcomes.num_rows


def test_a_killed_parent_leaves_the_port_to_its_successor(tmp_path):
    """Kill -9 of the parent: its workers drain and go, and a new router takes the same home."""
    import psutil

    home = kit.furnish(tmp_path)
    with running(home) as router:
        router.wait_ready()
        workers = [psutil.Process(pid) for pid in router.workers()]
        os.kill(router.process.pid, signal.SIGKILL)
        assert len(workers) == 2
        waiting.until(
            "the end of the workers",
            lambda: not any(map(psutil.Process.is_running, workers)),
            lambda: Sight(tuple(map(psutil.Process.is_running, workers)), workers),
            next_step=f"read {router.log}",
        )


def test_what_is_not_logged_is_an_alarm_and_names_no_path(tmp_path):
    """A disk that refuses the log is said without where it is: to the caller, the watch and metrics."""
    home = kit.furnish(tmp_path)
    with running(home, workers=1) as router:
        router.wait_ready()
        first = router.rank()
        (home / "log" / "journal").rename(home / "log" / "away")
        (home / "log" / "journal").write_text("a file where a folder was")
        router.wait(lambda: router.rank().get("logged") is False)
        answer = router.http.post("/v1/feed/outcomes", json=kit.clicks(first))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert str(tmp_path) not in answer.text
        pages = [router.http.get(page) for page in ("/readyz", "/readyz/feed", "/metrics")]
        assert [page.status_code for page in pages] == [200, 200, 200]
        assert [alarm["kind"] for alarm in pages[1].json()["alarms"]] == ["log"]
        assert len(pages[0].json()["alarms"]["feed"]) == 1
        assert 'slipway_alarm{kind="log",line="feed"} 1.0' in pages[2].text
        assert 'slipway_alarm{kind="look",line="feed"} 0.0' in pages[2].text
        assert not any(str(tmp_path) in page.text for page in pages)


def test_strangers_to_a_guarded_router_learn_nothing(tmp_path, monkeypatch):
    """With a token only who sends it reads or writes a line, as a return does that asks what is served; whether
    it is ready anybody may ask.
    """
    home, word = kit.furnish(tmp_path), "0123456789abcdef"
    with running(home, workers=1, SLIPWAY_ROUTER_TOKEN=word) as router:
        router.wait_ready()
        for path in ("/v1/feed/state", "/v1/nope/state", "/metrics"):
            answer = router.http.get(path)
            assert answer.status_code == 401
            assert "feed" not in answer.text
        router.http.headers["authorization"] = f"Bearer {word}"
        assert router.rank()["items"]
        assert router.http.get("/metrics").status_code == 200
        assert word not in router.output()
        monkeypatch.setenv("SLIPWAY_ROUTER_URL", router.url)
        monkeypatch.setenv("SLIPWAY_ROUTER_TOKEN", word)
        installation.cache_clear()
        assert shown_state.router_says("feed") == ReleaseState("feed")
    installation.cache_clear()


def test_sigterm_drains(tmp_path):
    """SIGTERM under load: what was answered is in the log as Parquet, no journal is left."""
    home = kit.furnish(tmp_path)
    with running(home) as router:
        router.wait_ready()
        with traffic(router.url) as (_, shown, _):
            _more(router, shown)
            router.process.send_signal(signal.SIGTERM)
            waits.end_of(router.process, router.log)
    assert not list((home / "log" / "journal").rglob("*.jsonl"))
    exposures, _ = kit.read_log(home)
    assert len(shown) >= 100
    assert set(shown) <= set(exposures["request_id"].to_pylist())


def test_a_drain_that_outlasts_its_deadline_is_named_and_loses_nothing(tmp_path):
    """Who has not said all by then is told so; what was acknowledged is in the log, and the process ends."""
    home = kit.furnish(tmp_path)
    with running(home, workers=1, drain_s=1) as router:
        router.wait_ready()
        answered = [router.rank(user=f"u{k}")["request_id"] for k in range(20)]
        head = f"POST /v1/feed/rank HTTP/1.1\r\nhost: 127.0.0.1:{router.port}\r\n"
        with socket.create_connection(("127.0.0.1", router.port), timeout=60) as slow:
            slow.sendall(
                f"{head}content-type: application/json\r\ncontent-length: 99\r\n\r\n{{".encode()
            )
            router.rank()  # the slow one's head has come before
            router.process.send_signal(signal.SIGTERM)
            waits.end_of(router.process, router.log)
            said = slow.recv(4096)
        assert said.startswith(b"HTTP/1.1 503")
        assert b"the router ends and waits no longer" in said
        assert "graceful shutdown exceeded" in router.output()
        assert "Traceback" not in router.output()
    assert not list((home / "log" / "journal").rglob("*.jsonl"))
    exposures, _ = kit.read_log(home)
    assert set(answered) <= set(exposures["request_id"].to_pylist())


def test_an_unready_router_says_why(tmp_path):
    """Without a catalogue the router lives, is not ready, and one line says what is missing."""
    with running(tmp_path, workers=1) as router:
        router.wait(lambda: "features" in router.http.get("/readyz").json()["error"])
        assert router.http.get("/readyz").status_code == 503
        assert router.http.get("/healthz").status_code == 200
        assert router.http.post("/v1/feed/rank", json=kit.ask()).status_code == 503
        kit.furnish(tmp_path)
        router.wait_ready()
        assert router.rank()["version"] == "rules-built-in"


@pytest.mark.parametrize(
    ("env", "word"),
    [({"SLIPWAY_ROUTER_LINES": "nope"}, "nope"), ({"SLIPWAY_HOEM": "x"}, "SLIPWAY_HOEM")],
)
def test_a_wrong_setting_ends_the_router_with_one_line(tmp_path, env, word):
    """A misspelt setting or line is told and nothing is served."""
    with running(tmp_path, workers=1, **env) as router:
        assert waits.end_of(router.process, router.log) != 0
        assert word in router.output()
        assert "Traceback" not in router.output()


def test_the_registry_decides_and_may_go_away(tmp_path):
    """State, stage and files follow a real registry; without it the last state goes on, also
    after a restart, and a changed artifact is never served.
    """
    home, port = kit.furnish(tmp_path / "home"), kit.free_port()
    one = kit.ranker(tmp_path / "one", seed=1)
    two = kit.ranker(tmp_path / "two", seed=2, boost={"3": 1.0})
    rules = kit.ranker(tmp_path / "rules", kind="rules")
    with kit.mlflow_server(tmp_path / "mlflow", port) as url:  # noqa: SIM117 - they end apart
        with running(home, registry=url) as router:
            router.wait_ready()
            assert router.rank()["version"] == "rules-built-in"
            champion, candidate = (kit.register(url, "feed", each) for each in (one, two))
            stand_in = kit.register(url, "feed-rules", rules)
            words = {"champion": champion, "rules": stand_in}
            kit.announce(url, epoch=2, stage="canary_50", share=0.5, candidate=candidate, **words)
            router.wait_epoch(2)
            met = {router.rank(user=f"u{n}")["version"] for n in range(200)}
            assert met == {champion, candidate, f"rules-{stand_in}", "explore"}

            spoilt = kit.ranker(tmp_path / "spoilt", seed=3)
            third = kit.register(url, "feed", spoilt, ranker_digest="0" * 64)
            kit.announce(url, epoch=3, stage="canary_50", share=0.5, candidate=third, **words)
            router.wait_epoch(3)
            assert f"feed/{third}" in router.state()["problems"]
            assert third not in {router.rank(user=f"u{n}")["version"] for n in range(100)}
            kit.announce(url, epoch=4, stage="canary_25", share=0.25, candidate=candidate, **words)
            router.wait_epoch(4)
            last = {n: router.rank(user=f"u{n}")["arm"] for n in range(100)}
    with running(home, registry=url) as router:  # restarted while the registry is away
        router.wait_ready()
        state = router.state()
        assert (state["epoch"], state["share"], state["problems"]) == (4, 0.25, {})
        assert {n: router.rank(user=f"u{n}")["arm"] for n in range(100)} == last
        with kit.mlflow_server(tmp_path / "mlflow", port):
            kit.announce(url, epoch=5, stage="", candidate=None, **words)
            router.wait_epoch(5)
            met = {router.rank(user=f"u{n}")["version"] for n in range(200)}
            assert met == {champion, f"rules-{stand_in}", "explore"}


@pytest.mark.parametrize("kind", bad_requests_kit.KINDS)
def test_no_request_is_too_bad_for_a_4xx(shop, kind):
    """Requests with faults of every size are answered by a word, and no worker ends of them.

    Ten thousand of each: ``tests/benchmarks/bad_requests.py``.
    """
    workers = sorted(shop.workers())

    sender = bad_requests_kit.Sender(shop.port)
    for number in range(60):
        request = bad_requests_kit.KINDS[kind](Random(f"{kind} {number}"))
        status = sender.status(request)
        assert isinstance(status, int), (status, request)  # or what became of the connection
        assert status < 500, (status, request)
    sender.close()
    assert sorted(shop.workers()) == workers
    assert "Traceback" not in shop.output()
