"""The router's HTTP interface: a small ASGI application, without a framework in the way.

======================================  ==========================================================
``POST /v1/{line}/rank``                ranked items with request id, arm and version
``POST /v1/{line}/outcomes``            acknowledged once they are in the log
``GET /v1/{line}/state``                the release state in force
``GET /healthz`` ``/readyz``            alive; able to answer, line by line
``GET /readyz/{line}``                  whether this line can answer
``GET /metrics``                        Prometheus, all workers together
======================================  ==========================================================

Whatever is wrong with a request is answered by a 4xx status and ``{"error": "<one line>"}``.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from slipway import lines
from slipway.domain.errors import BadInput, SlipwayError, UnknownReference
from slipway.serving import metrics
from slipway.serving.line_service import LineService
from slipway.serving.rank import LineServer, NotReady
from slipway.serving.worker import Worker
from slipway.settings import settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 2**20
"""Bytes of a request's body."""

_JSON = b"application/json"
_OK, _NOT_FOUND, _METHOD, _TOO_LARGE, _UNPROCESSABLE, _UNAVAILABLE = 200, 404, 405, 413, 422, 503


class _Answered(Exception):
    """A request that was answered before its work began."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


@dataclass
class Application:
    """The ASGI application of one worker; cheap to make, so that it can be sent to the worker.

    ``budget_ms`` is how long an arm may take to score before the next one answers; ``parent`` is
    the process without which this one ends.
    """

    budget_ms: float = 50.0
    parent: int | None = None
    _worker: Worker | None = field(default=None, repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        kind = _JSON
        try:
            status, body = await self._route(scope, receive, started)
            if scope["path"] == "/metrics":
                kind = metrics.CONTENT_TYPE.encode()
        except _Answered as answer:
            status, body = answer.status, _error(str(answer))
        except (SlipwayError, OSError) as error:
            status, body = _status(error), _error(str(error))
        if status >= 400:  # noqa: PLR2004 - HTTP
            metrics.refused(status).inc()
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _route(self, scope: Scope, receive: Receive, started: float) -> tuple[int, bytes]:
        parts = scope["path"].strip("/").split("/")
        if len(parts) == 3 and parts[0] == "v1":  # noqa: PLR2004 - v1, line, verb
            return _OK, await self._line(parts[1], parts[2], scope, receive, started)
        if len(parts) == 1 and parts[0] in {"healthz", "readyz", "metrics"}:
            _require(scope, "GET")
            return await self._about(parts[0])
        if len(parts) == 2 and parts[0] == "readyz":  # noqa: PLR2004 - readyz, line
            _require(scope, "GET")
            return _OK, self._ready(parts[1])
        raise _Answered(_NOT_FOUND, f"no such page: {scope['path'][:80]}")

    async def _line(
        self, name: str, verb: str, scope: Scope, receive: Receive, started: float
    ) -> bytes:
        if verb not in {"rank", "outcomes", "state"}:
            raise _Answered(_NOT_FOUND, f"no such page: {scope['path'][:80]}")
        keeper = await self._line_named(name).ask()
        if verb == "state":
            _require(scope, "GET")
            return _state(keeper.server, keeper.file.age_s())
        _require(scope, "POST")
        body = await _body(scope, receive)
        if verb == "rank":
            return await keeper.server.rank(body, started)
        return keeper.server.outcomes(body)

    def _line_named(self, name: str) -> LineService:
        served = self._worker.served if self._worker else {}
        if name not in served:
            known = ", ".join(served) or "none yet"
            raise _Answered(_NOT_FOUND, f"line == {name[:80]!r}, must be one of {known}")
        return served[name]

    def _ready(self, name: str) -> bytes:
        """The page of one line's readiness."""
        self._line_named(name)
        assert self._worker
        if reason := self._worker.readiness().of(name):
            raise _Answered(_UNAVAILABLE, reason)
        return b'{"status":"ready"}'

    async def _about(self, page: str) -> tuple[int, bytes]:
        if page == "healthz":
            return _OK, b'{"status":"ok"}'
        if page == "metrics":
            return _OK, await asyncio.to_thread(metrics.page)
        ready = self._worker.readiness() if self._worker else None
        if ready is None or ready.reason:
            raise _Answered(_UNAVAILABLE, (ready and ready.reason) or "starting")
        return _OK, orjson.dumps(ready.to_dict())

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self._open()
                except (SlipwayError, OSError, ValueError) as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._worker:
                    await self._worker.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _open(self) -> None:
        wanted = os.environ.get("SLIPWAY_ROUTER_LINES", "")
        names = tuple(name.strip() for name in wanted.split(",") if name.strip())
        for name in names:
            lines.declaration_of(name)  # a misspelt one ends the router, a broken one is red alone
        worker = Worker(settings(), self.budget_ms / 1e3, self.parent, names)
        await worker.start()
        self._worker = worker


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The whole body; refuses a large one as soon as it is known to be large."""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > MAX_BODY):
            raise _too_large()
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Answered(400, "the body ended early")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large() -> _Answered:
    return _Answered(_TOO_LARGE, f"body is too large, must be at most {MAX_BODY} bytes")


def _require(scope: Scope, method: str) -> None:
    if scope["method"] != method:
        found = scope["method"][:20]
        raise _Answered(_METHOD, f"method == {found!r}, must be {method!r}")


def _status(error: Exception) -> int:
    """The HTTP status that says whose fault it was."""
    if isinstance(error, BadInput):
        return 400 if error.what == "body" else _UNPROCESSABLE
    return _UNPROCESSABLE if isinstance(error, UnknownReference) else _UNAVAILABLE


def _error(text: str) -> bytes:
    line = " ".join(text.split())
    return orjson.dumps({"error": line.encode("utf-8", "replace").decode()})


def _state(server: LineServer, age_s: float | None) -> bytes:
    served = server.served
    if served is None:
        raise NotReady(
            f"state of {server.line.name}",
            found="absent",
            expected="loaded",
            next_step="ask again in a second",
        )
    features = server.features.as_of.isoformat() if server.features else None
    return orjson.dumps(
        served.release.to_dict()
        | {
            "problems": dict(served.problems),
            "features_as_of": features,
            "registry_age_s": age_s,
            "now": server.clock.at(time.time()).isoformat(),
        }
    )
