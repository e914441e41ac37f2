"""Bodies of requests, bounded one by one and all together, and how many requests are worked on."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from slipway.serving.admission import RequestRefused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 2**20
"""Bytes of a request's body."""
SMALL, MAX_LARGE = 2**16, 32 * 2**20
"""Bytes of a body that always has room; of all larger ones of a worker that are on their way."""
MAX_AT_WORK = 256
"""Requests of a worker that wait for their models; more are asked to come again."""

AGAIN = {"retry-after": "1"}


@dataclass
class AtWork:
    """Counts who is inside, and lets in no more than ``most``; raises RequestRefused (503)."""

    most: int = MAX_AT_WORK
    inside: int = 0

    def __enter__(self) -> None:
        """One more."""
        if self.inside >= self.most:
            raise RequestRefused(503, "the models have enough to do: try again in a second", AGAIN)
        self.inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """One less."""
        self.inside -= 1


class _Large:
    """Bytes of large bodies that this worker holds."""

    held = 0


async def read(scope: Scope, receive: Receive) -> bytes:
    """The whole body; refuses a large one as soon as it is known to be large, or has no room."""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value[:20]) > MAX_BODY):
            raise _too_large()
    chunks: list[bytes] = []
    size, held = 0, 0
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestRefused(400, "the body ended early")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > MAX_BODY:
                raise _too_large()
            if size > SMALL:
                more, held = size - held, size
                _Large.held += more
                if _Large.held > MAX_LARGE:
                    raise RequestRefused(503, "too many large bodies at once: try again", AGAIN)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    finally:
        _Large.held -= held


def _too_large() -> RequestRefused:
    return RequestRefused(413, f"body is too large, must be at most {MAX_BODY} bytes")
