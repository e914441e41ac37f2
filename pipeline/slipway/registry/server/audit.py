"""The audit log: one JSON line for each write request that reached the MLflow server."""

import base64
import binascii
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_READS_BY_POST = ("/search", "/batch-get", "/graphql", "/get-latest-versions", "/telemetry")
_MAX_BODY = 16_384  # bytes kept of a JSON body; the rest says how long it was
_SECRET = frozenset(("password", "secret_value", "api_key", "auth_config"))


class AuditLog:
    """ASGI middleware that appends user, route, body and status of each write to ``path``.

    It stands outside of MLflow's own middlewares, so that refused requests and the native
    artifact routes are in the log too. The user is the name that was sent: a status of 401 says
    that it was not proven. Passwords are never written.
    """

    def __init__(self, app: ASGIApp, path: Path) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write its line when the answer starts."""
        if scope["type"] != "http" or not is_write(scope["method"], scope["path"]):
            await self.app(scope, receive, send)
            return
        seen = bytearray()
        length = 0

        async def listen() -> Message:
            nonlocal length
            message = await receive()
            body = message.get("body", b"")
            length += len(body)
            seen.extend(body[: max(0, _MAX_BODY - len(seen))])
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._append(scope, bytes(seen), length, message["status"])
            await send(message)

        await self.app(scope, listen, answer)

    def _append(self, scope: Scope, body: bytes, length: int, status: int) -> None:
        line = {
            # wall time, not event time: an audit is read beside other servers' logs
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "user": sender(scope["headers"]),
            "from": (scope.get("client") or ("", 0))[0],
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "bytes": length,
            "body": readable(body) if _is_json(scope["headers"]) else None,
        }
        text = json.dumps(line, ensure_ascii=False) + "\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def is_write(method: str, path: str) -> bool:
    """Whether a request may change something.

    >>> is_write("POST", "/api/2.0/mlflow/runs/search"), is_write("DELETE", "/x")
    (False, True)
    """
    return method in _WRITES and not path.endswith(_READS_BY_POST)


def sender(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The user name of a basic-auth header, or "" where there is none."""
    for name, value in headers:
        if name.lower() == b"authorization" and value.lower().startswith(b"basic "):
            try:
                pair = base64.b64decode(value[6:], validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return ""
            return pair.partition(":")[0]
    return ""


def _is_json(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(n.lower() == b"content-type" and b"json" in v.lower() for n, v in headers)


def readable(body: bytes) -> object:
    """A JSON body with its secrets blotted out; a cut or malformed one is not kept."""
    try:
        return _blot(json.loads(body))
    except ValueError:
        return None


def _blot(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {k: "***" if k.lower() in _SECRET else _blot(v) for k, v in value.items()}
    return [_blot(item) for item in value] if isinstance(value, list) else value
