"""End a process by SIGKILL at a chosen line of a chosen room: nothing of it is cleaned up.

The order stands in the file that ``CHAOS_ORDER`` names: ``{"id", "room", "line"}``. The first process
that executes its ``line``-th line in files whose path contains ``room`` removes the order, leaves its
id in a file beside it and is gone.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

VARIABLE = "CHAOS_ORDER"
_count = {"id": None, "lines": 0}


def write(room: str, line: int) -> Path:
    """Order a process to die; returns the file that will stand there once one has."""
    order = Path(os.environ[VARIABLE])
    known = len(list(order.parent.glob("died-*")))
    name = f"{known:05d}-{os.urandom(4).hex()}"
    draft = order.with_suffix(".draft")
    draft.write_text(json.dumps({"id": name, "room": room, "line": line}))
    draft.replace(order)
    return order.with_name(f"died-{name}")


def withdraw() -> None:
    """Take back an order that nobody followed."""
    Path(os.environ[VARIABLE]).unlink(missing_ok=True)


def lines() -> int:
    """Lines that this process has executed in the room of its order."""
    return _count["lines"]


def install() -> None:
    """Follow orders in this process, its threads and forks."""
    if os.environ.get(VARIABLE):
        threading.settrace(_called)
        sys.settrace(_called)


def _called(frame, _event, _arg):
    name = frame.f_code.co_filename
    if "/slipway/" not in name or (order := _order()) is None or order["room"] not in name:
        return None
    if order["id"] != _count["id"]:
        _count.update(id=order["id"], lines=0)
    limit, died = order["line"], f"died-{order['id']}"

    def line(_frame, event, _arg):
        if event == "line":
            _count["lines"] += 1
            if _count["lines"] >= limit:
                _die(died)
        return line

    return line


def _order():
    try:
        return json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _die(name: str) -> None:
    order = Path(os.environ[VARIABLE])
    try:
        order.unlink()  # one order, one death
    except FileNotFoundError:
        return
    order.with_name(name).write_text(str(os.getpid()))
    os.kill(os.getpid(), signal.SIGKILL)
