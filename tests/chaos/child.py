"""Steps as processes of their own, forked from one that has imported everything, as Airflow's are."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import crash


class Ended(NamedTuple):
    """How a step ended: its ``result``, the ``error`` it raised, or that it was ``killed``.

    ``called`` is what it called in the place of the order that stood there.
    """

    result: Any = None
    error: str = ""
    killed: bool = False
    called: Mapping[str, int] = {}
    cpu_s: float = 0.0


def run(folder: Path, step: Callable[..., Any], *words: Any) -> Ended:
    """Run ``step(*words)`` in a fork; what it returns must fit into JSON."""
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    _, status = os.waitpid(start(folder, step, *words, answer=answer), 0)
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
        try:
            found = {"result": step(*words)}
        except Exception as error:  # noqa: BLE001 - the loop says what a step raised
            traceback.print_exc()
            found = {"error": f"{type(error).__name__}: {error}"}
        draft = answer.with_suffix(f".{os.getpid()}")
        cpu_s = sum(os.times()[:2]) - began
        draft.write_text(json.dumps({**found, "called": crash.seen(), "cpu_s": cpu_s}))
        draft.replace(answer)
        code = 0
    finally:
        os._exit(code)
    return 0
