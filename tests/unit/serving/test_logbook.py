"""Rows are on the disk before their answer where that is set, many of them by one flush, or the answer says no."""

import asyncio
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from slipway.data.log import LogWriter
from slipway.serving.logbook import Logbook, SharedFlush
from slipway.settings import EventClock


class Gate:
    """A flush that ends when it is let; ``begun`` counts."""

    def __init__(self):
        self.begun, self.open = 0, threading.Event()

    def __call__(self):
        """Begin, and wait."""
        self.begun += 1
        assert self.open.wait(60)


async def until(wish):
    """Let others work until something is so."""
    while not wish():
        await asyncio.to_thread(time.sleep, 0.001)


def test_who_comes_during_a_flush_shares_the_next():
    """The first is flushed alone, and all who come meanwhile together: never by one that had begun."""
    gate = Gate()

    async def ask():
        shared = SharedFlush(gate, 60)
        first = asyncio.create_task(shared.done())
        await until(lambda: gate.begun == 1)
        others = [asyncio.create_task(shared.done()) for _ in range(20)]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(first, *others)
        await shared.done()

    asyncio.run(ask())
    assert gate.begun == 3


def test_a_late_or_failing_flush_is_an_error_for_each_who_waits_and_for_nobody_else():
    """A disk that takes too long or errs is not waited for, and the next flush is a new try."""
    gate, faults = Gate(), [OSError(5, "input/output error")]

    def flush():
        gate()
        if faults:
            raise faults.pop()

    async def ask():
        late = SharedFlush(gate, 0.01)
        with pytest.raises(OSError, match="longer than 10 ms"):
            await late.done()
        gate.open.set()
        failing = SharedFlush(flush, 60)
        found = await asyncio.gather(failing.done(), failing.done(), return_exceptions=True)
        assert [type(each) for each in found] == [OSError, OSError]
        await failing.done()

    asyncio.run(ask())


def test_an_answer_says_whether_its_row_is_on_the_disk(desk, kit):
    """With a deadline that no disk keeps the user is answered all the same, and the watch hears of it."""
    desk.serve()
    assert "logged" not in desk.rank()
    desk.server.book = Logbook("feed", desk.server.writer, sync_s=60)
    answer = desk.rank()
    assert "logged" not in answer
    asyncio.run(desk.server.book.kept())
    desk.server.book = Logbook("feed", desk.server.writer, sync_s=1e-9)
    assert desk.rank()["logged"] is False
    assert desk.server.book.unlogged_at is not None
    with pytest.raises(OSError, match="longer than"):
        asyncio.run(desk.server.book.kept())


def test_flushes_and_seals_side_by_side_lose_nothing(home, kit):
    """While one thread appends, one flushes and one seals, no flush meets a file that is gone."""
    writer = LogWriter(home, kit.LINE, "unit", EventClock())
    now, faults = datetime.now(UTC), []
    record = {
        "user": "u", "requested_at": now, "arm": "champion", "version": "1", "stage": "", "epoch": 1,
        "latency_ms": 0.4, "fallback": False, "features_as_of": now, "items": [kit.ITEMS[0]],
        "positions": [1], "propensities": [1.0], "scores": np.zeros(1),
        "features": np.zeros((1, len(kit.LINE.features))),
    }  # fmt: skip
    over = threading.Event()

    def again(work):
        while not over.is_set():
            try:
                work()
            except OSError as error:
                faults.append(error)

    before = len(list(Path("/proc/self/fd").iterdir()))
    threads = [threading.Thread(target=again, args=(w,)) for w in (writer.sync, writer.rotate)]
    for thread in threads:
        thread.start()
    for k in range(300):
        writer.append_exposure(record | {"request_id": f"r{k}"})
        time.sleep(0.001)
    over.set()
    for thread in threads:
        thread.join()
    writer.close()
    exposures, _ = kit.read_log(home)
    assert faults == []
    assert len(set(exposures["request_id"].to_pylist())) == exposures.num_rows == 300
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
