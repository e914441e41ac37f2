"""Requests that change something, one at a time: what Airflow's API server needs on SQLite.

The server logs a person's action by a blocking commit in its event loop. A request of a running task
that has written and waits for the same loop to commit holds SQLite's only write lock, so neither goes
on: the click hangs for the whole timeout and ends in "database is locked". SQLite has one writer
anyway, so taking turns costs nothing; other databases need none of this.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class TakeTurns:
    """ASGI middleware: a changing request begins when the one before it has been answered.

    Reading requests pass at once. ``app`` is the server's application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return
        async with self._turn:
            await self._app(scope, receive, send)
