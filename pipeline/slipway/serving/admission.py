"""Who may ask the router, and in what form: judged on the headers alone, before a body is read.

A browser on the router's machine must not be made to write by a page of somebody else: so the host
that was asked is one of ours, a page's origin too, and a body says that it is JSON.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from slipway.serving.connections import MAX_HEAD

LOCAL = frozenset(("127.0.0.1", "localhost", "::1"))
ANY_HOST = "*"

_JSON = "application/json"
_OF_A_PAGE = "none, from a page"
"""Stands for a missing type where a browser sent the body: a page can leave it out on purpose."""


class RequestRefused(Exception):
    """A request that was answered before its work began; ``headers`` go with the answer."""

    def __init__(self, status: int, error: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Admission:
    """``hosts`` are the names that callers may ask for, without port; ``token`` is their word, if any."""

    hosts: frozenset[str] = LOCAL
    token: str = field(default="", repr=False)

    def check(self, raw: Iterable[tuple[bytes, bytes]]) -> str:
        """What type the body says it has; raises RequestRefused for a request that may not be answered."""
        found: dict[bytes, str] = {}
        size = 0
        for name, value in raw:
            size += len(name) + len(value) + 4
            if name in found:
                found[name] += ", " + value.decode("latin-1")
            else:
                found[name] = value.decode("latin-1")
        if size > MAX_HEAD:
            raise RequestRefused(431, f"headers are too large, must be at most {MAX_HEAD} bytes")
        self._check_host(found)
        self.check_token(found.get(b"authorization", ""))
        return found.get(b"content-type", _OF_A_PAGE if b"origin" in found else "")

    def check_token(self, sent: str) -> None:
        """Raise RequestRefused where a token is asked for and another one was sent."""
        if not self.token:
            return
        scheme, _, word = sent.partition(" ")
        right = hmac.compare_digest(word.strip().encode(), self.token.encode())
        if scheme.lower() != "bearer" or not right:
            refusal = "authorization: a bearer token of this router is needed"
            raise RequestRefused(401, refusal, {"www-authenticate": "Bearer"})

    def _check_host(self, found: Mapping[bytes, str]) -> None:
        if ANY_HOST in self.hosts:
            return
        host = host_of(found.get(b"host", ""))
        if host not in self.hosts:
            known = ", ".join(sorted(self.hosts))
            raise RequestRefused(421, f"host == {host[:80]!r}, must be one of {known}")
        origin = found.get(b"origin")
        if origin is not None and host_of(origin.partition("://")[2]) not in self.hosts:
            raise RequestRefused(
                403, f"origin == {origin[:80]!r}, must be a page of this router's hosts"
            )


def require_json(kind: str, *, or_nothing: bool = False) -> None:
    """Raise RequestRefused for a body that does not say it is JSON: a page's form can send any other type.

    ``or_nothing`` lets in one that says nothing and comes from no page.
    """
    if or_nothing and not kind:
        return
    if kind.partition(";")[0].strip().lower() != _JSON:
        raise RequestRefused(415, f"content-type == {kind[:80]!r}, must be {_JSON!r}")


def host_of(text: str) -> str:
    """The host in a ``Host`` header, in small letters and without its port.

    >>> host_of("Router:8900"), host_of("[::1]:8900"), host_of("127.0.0.1")
    ('router', '::1', '127.0.0.1')
    """
    try:
        return "" if "@" in text else urlsplit(f"//{text.strip()}").hostname or ""
    except ValueError:
        return ""
