"""What one worker writes of a line: on file before it is answered, and where that is set on the disk.

A row that is written outlives its process, however that is killed, but not the machine. Where a flush is
asked for, those who come while one runs share the next: no timer, so that an idle disk answers a lone
request at once and a busy one flushes ever more rows together.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slipway.data.log import LogWriter
from slipway.domain.errors import BadInput
from slipway.domain.events import Exposure, record_of
from slipway.serving import metrics


class SharedFlush:
    """Runs ``flush`` in a thread, once for all who came before it began.

    ``within_s`` is how long one may wait for it, in wall seconds.
    """

    def __init__(self, flush: Callable[[], None], within_s: float) -> None:
        self._flush, self._within_s = flush, within_s
        self._next: asyncio.Future[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flush")

    async def done(self) -> None:
        """Wait for a flush that begins from now on; raises OSError where it fails or is late."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        mine = self._next
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        try:
            await asyncio.wait_for(asyncio.shield(mine), self._within_s)
        except TimeoutError as error:
            raise OSError(None, f"the disk took longer than {self._within_s * 1e3:g} ms") from error

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._next is not None:
            mine, self._next = self._next, None
            try:
                await loop.run_in_executor(self._thread, self._flush)
            except OSError as error:
                mine.set_exception(error)
                mine.exception()  # nobody may be left who waits for it
            else:
                mine.set_result(None)


class Logbook:
    """The log of one line as a worker keeps it; ``unlogged_at`` is monotonic, of the last failure.

    Rows are on the disk before they are acknowledged where ``sync_s`` is above 0: how long that may take.
    """

    def __init__(self, line: str, writer: LogWriter, sync_s: float = 0.0) -> None:
        self._line, self._writer = line, writer
        self._flush = SharedFlush(writer.sync, sync_s) if sync_s else None
        self.unlogged_at: float | None = None

    async def exposure(self, shown: Exposure) -> bool:
        """Whether the log has it; a full or slow disk must not keep users from their answers."""
        try:
            self._writer.append_exposure(record_of(shown))
            if self._flush:
                await self._flush.done()
        except (OSError, BadInput):
            self.unlogged_at = time.monotonic()
            metrics.unlogged(self._line).inc()
            return False
        return True

    def outcomes(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write a batch; raises OSError where the log is not writable."""
        try:
            self._writer.append_outcomes(records)
        except OSError:
            self.unlogged_at = time.monotonic()
            raise

    async def kept(self) -> None:
        """Wait until what was written may be acknowledged; raises OSError where it may not."""
        try:
            if self._flush:
                await self._flush.done()
        except OSError:
            self.unlogged_at = time.monotonic()
            raise
