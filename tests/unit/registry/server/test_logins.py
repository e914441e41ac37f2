"""Guessers are slowed, and whoever is known goes on as if there were none."""

import asyncio
import base64
from types import SimpleNamespace

import pytest
from slipway.registry.server import logins as module
from slipway.registry.server.logins import (
    FREE_TRIES,
    LONGEST_WAIT_S,
    PROVEN_S,
    LoginGate,
    Logins,
    guard,
)

_turn = asyncio.sleep
WORDS = {"rita": "right", "router": "a word of its own"}


class Desk:
    """The gate in front of an application that answers 200, with a clock of its own."""

    def __init__(self, monkeypatch):
        self.now, self.hashed, self.words = 1000.0, [], dict(WORDS)
        self.waited = 0.0
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(module.asyncio, "sleep", self.pass_by)
        self.logins = Logins(self.verify)
        self.gate = LoginGate(self.app, self.logins, lambda path: path == "/health")

    async def pass_by(self, seconds):
        """A wait of the gate, in which others of its callers get their turn."""
        self.waited += seconds
        await _turn(0)

    def verify(self, user, password, **_):
        """As MLflow's store: dear, and counted."""
        self.hashed.append((user, password))
        return self.words.get(user) == password

    async def app(self, scope, receive, send):
        """What stands behind the gate."""
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def _ask(self, user, password, address, path, name):
        sent = []

        async def send(message):
            sent.append(message)

        word = b"Basic " + base64.b64encode(f"{user}:{password}".encode())
        await self.gate(self.scope([(name, word)] if user else [], path, address), None, send)
        return sent[0]["status"], dict(sent[0]["headers"])

    @staticmethod
    def scope(headers, path="/x", address="10.0.0.1"):
        """A request as the web server hands it on."""
        return {"type": "http", "path": path, "headers": headers, "client": (address, 1)}

    def ask(self, user="", password="", address="10.0.0.1", path="/x", name=b"authorization"):
        """Status and headers of one request."""
        return asyncio.run(self._ask(user, password, address, path, name))

    def at_once(self, *requests):
        """Statuses of requests that come at the same time."""

        async def all_of():
            asked = [self._ask(*words, "/x", b"authorization") for words in requests]
            return await asyncio.gather(*asked)

        return [status for status, _ in asyncio.run(all_of())]


@pytest.fixture
def desk(monkeypatch):
    return Desk(monkeypatch)


def test_a_password_is_hashed_once_a_minute(desk):
    """However many requests come, also at the same time."""
    assert desk.at_once(*[("rita", "right", "10.0.0.1")] * 3) == [200, 200, 200]
    assert desk.ask("rita", "right")[0] == 200
    assert len(desk.hashed) == 1
    desk.now += PROVEN_S + 1
    assert desk.ask("rita", "right")[0] == 200
    assert len(desk.hashed) == 2


def test_a_wrong_password_is_refused_in_mlflows_words(desk):
    """The browser asks its person again."""
    status, headers = desk.ask("rita", "wrong")
    assert status == 401
    assert headers[b"www-authenticate"] == b'Basic realm="mlflow"'


@pytest.mark.parametrize("spread", ["addresses", "accounts"])
def test_guessers_are_slowed(desk, spread):
    """From one address at many accounts, or from many addresses at one account."""
    statuses = []
    for n in range(200):
        words = ("rita", f"guess{n}", f"10.0.1.{n}") if spread == "addresses" else (f"u{n}", "x")
        statuses.append(desk.ask(*words)[0])
        desk.now += 0.1
    assert statuses[:FREE_TRIES] == [401] * FREE_TRIES
    assert len(desk.hashed) <= FREE_TRIES + 3 + 20 / LONGEST_WAIT_S
    assert desk.waited > 60  # whoever guesses in turn is kept waiting, not answered at once
    status, headers = desk.ask("rita" if spread == "addresses" else "u1", "y")
    assert status == 429
    assert 1 <= int(headers[b"retry-after"]) <= LONGEST_WAIT_S


def test_whoever_is_known_goes_on_beside_guessers(desk):
    """From the guessers' own address, and also when the password has to be hashed again."""
    assert desk.ask("rita", "right")[0] == 200
    for n in range(50):
        desk.ask("rita", f"guess{n}")
    desk.now += PROVEN_S + 1
    desk.ask("rita", "another guess")
    assert desk.ask("rita", "right")[0] == 200


def test_a_declared_account_is_not_behind_guessers(desk):
    """After a restart under attack the router and the pipeline come in at once."""
    desk.logins.expect("router", WORDS["router"])
    for n in range(50):
        desk.ask("router", f"guess{n}")
    assert desk.ask("router", WORDS["router"])[0] == 200


def test_a_person_comes_in_under_attack(desk, monkeypatch):
    """Whoever was not there before is kept waiting for seconds, not until the end of the attack."""
    for n in range(50):
        desk.ask("rita", f"guess{n}")

    async def pass_by(seconds):
        desk.now += seconds

    monkeypatch.setattr(module.asyncio, "sleep", pass_by)
    before = desk.now
    assert desk.ask("rita", "right")[0] == 200
    assert desk.now - before <= LONGEST_WAIT_S


def test_few_guesses_wait_at_once(desk):
    """The thread that hashes them is not kept busy for minutes."""
    statuses = desk.at_once(*[("rita", f"guess{n}", f"10.0.1.{n}") for n in range(20)])
    assert statuses.count(429) >= 10
    assert len(desk.hashed) <= 5


def test_open_pages_prove_nothing(desk):
    """A guess at a page that asks nobody is no guess, and does not count as known."""
    assert desk.ask("rita", "wrong", path="/health")[0] == 200
    assert desk.ask()[0] == 200
    assert desk.hashed == []
    assert not desk.logins.proven("rita", "wrong")


def test_no_header_leads_around_the_gate(desk):
    """MLflow also reads credentials elsewhere."""
    assert desk.ask("rita", "wrong", name=b"x-mlflow-authorization")[0] == 401


@pytest.mark.parametrize(
    "word",
    [
        b"",
        b"Basic",
        b"Basic \xc9U\x8f",
        b"Bearer cml0YTp3b3Jk",
        b"cml0YTp3b3Jk",
        b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
        b"Basic " + base64.b64encode(b"nocolon"),
    ],
)
def test_what_is_no_login_is_refused_at_the_gate(desk, word):
    """MLflow fails on some of it: anybody could fill its log with traces, without an account."""
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(desk.gate(desk.scope([(b"authorization", word)]), None, send))
    assert (sent[0]["status"], desk.hashed) == (401, [])


def test_a_changed_password_is_known_at_once(desk):
    """The old word is refused and the new one taken, whoever changed it."""

    def change(user, password):
        desk.words[user] = password

    store = SimpleNamespace(authenticate_user=desk.verify, update_user=change, delete_user=None)
    guard(store, desk.logins)
    assert desk.ask("rita", "right")[0] == 200
    assert store.authenticate_user("rita", "right")
    assert len(desk.hashed) == 1
    store.update_user("rita", password="newer")
    assert not store.authenticate_user("rita", "right")
    assert desk.ask("rita", "right")[0] == 401
    assert desk.ask("rita", "newer")[0] == 200


def test_memory_is_bounded(desk, monkeypatch):
    """Addresses and accounts that were made up do not fill it."""
    monkeypatch.setattr(module, "REMEMBERED", 50)
    for n in range(300):
        desk.ask(f"u{n}", "x", f"10.0.2.{n}")
    assert len(desk.logins._tries._of) <= 50
