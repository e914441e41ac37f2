"""End a process by SIGKILL at a chosen call inside a chosen place: nothing of it is cleaned up.

The order stands in the file that ``CHAOS_ORDER`` names: ``{"id", "place", "of", "at"}``. A process that
is in the place counts what is called there, by this interpreter's own profiler, and is gone at the
``at``-th call or return: of any function, or of those alone that touch a disk or a wire. So a seed means
the same death on a machine of any speed. Outside the place nothing is counted, and without an order a
place costs one look for a file. Whoever dies removes the order and leaves its id in a file beside it.
"""

import functools
import importlib
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

VARIABLE = "CHAOS_ORDER"
ANY, WIRE = "any", "wire"
"""What is counted: all calls and returns, or those of a disk or a wire."""
PLACES = {
    "append": ("slipway.release.ledger.ledger:Ledger.append",),
    "project": ("slipway.registry.client:Registry.project",),
    "register": ("slipway.registry.client:Registry.register",),
    "seal": (
        "slipway.data.segments:convert",
        "slipway.data.log:LogWriter._segment",
        "slipway.data.log:LogWriter.append_exposure",
        "slipway.data.log:LogWriter.append_outcomes",
    ),
    "evidence": ("slipway.steps.evidence_update:up_to_date",),
    "look": (
        "slipway.steps.release:observe",
        "slipway.steps.release:compare",
        "slipway.steps.release:decide",
        "slipway.steps.release:apply",
    ),
    "guard": tuple(
        f"slipway.registry.server.guard:GuardedStore.{name}"
        for name in (
            "set_registered_model_tag",
            "set_registered_model_alias",
            "create_model_version",
            "update_model_version",
            "set_model_version_tag",
        )
    ),
}
_TOUCHES = frozenset(
    (
        "close",
        "commit",
        "connect",
        "execute",
        "fdatasync",
        "flock",
        "fsync",
        "ftruncate",
        "link",
        "mkdir",
        "open",
        "recv",
        "recv_into",
        "rename",
        "replace",
        "rollback",
        "send",
        "sendall",
        "unlink",
        "write",
    )
)
_seen: Counter[str] = Counter()
_order = {"id": ""}


def write(place: str, of: str, at: int) -> Path:
    """Order a process to die; returns the file that will stand there once one has."""
    order = Path(os.environ[VARIABLE])
    known = len(list(order.parent.glob("died-*")))
    name = f"{known:05d}-{os.urandom(4).hex()}"
    draft = order.with_suffix(".draft")
    draft.write_text(json.dumps({"id": name, "place": place, "of": of, "at": at}))
    draft.replace(order)
    return order.with_name(f"died-{name}")


def withdraw() -> None:
    """Take back an order that nobody followed."""
    Path(os.environ[VARIABLE]).unlink(missing_ok=True)


def seen() -> dict[str, int]:
    """What this process called under its last order, by what is counted."""
    return dict(_seen)


def watch_places() -> None:
    """Let this process and its forks follow orders: each place is the function itself, and its order."""
    for place, functions in PLACES.items():
        for where in functions:
            module, _, path = where.partition(":")
            *owners, name = path.split(".")
            owner = functools.reduce(getattr, owners, importlib.import_module(module))
            setattr(owner, name, _watched(getattr(owner, name), place))


def _watched(function, place: str):
    @functools.wraps(function)
    def called(*words, **named):
        order = _read()
        if order is None or order["place"] != place or sys.getprofile() is not None:
            return function(*words, **named)
        if order["id"] != _order["id"]:
            _order["id"] = order["id"]
            _seen.clear()
        sys.setprofile(functools.partial(_count, order))
        try:
            return function(*words, **named)
        finally:
            sys.setprofile(None)

    return called


def _count(order, frame, event: str, arg) -> None:
    _seen[ANY] += 1
    if event in {"c_call", "c_return"}:
        _seen[WIRE] += getattr(arg, "__name__", "") in _TOUCHES
    if _seen[order["of"]] >= order["at"]:
        name = getattr(arg, "__name__", "") if event.startswith("c_") else frame.f_code.co_name
        _die(f"died-{order['id']}", f"{event} {name} in {frame.f_code.co_qualname}")


def _read():
    try:
        return json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError):
        return None


def _die(name: str, where: str) -> None:
    order = Path(os.environ[VARIABLE])
    try:
        order.unlink()  # one order, one death
    except FileNotFoundError:
        return
    order.with_name(name).write_text(where)
    os.kill(os.getpid(), signal.SIGKILL)
