"""Steps as processes of their own, forked from one that has imported everything, as Airflow's are."""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import crash


class Ended(NamedTuple):
    """How a step ended: its ``result``, the ``error`` it raised, or that it was ``killed``.

    So many ``looks`` found it in the room of the order that stood there.
    """

    result: Any = None
    error: str = ""
    killed: bool = False
    looks: int = 0
    cpu_s: float = 0.0


def run(
    folder: Path, step: Callable[..., Any], *words: Any, kill_after_s: float | None = None
) -> Ended:
    """Run ``step(*words)`` in a fork; what it returns must fit into JSON."""
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    number = start(folder, step, *words, answer=answer)
    until = None if kill_after_s is None else time.monotonic() + kill_after_s
    while True:
        pid, status = os.waitpid(number, os.WNOHANG)
        if pid:
            break
        if until is not None and time.monotonic() >= until:
            os.kill(number, signal.SIGKILL)
            _, status = os.waitpid(number, 0)
            break
        time.sleep(0.01)
    if os.WIFSIGNALED(status):
        return Ended(killed=True)
    ended = Ended(**json.loads(answer.read_text()))
    if os.environ.get("CHAOS_TIMES"):
        sys.stderr.write(f"{step.__name__} {ended.cpu_s:.2f} CPU s\n")
    return ended


def start(folder: Path, step: Callable[..., Any], *words: Any, answer: Path) -> int:
    """Fork and begin; returns the process's number."""
    number = os.fork()
    if number:
        return number
    code, began = 1, sum(os.times()[:2])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with (folder / "steps.log").open("ab", buffering=0) as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        if crash.stands():
            crash.watch_threads()
        try:
            found = {"result": step(*words)}
        except Exception as error:  # noqa: BLE001 - the loop says what a step raised
            traceback.print_exc()
            found = {"error": f"{type(error).__name__}: {error}"}
        draft = answer.with_suffix(f".{os.getpid()}")
        cpu_s = sum(os.times()[:2]) - began
        draft.write_text(json.dumps({**found, "looks": crash.looks(), "cpu_s": cpu_s}))
        draft.replace(answer)
        code = 0
    finally:
        os._exit(code)
    return 0
