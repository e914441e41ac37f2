"""Logins of the MLflow server: passwords are hashed beside its one event loop, and guessers are slowed.

MLflow hashes a password of half a second inside the loop that serves everybody, as often as anybody
guesses. Here each credential is proven once, in a thread of its own, and remembered for a minute by a
keyed digest. One that was good before has its own thread and no limit; others share one that yields to
everybody, and whoever failed a few times is kept waiting, then asked to come again. So guessing is slow,
nobody who is known is locked out, and a person's first login under attack takes seconds.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import math
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

PROVEN_S = 60.0
"""Wall seconds that a password need not be hashed again."""
FREE_TRIES, FORGET_S, LONGEST_WAIT_S = 5, 600.0, 4.0
"""Failures without a wait; seconds after the last one when they are forgotten; the longest wait."""
QUEUE, HELD = 4, 200
"""Unknown credentials that may wait to be hashed at once; callers that are kept waiting at once."""
REMEMBERED = 10_000
_HEADERS = (b"authorization", b"x-mlflow-authorization")
_REALM = (b"www-authenticate", b'Basic realm="mlflow"')

Verify = Callable[[str, str], bool]


class Tries:
    """Failed logins of one address or account, and when it may try again."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, name: str, now: float) -> float:
        """Seconds until ``name`` may try again; 0 where it may now."""
        failures, last = self._of.get(name, (0, 0.0))
        if failures < FREE_TRIES or now - last > FORGET_S:
            return 0.0
        wait = min(LONGEST_WAIT_S, 2.0 ** (failures - FREE_TRIES))
        return max(0.0, last + wait - now)

    def failed(self, name: str, now: float) -> None:
        """One more; the longest unseen name is forgotten where there are too many."""
        failures, last = self._of.pop(name, (0, now))
        self._of[name] = (1 if now - last > FORGET_S else failures + 1, now)
        if len(self._of) > REMEMBERED:
            self._of.popitem(last=False)


class Logins:
    """Who has proven a password lately, and who failed; safe to ask from every thread."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self._secret = os.urandom(32)
        self._lock = threading.Lock()
        self._proven: OrderedDict[bytes, float] = OrderedDict()
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._tries, self._waiting = Tries(), 0
        self._of_known = ThreadPoolExecutor(1, "logins")
        self._of_others = ThreadPoolExecutor(1, "guesses", initializer=_yield_to_others)

    def expect(self, user: str, password: str) -> None:
        """A declared account: proven like any other, and never behind guessers."""
        _remember(self._known, self._key(user, password), None)

    def forget(self) -> None:
        """Passwords changed: each is hashed again, and what was known is no longer."""
        with self._lock:
            self._proven.clear()
            self._known.clear()

    def proven(self, user: str, password: str) -> bool:
        """Whether the password was found right within the last minute."""
        with self._lock:
            return self._proven.get(self._key(user, password), -math.inf) > time.monotonic()

    def wait_s(self, user: str, password: str, address: str) -> float:
        """Seconds until this credential may be tried; 0 where it may now."""
        if self._key(user, password) in self._known:
            return 0.0
        if self._waiting >= QUEUE:
            return 1.0
        now = time.monotonic()
        with self._lock:
            return max(self._tries.wait_s(name, now) for name in _names(user, address))

    async def prove(self, user: str, password: str, address: str) -> bool:
        """Whether the password is right, hashed in a thread; raises what the store raises."""
        key = self._key(user, password)
        known = key in self._known
        loop = asyncio.get_running_loop()
        self._waiting += not known
        try:
            lane = self._of_known if known else self._of_others
            right = await loop.run_in_executor(lane, self._prove_again, user, password)
        finally:
            self._waiting -= not known
        self._note(user, password, address, right=right)
        return right

    def prove_here(self, user: str, password: str) -> bool:
        """What MLflow asks while it serves: proven already, or tried here where nobody guesses."""
        if self.proven(user, password):
            return True
        if self.wait_s(user, password, ""):
            return False
        right = self._verify(user, password)
        self._note(user, password, "", right=right)
        return right

    def _prove_again(self, user: str, password: str) -> bool:
        """Hash it, unless a neighbour's request proved the same meanwhile; noted before the next hash."""
        right = self.proven(user, password) or self._verify(user, password)
        if right:
            self._note(user, password, "", right=True)
        return right

    def _note(self, user: str, password: str, address: str, *, right: bool) -> None:
        now, key = time.monotonic(), self._key(user, password)
        with self._lock:
            if right:
                _remember(self._proven, key, now + PROVEN_S)
                _remember(self._known, key, None)
                return
            self._known.pop(key, None)
            for name in _names(user, address):
                self._tries.failed(name, now)

    def _key(self, user: str, password: str) -> bytes:
        text = f"{len(user)}:{user}{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, text, hashlib.sha256)


class LoginGate:
    """ASGI middleware: a request goes on once its credentials are proven, or where it has none.

    ``is_open`` says of a path that it asks nobody for an account.
    """

    def __init__(self, app: ASGIApp, logins: Logins, is_open: Callable[[str], bool]) -> None:
        self.app, self._logins, self._is_open = app, logins, is_open
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401 or 429 in its place."""
        if scope["type"] == "http" and not self._is_open(scope["path"]):
            address = (scope.get("client") or ("", 0))[0]
            for found in credentials(scope["headers"]):
                if found is None:  # MLflow fails on it, with a trace in its log for each
                    await _answer(send, HTTPStatus.UNAUTHORIZED, _REALM)
                    return
                user, password = found
                if self._logins.proven(user, password):
                    continue
                if wait_s := await self._hold(user, password, address):
                    await _answer(send, HTTPStatus.TOO_MANY_REQUESTS, _retry(wait_s))
                    return
                if not await self._logins.prove(user, password, address):
                    await _answer(send, HTTPStatus.UNAUTHORIZED, _REALM)
                    return
        await self.app(scope, receive, send)

    async def _hold(self, user: str, password: str, address: str) -> float:
        """Keep a guesser waiting; returns how much longer it has to wait, 0 where it may try now."""
        wait_s = self._logins.wait_s(user, password, address)
        if wait_s and self._held < HELD:  # an answer at once would only bring the next guess sooner
            self._held += 1
            try:
                await asyncio.sleep(wait_s)
            finally:
                self._held -= 1
            wait_s = self._logins.wait_s(user, password, address)
        return wait_s


def guard(store: Any, logins: Logins) -> None:  # MLflow's store of accounts
    """Let ``store`` take a password's word from ``logins``, and tell them where one changes."""
    store.authenticate_user = lambda user, password, **_: logins.prove_here(user, password)
    for name in ("update_user", "delete_user"):
        setattr(store, name, _then(getattr(store, name), logins.forget))


def credentials(headers: list[tuple[bytes, bytes]]) -> Iterator[tuple[str, str] | None]:
    """Every user and password that a request brings, in whichever header; None for what is neither."""
    for name, value in headers:
        if name.lower() not in _HEADERS:
            continue
        scheme, _, word = value.strip().partition(b" ")
        try:
            text = base64.b64decode(word.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
        user, colon, password = text.partition(":")
        yield (user, password) if scheme.lower() == b"basic" and colon else None


def _then(work: Callable[..., Any], after: Callable[[], None]) -> Callable[..., Any]:
    def both(*words: Any, **more: Any) -> Any:  # whatever it takes
        try:
            return work(*words, **more)
        finally:
            after()

    return both


def _names(user: str, address: str) -> tuple[str, ...]:
    return (f"of {user[:200]}", f"from {address}") if address else (f"of {user[:200]}",)


def _remember(into: OrderedDict[bytes, Any], key: bytes, value: float | None) -> None:
    into.pop(key, None)
    into[key] = value
    if len(into) > REMEMBERED:
        into.popitem(last=False)


def _retry(wait_s: float) -> tuple[bytes, bytes]:
    return b"retry-after", str(math.ceil(wait_s)).encode()


def _yield_to_others() -> None:
    """On Linux each thread has a niceness of its own."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)


async def _answer(send: Send, status: HTTPStatus, header: tuple[bytes, bytes]) -> None:
    body = status.phrase.encode()
    headers = [header, (b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
