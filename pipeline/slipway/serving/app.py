"""The router's HTTP interface: a small ASGI application, without a framework in the way.

======================================  ==========================================================
``POST /v1/{line}/rank``                ranked items with request id, arm and version
``POST /v1/{line}/predict``             one answer, or one for each row, of a line that predicts
``POST /v1/{line}/outcomes``            acknowledged once they are in the log
``GET /v1/{line}/state``                the release state in force
``GET /v1/{line}/assign?user=...``      the arm and version of a user, for a team's own servers
``GET /healthz`` ``/readyz``            alive; able to answer, line by line
``GET /readyz/{line}``                  whether this line can answer
``GET /metrics``                        Prometheus, all workers together
``/v2/...``                             the Open Inference Protocol over the same path
======================================  ==========================================================

Whatever is wrong with a request is answered by a 4xx status and ``{"error": "<one line>"}``; a router
that has no room says 503 and when to come again.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from slipway import lines
from slipway.data import words
from slipway.domain.errors import SlipwayError
from slipway.serving import binary_tensors, line_pages, metrics, open_inference
from slipway.serving.admission import Admission, RequestRefused, require_json
from slipway.serving.bodies import AGAIN, AtWork, Receive, Scope, Send, read
from slipway.serving.error_answers import error_body, status_of
from slipway.serving.line_service import LineService
from slipway.serving.predict import AnswerServer
from slipway.serving.rank import LineServer
from slipway.serving.readiness import READY, public
from slipway.serving.worker import Worker
from slipway.settings import settings

_JSON = "application/json"
_OK, _NOT_FOUND, _METHOD, _UNAVAILABLE = 200, 404, 405, 503


_ENDS = RequestRefused(_UNAVAILABLE, "the router ends and waits no longer: ask again")
_PROTOCOL = (open_inference.INFER, open_inference.MODEL)


@dataclass
class Application:
    """The ASGI application of one worker; cheap to make, so that it can be sent to the worker.

    ``budget_ms`` is how long an arm may take to score before the next one answers; ``parent`` is
    the process without which this one ends.
    """

    budget_ms: float = 50.0
    parent: int | None = None
    _worker: Worker | None = field(default=None, repr=False)
    _admission: Admission = field(default_factory=Admission, repr=False)
    _at_work: AtWork = field(default_factory=AtWork, repr=False)
    _page: "asyncio.Future[bytes] | None" = field(default=None, repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        more: Mapping[str, str] = {}
        try:
            status, body = await self._route(scope, receive, started)
            if scope["path"] == "/metrics":
                more = {"content-type": metrics.CONTENT_TYPE}
        except asyncio.CancelledError:  # the router ends, and its drain lasted long enough
            status, more, body = _UNAVAILABLE, AGAIN, error_body(_ENDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered in our words
            status, more = status_of(error)
            body = error_body(error)
        if status >= 400:  # noqa: PLR2004 - HTTP
            metrics.refused(status).inc()
        said = {"content-type": _JSON, "content-length": str(len(body)), **more}
        headers = [(name.encode(), value.encode()) for name, value in said.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _route(self, scope: Scope, receive: Receive, started: float) -> tuple[int, bytes]:
        parts = scope["path"].strip("/").split("/")
        if len(parts) == 3 and parts[0] == "v1" and parts[2] not in _PROTOCOL:  # noqa: PLR2004
            return _OK, await self._line(parts[1], parts[2], scope, receive, started)
        if len(parts) == 1 and parts[0] in {"healthz", "readyz", "metrics"}:
            _require(scope, "GET")
            if parts[0] == "metrics":
                self._admission.check_token(_sent_token(scope))
            return await self._about(parts[0])
        if len(parts) == 2 and parts[0] == "readyz":  # noqa: PLR2004 - readyz, line
            _require(scope, "GET")
            return _OK, self._ready(parts[1])
        page, line = open_inference.page_of(parts)
        if page in {open_inference.INFER, open_inference.MODEL}:
            return _OK, await self._line(line, page, scope, receive, started)
        if page:
            _require(scope, "GET")
            return _OK, await self._open_inference(page, line)
        raise RequestRefused(_NOT_FOUND, f"no such page: {scope['path'][:80]}")

    async def _open_inference(self, page: str, line: str) -> bytes:
        """A page of the protocol that asks nothing of a model."""
        if page == open_inference.READY:
            await self._about("readyz")
        if page == open_inference.MODEL_READY:
            self._ready(line)
            return orjson.dumps({"name": line, "ready": True})
        return open_inference.SAID[page]

    async def _line(
        self, name: str, verb: str, scope: Scope, receive: Receive, started: float
    ) -> bytes:
        kind = self._admission.check(scope["headers"])
        if verb not in {"rank", "predict", "outcomes", "state", "assign", *_PROTOCOL}:
            raise RequestRefused(_NOT_FOUND, f"no such page: {scope['path'][:80]}")
        keeper = await self._line_named(name).ask()
        if verb in {"state", "assign"}:
            _require(scope, "GET")
            if verb == "state":
                return line_pages.state(keeper.server, keeper.file.age_s())
            return line_pages.assignment(keeper.server, scope["query_string"])
        if verb == open_inference.MODEL:
            _require(scope, "GET")
            return open_inference.model(keeper.server)
        _require(scope, "POST")
        if keeper.server.line.source is not None:
            raise RequestRefused(
                _NOT_FOUND, f"{name} is answered and logged elsewhere: ask /assign"
            )
        require_json(
            kind, or_nothing=verb == open_inference.INFER
        )  # its public clients name no type
        body = await read(scope, receive)
        if verb == open_inference.INFER:
            with self._at_work:
                return await _inferred(keeper.server, body, scope, started)
        if verb in {"rank", "predict"}:
            with self._at_work:
                return await _scored(keeper.server, verb, body, started)
        accepted = keeper.server.outcomes(body)
        await keeper.server.book.kept()
        return accepted

    def _line_named(self, name: str) -> LineService:
        served = self._worker.served if self._worker else {}
        if name not in served:
            known = ", ".join(served) or "none yet"
            raise RequestRefused(_NOT_FOUND, f"line == {name[:80]!r}, must be one of {known}")
        return served[name]

    def _ready(self, name: str) -> bytes:
        """The page of one line's readiness."""
        if self._worker and (fault := self._worker.strangers.get(name)):
            raise RequestRefused(_UNAVAILABLE, public(fault))
        line = self._line_named(name)
        assert self._worker
        ready = self._worker.readiness()
        if reason := ready.of(name):
            raise RequestRefused(_UNAVAILABLE, reason)
        found = [alarm._asdict() for alarm in ready.alarms[name]]
        return orjson.dumps({"status": READY, "epoch": line.epoch(), "alarms": found})

    async def _about(self, page: str) -> tuple[int, bytes]:
        if page == "healthz":
            return _OK, b'{"status":"ok"}'
        if page == "metrics":
            return _OK, await self._metrics()
        ready = self._worker.readiness() if self._worker else None
        if ready is None or ready.reason:
            raise RequestRefused(_UNAVAILABLE, (ready and ready.reason) or "starting")
        return _OK, orjson.dumps(ready.to_dict())

    async def _metrics(self) -> bytes:
        """The page of metrics, made once for all who ask at the same time."""
        if self._page is None or self._page.done():
            for name, line in self._worker.served.items() if self._worker else ():
                metrics.alarms(name, {alarm.kind for alarm in line.alarms()})
            self._page = asyncio.ensure_future(asyncio.to_thread(metrics.page))
        return await asyncio.shield(self._page)

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
        self._admission = Admission(settings().router_hosts, settings().router_token)
        wanted = os.environ.get("SLIPWAY_ROUTER_LINES", "")
        names = tuple(name.strip() for name in wanted.split(",") if name.strip())
        for name in names:
            lines.declaration_of(name)  # a misspelt one ends the router, a broken one is red alone
        worker = Worker(settings(), self.budget_ms / 1e3, self.parent, names)
        await worker.start()
        self._worker = worker


def _sent_token(scope: Scope) -> str:
    return next((v.decode("latin-1") for n, v in scope["headers"] if n == b"authorization"), "")


async def _scored(server: LineServer, verb: str, body: bytes, started: float) -> bytes:
    """The answer of a line that ranks, or of one that predicts; each is asked by its own verb."""
    with words.of_one_request():
        if isinstance(server, AnswerServer):
            if verb == "predict":
                return await server.predict(body, started)
        elif verb == "rank":
            return await server.rank(body, started)
    own = "predict" if verb == "rank" else "rank"
    raise RequestRefused(_NOT_FOUND, f"{server.line.name} does not {verb}: ask /{own}")


async def _inferred(server: LineServer, body: bytes, scope: Scope, started: float) -> bytes:
    """The answer of a line in the words of the Open Inference Protocol."""
    asked = open_inference.request_of(server.line, *binary_tensors.split(scope["headers"], body))
    verb = "predict" if isinstance(server, AnswerServer) else "rank"
    answer = await _scored(server, verb, asked.body, started)
    return open_inference.answer_of(server.line, answer, asked)


def _require(scope: Scope, method: str) -> None:
    if scope["method"] != method:
        found = scope["method"][:20]
        raise RequestRefused(_METHOD, f"method == {found!r}, must be {method!r}")
