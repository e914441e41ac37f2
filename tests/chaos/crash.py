"""End a process by SIGKILL while it is in a chosen room: nothing of it is cleaned up.

The order stands in the file that ``CHAOS_ORDER`` names: ``{"id", "room", "looks"}``. A process that
follows orders is looked at thousands of times a second, and is gone when one of its threads was seen
in files whose path contains ``room`` for the ``looks``-th time: so deaths are spread over the time
spent there. (Counting lines instead makes another, three times slower process.) Whoever dies removes
the order and leaves its id in a file beside it.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

VARIABLE = "CHAOS_ORDER"
IDLE_S, LOOK_S = 0.05, 0.0002
"""Wall seconds between two looks for an order, and between two looks at the threads under one."""
DEEP = 60
"""Frames of a thread that are looked at."""
_seen = {"looks": 0}


def write(room: str, looks: int) -> Path:
    """Order a process to die; returns the file that will stand there once one has."""
    order = Path(os.environ[VARIABLE])
    known = len(list(order.parent.glob("died-*")))
    name = f"{known:05d}-{os.urandom(4).hex()}"
    draft = order.with_suffix(".draft")
    draft.write_text(json.dumps({"id": name, "room": room, "looks": looks}))
    draft.replace(order)
    return order.with_name(f"died-{name}")


def withdraw() -> None:
    """Take back an order that nobody followed."""
    Path(os.environ[VARIABLE]).unlink(missing_ok=True)


def looks() -> int:
    """How often this process was seen in the room of its order."""
    return _seen["looks"]


def stands() -> bool:
    """Whether somebody is to die."""
    return Path(os.environ[VARIABLE]).exists()


def watch_threads() -> None:
    """Follow orders in this process and its forks, by looking at what its threads are doing."""
    os.register_at_fork(after_in_child=_start)
    _start()


def _start() -> None:
    threading.Thread(target=_watch, daemon=True, name="chaos").start()


def _watch() -> None:
    while True:
        if order := _order():
            _follow(order)
        time.sleep(IDLE_S)


def _follow(order) -> None:
    """Look until the order was followed, here or elsewhere, or taken back."""
    own, rounds, usual = threading.get_ident(), 0, sys.getswitchinterval()
    sys.setswitchinterval(LOOK_S / 2)
    _seen["looks"] = 0
    while rounds % 100 or _order() == order:
        rounds += 1
        threads = sys._current_frames().items()
        _seen["looks"] += any(_within(frame, order["room"]) for at, frame in threads if at != own)
        if _seen["looks"] >= order["looks"]:
            _die(f"died-{order['id']}")
        time.sleep(LOOK_S)
    sys.setswitchinterval(usual)


def _within(frame, room: str) -> bool:
    for _ in range(DEEP):
        if frame is None:
            return False
        if room in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


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
