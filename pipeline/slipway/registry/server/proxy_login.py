"""Single sign-on by a proxy: it names a person in a header, and proves itself by a word that it alone has.

A name without the word, with a wrong one, or said twice is refused, and so is an account that is no
person's: nobody becomes somebody else by a header. Without names the request logs in by its password.
"""

import hmac
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from slipway.domain.errors import BadConfig

USER, WORD = b"x-forwarded-user", b"x-slipway-proxy"
"""Headers that the proxy sets, and takes off whatever a browser sends under these names."""
PERSON = b"x-slipway-person"
"""Header by which the gate tells MLflow who was proven; taken off every request that comes in."""
SHORTEST = 32
AUTHORIZATION = f"{__name__}:authorize"
"""What MLflow asks who somebody is."""


def secret(path: Path) -> bytes:
    """The proxy's word; raises BadConfig for a file that cannot be read, or a short one."""
    try:
        word = path.read_bytes().strip()
    except OSError as error:
        word, found = b"", str(error)
    else:
        found = f"{len(word)} characters"
    if len(word) < SHORTEST:
        raise BadConfig(
            "SLIPWAY_PROXY_SECRET",
            found=found,
            expected=f"a file with at least {SHORTEST} characters",
            next_step="write a random word into it, for example of `openssl rand -hex 32`",
        )
    return word


class ProxyGate:
    """ASGI middleware: lets a person in whom the proxy names; ``is_person`` says which accounts are."""

    def __init__(self, app: ASGIApp, word: bytes, is_person: Callable[[str], bool]) -> None:
        self.app, self._word, self._is_person = app, word, is_person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the person that was proven, or answer 401 in its place."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if _read_as(name) == USER]
        words = [value for name, value in scope["headers"] if _read_as(name) == WORD]
        ours = (USER, WORD, PERSON)
        headers = [(n, v) for n, v in scope["headers"] if _read_as(n) not in ours]
        if given or words:
            person = self._proven(given, words)
            if person is None:
                await _refuse(send)
                return
            headers = [(n, v) for n, v in headers if _read_as(n) != b"authorization"]
            headers.append((PERSON, person.encode()))
        await self.app({**scope, "headers": headers}, receive, send)

    def _proven(self, given: list[bytes], words: list[bytes]) -> str | None:
        if len(given) != 1 or len(words) != 1 or not hmac.compare_digest(words[0], self._word):
            return None
        user = given[0].decode("latin-1")
        return user if user.isascii() and self._is_person(user) else None


def _read_as(name: bytes) -> bytes:
    """A header's name as MLflow's part behind WSGI reads it, to which ``X_Y`` is ``X-Y``."""
    return name.lower().replace(b"_", b"-")


def authorize() -> Any:
    """Who asks: the person of the gate, else by password; MLflow calls it in each request."""
    from flask import request
    from mlflow.server.auth import authenticate_request_basic_auth
    from werkzeug.datastructures import Authorization

    person = request.headers.get(PERSON.decode())
    if person:
        return Authorization("basic", {"username": person, "password": ""})
    return authenticate_request_basic_auth()


async def _refuse(send: Send) -> None:
    text = b"this name was not set by the login proxy of this server\n"
    start = {"type": "http.response.start", "status": int(HTTPStatus.UNAUTHORIZED)}
    await send({**start, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": text})
