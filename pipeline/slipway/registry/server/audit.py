"""The audit log: one JSON line for each write request that reached the MLflow server."""

import base64
import binascii
import fcntl
import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 2**22
"""Bytes of a body that is no file: what nobody could read afterwards is not let through."""
ROTATE_BYTES, ROTATED_FILES = 64 * 2**20, 32
"""When a file is full it becomes ``audit.jsonl.1``; the oldest of these goes."""
STRANGERS_PER_MINUTE = 60
"""Lines for requests without a valid account; those beyond it are counted in one line."""

_WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_READS_BY_POST = re.compile(
    r"/(ajax-)?api/[23]\.0/mlflow/([a-z0-9-]+/)+(search|batch-get|get-latest-versions)"
    r"|(/ajax-api/[23]\.0/mlflow)?/(graphql|telemetry)"
)
_FILES = ("/mlflow-artifacts/", "/upload-artifact")
_SECRET = ("password", "secret_value", "api_key", "auth_config", "token")
_LONGEST = 5000  # characters of a text, as many as a tag may have

_TOO_LARGE = b'{"error_code": "INVALID_PARAMETER_VALUE", "message": "the body is too large"}'


class _TooLarge(Exception):
    """A body that could not be kept."""


class AuditLog:
    """ASGI middleware that appends user, route, query, body and status of each write to ``path``.

    It stands outside of MLflow's own middlewares, so that refused requests and the native
    artifact routes are in the log too. The user is the name that was sent: a status of 401 says
    that it was not proven, and such a line has no body. Passwords are never written.
    """

    def __init__(self, app: ASGIApp, path: Path) -> None:
        self.app = app
        self.path = path
        self._minute, self._strangers = 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write its line when the answer starts, or when there is none."""
        if scope["type"] != "http" or not is_write(scope["method"], scope["path"]):
            await self.app(scope, receive, send)
            return
        body = Body(files=any(part in scope["path"] for part in _FILES))
        status: int | None = None

        async def listen() -> Message:
            message = await receive()
            body.add(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._append(scope, body, status)
            await send(message)

        try:
            await self.app(scope, listen, answer)
        except _TooLarge:
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            start = {"type": "http.response.start", "status": 413, "headers": headers}
            await answer(start)
            await send({"type": "http.response.body", "body": _TOO_LARGE})
        finally:
            if status is None:  # it failed, or its caller left: it may have written all the same
                self._append(scope, body, None)

    def _append(self, scope: Scope, body: "Body", status: int | None) -> None:
        stranger = status == HTTPStatus.UNAUTHORIZED
        if stranger and not self._room_for_stranger():
            return
        line = {
            # wall time, not event time: an audit is read beside other servers' logs
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "user": sender(scope["headers"])[:_LONGEST],
            "from": (scope.get("client") or ("", 0))[0],
            "method": scope["method"],
            "path": scope["path"][:_LONGEST],
            "query": _blot(dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))),
            "status": status,
            "bytes": body.length,
        }
        if not stranger:
            line |= {"sha256": body.digest(), "body": body.readable()}
        self._write(line)

    def _room_for_stranger(self) -> bool:
        """Anybody may knock, but nobody without an account may fill the disk."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            if self._strangers > STRANGERS_PER_MINUTE:
                more = self._strangers - STRANGERS_PER_MINUTE
                at = datetime.now(UTC).isoformat(timespec="milliseconds")
                self._write({"at": at, "status": int(HTTPStatus.UNAUTHORIZED), "more": more})
            self._minute, self._strangers = minute, 0
        self._strangers += 1
        return self._strangers <= STRANGERS_PER_MINUTE

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        try:
            append(self.path, text)
        except OSError as error:  # the write was made: its answer must not be lost as well
            log = logging.getLogger("slipway")
            log.warning("audit log: %s: %s", error.strerror, text.decode())


class Body:
    """A request's body as it passes by: its length, its digest and, if it may be JSON, its words."""

    def __init__(self, *, files: bool) -> None:
        self.length = 0
        self._files = files
        self._sha256 = hashlib.sha256()
        self._kept = bytearray()

    def add(self, part: bytes) -> None:
        """One more piece; raises _TooLarge where there is no room to keep it."""
        self.length += len(part)
        self._sha256.update(part)
        if self._files:
            return
        if self.length > MAX_BODY:
            self._kept.clear()
            raise _TooLarge
        self._kept += part

    def digest(self) -> str:
        """Hex SHA-256 of all of it."""
        return self._sha256.hexdigest()

    def readable(self) -> object:
        """Its words without secrets, whatever type it says it has; None for a file."""
        return None if self._files else readable(bytes(self._kept))


def append(path: Path, text: bytes) -> None:
    """Add one line to a log that its owner alone may read; a full file makes room for a new one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, text)
        if os.fstat(descriptor).st_size > ROTATE_BYTES:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.stat().st_ino == os.fstat(descriptor).st_ino:  # else a neighbour was faster
                _rotate(path)
    finally:
        os.close(descriptor)


def _rotate(path: Path) -> None:
    for number in range(ROTATED_FILES - 1, -1, -1):
        old = path.with_name(f"{path.name}.{number}") if number else path
        if old.exists():
            old.replace(path.with_name(f"{path.name}.{number + 1}"))


def is_write(method: str, path: str) -> bool:
    """Whether a request may change something.

    >>> is_write("POST", "/api/2.0/mlflow/runs/search"), is_write("DELETE", "/x/search")
    (False, True)
    """
    return method in _WRITES and not (method == "POST" and _READS_BY_POST.fullmatch(path))


def sender(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The user name of a basic-auth header, or "" where there is none."""
    for name, value in headers:
        if name.lower() == b"authorization" and value.lower().startswith(b"basic "):
            try:
                pair = base64.b64decode(value[6:]).decode("utf-8", "replace")
            except binascii.Error:
                return ""
            return pair.partition(":")[0]
    return ""


def readable(body: bytes) -> object:
    """A JSON body or form with its secrets blotted out and long parts cut; None for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("latin-1")
        found = dict(parse_qsl(text)) if text.isascii() and "=" in text else None
    try:
        return _blot(found)
    except RecursionError:
        return None


def _blot(value: Any) -> Any:  # any JSON
    if isinstance(value, dict):
        return {k[:_LONGEST]: _hidden(k) or _blot(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_blot(item) for item in value]
    return value[:_LONGEST] if isinstance(value, str) else value


def _hidden(word: str) -> str:
    """What stands for the value of a secret; "" for any other."""
    return "***" if any(secret in word.lower() for secret in _SECRET) else ""
