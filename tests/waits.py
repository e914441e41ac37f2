"""What tests wait for, as :func:`slipway.stack.waiting.until` looks at it.

For what they wait for of an embedded stack see :class:`slipway.stack.sights.Stack`.
"""

import signal
import subprocess
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from slipway.stack import machine_use, waiting
from slipway.stack.machine_use import GONE
from slipway.stack.waiting import Sight


def sight_of_process(
    process: subprocess.Popen, log: Path, facts: Hashable = None, *, shared: bool = False
) -> Sight:
    """A program that a test started, with its descendants and its log.

    ``shared``: others keep it busy as well, so that only ``facts`` and its log show what is awaited.
    Whatever else the test started must get a core, too: the program may wait for it.
    """
    ended = process.poll()
    return Sight(
        facts=(facts, log.stat().st_size),
        workers=() if shared else _family(process.pid),
        servers=machine_use.family(psutil.Process()),
        text=f"process {process.pid}",
        broken="" if ended is None else f"it ended with {ended}: {log.read_text()[-3000:]}",
    )


def answer_of(process: subprocess.Popen, log: Path, what: str, wish: Callable[[], Any]) -> None:
    """Return once ``wish()``; raises Stalled where the program ended or hangs."""
    waiting.until(
        what, wish, lambda: sight_of_process(process, log), next_step=f"read {log}", poll_s=0.1
    )


def end_of(process: subprocess.Popen, log: Path) -> int:
    """The exit code of a program that is about to end; raises Stalled where it hangs."""
    waiting.until(
        f"end of process {process.pid}",
        lambda: process.poll() is not None,
        lambda: sight_of_process(process, log),
        next_step=f"read {log}",
        poll_s=0.05,
    )
    return process.wait()


def stop(process: subprocess.Popen, log: Path) -> None:
    """Ask a program to end and wait for it; one that hangs is killed and told."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        end_of(process, log)
    finally:
        for left in _family(process.pid):
            with suppress(*GONE):
                left.kill()
        process.wait()


def _family(number: int) -> list[psutil.Process]:
    with suppress(*GONE):
        return machine_use.family(psutil.Process(number))
    return []
