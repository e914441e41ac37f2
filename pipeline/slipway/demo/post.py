"""Calls to the router that insist on an answer, and what became of them."""

import logging
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import orjson
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential

log = logging.getLogger(__name__)

CONNECTIONS = 32
PATIENCE_S = 60.0  # wall seconds for which a request is sent again before it counts as unanswered


class Unanswered(Exception):
    """The router did not answer, or with a 5xx."""


@dataclass(slots=True)
class Tally:
    """What has happened since the shop opened; latencies are those of the last few answers.

    Every visit and outcome before event time ``done_until`` (POSIX seconds) has been answered.
    """

    visits: int = 0
    answered: int = 0
    unanswered: int = 0
    retried: int = 0
    turned_away: int = 0
    refused: int = 0
    clicks: int = 0
    outcomes_sent: int = 0
    outcomes_lost: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    visits_per_s: float = 0.0
    done_until: float = 0.0


class Post:
    """Keep-alive connections to one line of the router; use it as an async context manager."""

    def __init__(self, url: str, line: str, tally: Tally) -> None:
        self._url, self._line, self._tally = url, line, tally

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            self._url,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, verb: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The router's answer, asking again with the same payload while it does not answer."""
        path, payload = f"/v1/{self._line}/{verb}", orjson.dumps(body)
        try:
            return await self._post(path, payload)
        except Unanswered:
            self._tally.retried += 1
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(Unanswered),
                wait=wait_exponential(multiplier=0.05, max=1.0),
                stop=stop_after_delay(PATIENCE_S),
                reraise=True,
            ):
                with attempt:
                    return await self._post(path, payload)
        except Unanswered as error:
            self._tally.unanswered += 1
            log.warning("unanswered: %s: %s", path, error)
        return None

    async def _post(self, path: str, payload: bytes) -> dict[str, Any] | None:
        """One call; None where the router refuses the payload (4xx: sending it again is no use)."""
        headers = {"content-type": "application/json"}
        try:
            async with self._session.post(path, data=payload, headers=headers) as response:
                content = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(repr(error)) from error
        if status >= 500:  # noqa: PLR2004 - HTTP
            raise Unanswered(f"{status} {content[:200]!r}")
        if status >= 400:  # noqa: PLR2004 - HTTP
            self._tally.refused += 1
            log.warning("refused: %s: %s %s", path, status, content[:200])
            return None
        answer: dict[str, Any] = orjson.loads(content)
        return answer
