"""Connections of one worker: bounded in number, in bytes and in time, before any request is made of them.

uvicorn's own limit counts silent clients like readers and then refuses both, and it has no time limit
but between two requests. Here a caller who is waited for gives way to a newcomer when room is short,
silent ones first, and nobody is waited for longer than the limits below.
"""

import asyncio
import fcntl
import resource
import termios
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

MAX_HEAD = 16_384
"""Bytes of a request's line and headers."""
LARGEST, RESERVED_HANDLES = 1000, 64
"""Connections of a worker at most; open files kept for the log, metrics, models and the registry."""
HURRY_S = 1.0
"""A body that is not whole after this many seconds gives way when room is short."""


@dataclass(frozen=True, slots=True)
class WaitLimits:
    """Wall seconds that a worker waits for a caller.

    ``head`` for the whole of a request's headers, ``body`` for the rest of it, ``reading`` for the
    caller to take an answer.
    """

    head: float = 5.0
    body: float = 10.0
    reading: float = 10.0


WAIT_LIMITS = WaitLimits()
LINGER_S, LINGER_BYTES = 1.0, 2**20
"""Wall seconds, and bytes still sent, that a caller who was refused while sending has to read why.

A connection that is closed with bytes unread takes back the answer (RFC 9112, 9.6).
"""
_SWEEP_S = 0.5
_sweeps: "WeakKeyDictionary[ServerState, asyncio.TimerHandle]" = WeakKeyDictionary()
_ANSWERS = {
    400: b"400 Bad Request",
    408: b"408 Request Timeout",
    431: b"431 Request Header Fields Too Large",
    503: b"503 Service Unavailable",
}


def room() -> int:
    """How many connections a worker may hold; as many open files as the system allows are asked for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = LARGEST + RESERVED_HANDLES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return LARGEST
    return max(16, min(LARGEST, soft - RESERVED_HANDLES))


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's connection with limits; ``room`` is how many a worker holds, set before it starts."""

    room = LARGEST
    limits = WAIT_LIMITS

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.since = time.monotonic()
        self._head, self._in_head, self._served = 0, True, False
        self._untaken: float | None = None
        self._said_all = False
        self._refused: float | None = None
        self._unheard = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        """Take the connection, if room can be made for it."""
        full = len(self.connections) >= self.room and not self._make_room()
        super().connection_made(transport)
        if self.server_state not in _sweeps:
            self._sweep()
        if full:
            self._refuse(
                503, "every connection is busy: try again in a second", "retry-after: 1\r\n"
            )
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read on; a head without end is refused."""
        if self.transport.is_closing():
            return
        if self._refused:
            self._unheard += len(data)
            if self._unheard > LINGER_BYTES:
                self.transport.close()
            return
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD and not self._refused:
            self._refuse(431, f"headers are too large, must be at most {MAX_HEAD} bytes")

    def on_headers_complete(self) -> None:
        """The head is whole: from now on the body is waited for."""
        self._in_head, self._head = False, 0
        self.since = time.monotonic()
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head = True
        super().on_message_begin()

    def on_response_complete(self) -> None:
        """The caller is answered: the next request is waited for."""
        self._served = True
        self.since = time.monotonic()
        last = not self.pipeline
        super().on_response_complete()
        if last and self._said_all:
            self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn ends every connection here
        """Keep the connection of a caller who has said all until each request that is whole is answered.

        It may wait with its own direction closed; without this its answer is lost wherever it was not
        made at once.
        """
        self._said_all = True
        if self._refused or self._waits_for_head:
            return False
        if self._waits_for_body and not self.pipeline:
            self._refuse(400, "the body ended early")
            self.transport.close()
        return True

    @property
    def _waits_for_head(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    @property
    def _waits_for_body(self) -> bool:
        return self.cycle is not None and self.cycle.more_body and not self.cycle.response_started

    def _make_room(self) -> bool:
        """End the connection that is most likely nobody's; False where each one is being answered."""
        now = time.monotonic()
        waiting = [
            (rank, each.since, number, each)
            for number, each in enumerate(self.connections)
            if isinstance(each, BoundedProtocol) and (rank := each.dispensable(now)) is not None
        ]
        for *_, each in sorted(waiting):
            if not each.has_unread():
                each.transport.abort()
                return True
        return False

    def has_unread(self) -> bool:
        """Whether its caller has sent what this worker did not come to read yet: nobody's silence."""
        try:
            found = fcntl.ioctl(
                self.transport.get_extra_info("socket"), termios.FIONREAD, b"\0" * 4
            )
        except (OSError, ValueError, TypeError):
            return False
        return any(found)

    def dispensable(self, now: float) -> int | None:
        """Who goes first: the silent, then slow bodies, then idle readers; None: who is answered."""
        if self.transport.is_closing():
            return None
        if self._refused:
            return 0
        if self._waits_for_head:
            return 2 if self._served else 0
        return 1 if self._waits_for_body and now - self.since > HURRY_S else None

    def _sweep(self) -> None:
        """End what was waited for long enough, on all connections of this worker."""
        now = time.monotonic()
        for each in list(self.connections):
            if isinstance(each, BoundedProtocol):
                each.look_at(now)
        _sweeps[self.server_state] = self.loop.call_later(_SWEEP_S, self._sweep)

    def look_at(self, now: float) -> None:
        """End the connection if its caller was waited for long enough at ``now``, a monotonic time."""
        if self.transport.get_write_buffer_size():
            self._untaken = self._untaken or now
            if now - self._untaken > self.limits.reading:
                self.transport.abort()
            return
        self._untaken = None
        if self.transport.is_closing():
            return
        if self._refused:
            if now - self._refused > LINGER_S:
                self.transport.close()
            return
        waited = now - self.since
        if self._waits_for_head and waited > self.limits.head:
            if self._in_head and self._head:
                self._refuse(408, "the request did not come")
            else:
                self.transport.close()
        elif self._waits_for_body and waited > self.limits.body:
            self._refuse(408, "the body did not come")

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as a request, in uvicorn's words."""
        self._refuse(400, msg)

    def _refuse(self, status: int, error: str, header: str = "") -> None:
        """Answer without a request, and end the connection when the caller has, or soon."""
        body = b'{"error":"' + error.encode() + b'"}'
        head = b"HTTP/1.1 " + _ANSWERS[status] + b"\r\ncontent-type: application/json\r\n"
        head += header.encode() + b"content-length: " + str(len(body)).encode()
        if self.cycle is not None:  # nobody hears what the application says now
            self.cycle.disconnected, self.cycle.waiting_for_100_continue = True, False
            self.cycle.message_event.set()
        self._refused = time.monotonic()
        self.transport.write(head + b"\r\nconnection: close\r\n\r\n" + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
