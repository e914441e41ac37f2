"""A team's own flags and servers are shown what holds, and say what they hold."""

import hashlib
import json
import socket
import threading
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from slipway.domain.errors import BadConfig, NotComputable
from slipway.domain.policy import Policy
from slipway.domain.traffic import FlagFile, Webhook
from slipway.registry.state import ReleaseState
from slipway.serving import traffic

POLICY = Policy(rules_share=0.05, explore_share=0.02)
STATE = ReleaseState("feed", 7, "canary_25", 0.25, champion="1", candidate="2", rules="3")
USERS = [f"u{k}" for k in range(4_000)]


@contextmanager
def server(answer):
    """A real server that says ``answer(body)`` as its status; yields its address and what it was sent."""
    sent, leave = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append(
                (self.headers, json.loads(self.rfile.read(int(self.headers["content-length"]))))
            )
            status = answer(sent[-1][1])
            if status is None:
                leave.wait()
                return
            self.send_response(status)
            self.end_headers()

        def log_message(self, *words):
            """Nothing is said."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{http.server_port}/flags", sent
        finally:
            leave.set()
            http.shutdown()


def test_a_flag_file_is_replaced_as_a_whole_and_never_by_an_older_state(tmp_path, monkeypatch):
    """The same state writes the same bytes, a later one stays, and nobody reads half of one."""
    monkeypatch.setenv("FLAGS", str(tmp_path / "flags.json"))
    one = traffic.adapter(FlagFile("$FLAGS"), POLICY, tmp_path / "memory.json")
    assert one.shown() is None
    one.show(STATE)
    first = (tmp_path / "flags.json").read_bytes()
    one.show(STATE)
    assert (tmp_path / "flags.json").read_bytes() == first
    assert one.shown() == 7
    with pytest.raises(NotComputable, match="epoch 7 there, and 6 is to be shown"):
        one.show(ReleaseState("feed", 6, champion="1"))
    assert (tmp_path / "flags.json").read_bytes() == first
    told = json.loads(first)
    assert sum(told["shares"].values()) == pytest.approx(1)
    assert told["shares"]["candidate"] == pytest.approx(0.25 * 0.93)
    assert [path.name for path in tmp_path.iterdir()] == ["flags.json"]
    monkeypatch.setenv("FLAGS", str(tmp_path / "gone" / "flags.json"))
    with pytest.raises(NotComputable, match=r"flag file \$FLAGS.*the next look shows it again"):
        one.show(STATE)


def evaluated(rule, user):
    """A rule as flagd evaluates it, with another hash: words, cat, var, in, if and fractional."""
    if not isinstance(rule, dict):
        return rule
    ((name, words),) = rule.items()
    if name == "var":
        return user
    if name == "cat":
        return "".join(evaluated(word, user) for word in words)
    if name == "in":
        return evaluated(words[0], user) in words[1]
    if name == "if":
        return evaluated(words[1] if evaluated(words[0], user) else words[2], user)
    key, *parts = words
    drawn = int(hashlib.sha256(evaluated(key, user).encode()).hexdigest(), 16) % sum(
        w for _, w in parts
    )
    for variant, weight in parts:
        if drawn < weight:
            return variant
        drawn -= weight
    raise AssertionError(parts)


def assigned(state):
    """The variant of every user under the flag of a state."""
    flag = traffic.flags(state, POLICY)["flags"]["feed"]
    found = [evaluated(flag["targeting"], user) for user in USERS]
    assert set(found) <= set(flag["variants"])
    return found


def test_flags_of_flagd_keep_hold_outs_and_only_add_users():
    """Shares are those of the state; a stage that grows takes nobody back, and the next candidate draws anew."""
    small, large = (
        ReleaseState("feed", e, s, share, champion="1", candidate="2", rules="3")
        for e, s, share in ((7, "canary_5", 0.05), (8, "canary_25", 0.25))
    )
    other = ReleaseState("feed", 9, "canary_25", 0.25, champion="1", candidate="4", rules="3")
    few, many, next_ = map(assigned, (small, large, other))
    wanted = traffic.shares(large, POLICY)
    assert {arm: many.count(arm) / len(USERS) for arm in wanted} == pytest.approx(wanted, abs=0.03)
    assert all(b == "candidate" for a, b in zip(few, many, strict=True) if a == "candidate")
    for arm in ("rules", "explore"):
        assert [a == arm for a in few] == [a == arm for a in many] == [a == arm for a in next_]
    both = sum(a == b == "candidate" for a, b in zip(many, next_, strict=True))
    assert both < 0.5 * many.count("candidate")
    variants = traffic.flags(large, POLICY)["flags"]["feed"]["variants"]
    assert variants["candidate"] == {
        "arm": "candidate",
        "version": "2",
        "stage": "canary_25",
        "epoch": 8,
    }


def test_a_token_that_cannot_be_sent_is_not_said(tmp_path, monkeypatch):
    """A line end behind it is passed over; whatever else no header carries is named without the word."""
    monkeypatch.setenv("HOOK_TOKEN", "secret\n")
    with server(lambda body: 204) as (url, sent):
        one = traffic.adapter(Webhook(url, "$HOOK_TOKEN"), POLICY, tmp_path / "memory.json")
        one.show(STATE)
        assert sent[0][0]["authorization"] == "Bearer secret"
        monkeypatch.setenv("HOOK_TOKEN", "se\ncret")
        with pytest.raises(NotComputable, match="no header can carry") as failed:
            one.show(STATE)
    assert "cret" not in str(failed.value)


def test_a_hold_back_is_shown_as_the_router_has_it():
    """Its users are whom the new champion was drawn for last; nobody else moves, and it has its version."""
    before = ReleaseState("feed", 7, "canary_50", 0.5, champion="1", candidate="2", rules="3")
    led = ReleaseState(
        "feed", 8, champion="2", rules="3", previous_champion="1", previous_share=0.05
    )
    half, after = assigned(before), assigned(led)
    wanted = traffic.shares(led, POLICY)
    assert sum(wanted.values()) == pytest.approx(1)
    assert {arm: after.count(arm) / len(USERS) for arm in wanted} == pytest.approx(wanted, abs=0.03)
    held = [a for a, b in zip(half, after, strict=True) if b == "previous"]
    assert held
    assert set(held) == {"champion"}
    assert traffic.flags(led, POLICY)["flags"]["feed"]["variants"]["previous"]["version"] == "1"


def test_a_webhook_that_answers_byte_by_byte_is_not_waited_for(tmp_path):
    """Each byte would begin a client's own limit anew: the whole answer has the time that was declared."""
    with closing(socket.socket()) as listener, ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        over = threading.Event()
        stack.callback(over.set)

        def drip():
            caller, _ = listener.accept()
            with closing(caller):
                while not over.wait(0.05):
                    caller.send(b"H")

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        one = traffic.adapter(Webhook(url, timeout_s=0.3), POLICY, tmp_path / "memory.json")
        with pytest.raises(NotComputable, match=r"no answer in 0\.3 s"):
            one.show(STATE)


def test_a_webhook_is_sent_the_state_and_its_token(tmp_path, monkeypatch):
    """Once it answers 2xx it holds the state; the token stands in a variable alone."""
    monkeypatch.setenv("HOOK_TOKEN", "secret")
    with server(lambda body: 204) as (url, sent):
        one = traffic.adapter(Webhook(url, "$HOOK_TOKEN"), POLICY, tmp_path / "w" / "memory.json")
        assert one.shown() is None
        one.show(STATE)
        assert one.shown() == 7
    headers, body = sent[0]
    assert headers["authorization"] == "Bearer secret"
    assert (body["epoch"], body["candidate"], body["share"]) == (7, "2", 0.25)


@pytest.mark.parametrize(
    ("status", "time_s", "said"),
    [(500, 30, "status 500"), (302, 30, "status 302"), (None, 0.2, "no answer in 0.2 s")],
)
def test_a_webhook_that_fails_or_hangs_is_named(tmp_path, status, time_s, said):
    """Whatever it answers but 2xx, it does not hold the state, and one line says so."""
    with server(lambda body: status) as (url, _):
        one = traffic.adapter(Webhook(url, timeout_s=time_s), POLICY, tmp_path / "memory.json")
        with pytest.raises(NotComputable) as failed:
            one.show(STATE)
    assert said in str(failed.value)
    assert url in str(failed.value)
    assert "\n" not in str(failed.value)
    assert one.shown() is None


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: FlagFile("flags.json"), "FlagFile.path == 'flags.json'"),
        (
            lambda: FlagFile("/flags.json", "yaml"),
            "FlagFile.format == 'yaml', must be one of slipway, flagd",
        ),
        (lambda: Webhook("ftp://host"), "Webhook.url"),
        (lambda: Webhook("https://me:word@host"), "Webhook.url"),
        (lambda: Webhook("https://host", "secret"), "Webhook.token == 'a token'"),
        (lambda: Webhook("https://host", timeout_s=0), "Webhook.timeout_s == 0"),
    ],
)
def test_what_could_not_be_shown_is_refused_where_it_is_declared(declare, said):
    """A relative path, a secret in the line, or no time at all."""
    with pytest.raises(BadConfig) as refused:
        declare()
    assert said in str(refused.value)
