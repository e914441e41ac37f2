"""Gathering requests for models that are slow per call and cheap per row."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from slipway.artifact.ranker import FAULTS, Ranker, fault

Array = npt.NDArray[np.float64]

LARGEST_BATCH = 2000
"""Rows asked at once; more wait for the next round."""


class ModelFault(RuntimeError):
    """What a model raised, in one line; for every request of the batch it was asked for."""


class MicroBatcher:
    """Asks a ranker for all requests that came in while it was busy with the last ones.

    No timer: an idle model answers a lone request at once, a busy one serves ever larger batches.
    """

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._waiting: list[tuple[Array, asyncio.Future[tuple[Array, Array]]]] = []
        self._running: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batch")

    async def score(self, features: Array) -> tuple[Array, Array]:
        """As :meth:`Ranker.score`; what the model raises is raised for every request in its batch."""
        answer: asyncio.Future[tuple[Array, Array]] = asyncio.get_running_loop().create_future()
        self._waiting.append((features, answer))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await answer

    def close(self) -> None:
        """Let the thread go once it has answered."""
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = self._next()
            rows = np.concatenate([features for features, _ in batch])
            try:
                scores = await loop.run_in_executor(self._thread, self._ranker.score, rows)
            except FAULTS as error:
                if isinstance(error, StopIteration | SystemExit):  # no future may hold these
                    error = ModelFault(fault(error))
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            start = 0
            for features, answer in batch:
                end = start + len(features)
                if not answer.done():  # else its request gave up meanwhile
                    answer.set_result((scores[0][start:end], scores[1][start:end]))
                start = end

    def _next(self) -> list[tuple[Array, asyncio.Future[tuple[Array, Array]]]]:
        rows, taken = 0, 0
        for features, _ in self._waiting:
            if taken and rows + len(features) > LARGEST_BATCH:
                break
            rows, taken = rows + len(features), taken + 1
        batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return batch
