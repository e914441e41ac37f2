"""What the watch misses of a line: its router, its reconciler, and the step between the two.

Each is reported by another part than the one that may be dead: the router says what it misses of looks and
workers, and here the watch misses the router, and looks that a candidate waits for.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from slipway.data import json_file
from slipway.domain.errors import SlipwayError
from slipway.domain.last_look import LATE_AFTER, LEAST_S, LastLook
from slipway.settings import settings
from slipway.steps import context, log_faults, shown_state

READY_TIMEOUT_S = 5.0
BROKEN_OFF = 3.0
"""After so many intervals without a watch nothing was missed: nobody was there to miss it."""


@dataclass(frozen=True, slots=True)
class WatchMemory:
    """What the last watch knew: when (POSIX wall seconds), since when watches follow each other, and
    the ledger's epoch that the router did not show yet, and what was wrong in the log.
    """

    at: float
    since: float
    behind: int | None = None
    log_faults: str = ""


def find(line_name: str) -> tuple[str, ...]:
    """One line for each thing that cannot be seen of ``line_name``; remembers what it saw."""
    wall, every = time.time(), max(LEAST_S, settings().release_every_s)
    before = _remembered(line_name)
    follows = before is not None and 0 <= wall - before.at <= BROKEN_OFF * max(every, 60.0)
    since = before.since if before and follows else wall
    found: list[str] = []
    health = router_health_of(line_name, found)
    state = context.ledger().state(line_name)
    if state.candidate is not None:
        found += _unlooked(line_name, state.candidate.version, wall, since)
    shown = health.get("epoch")
    behind = state.epoch if isinstance(shown, int) and shown < state.epoch else None
    if behind is not None and before and follows and before.behind == behind:
        found.append(
            f"the router serves epoch {shown}, and the ledger is at {behind} since the last watch"
        )
    faults = log_faults.text(line_name)
    found += [faults] if faults else []
    memory = WatchMemory(wall, since, behind, faults)
    json_file.write(context.folder(line_name) / "watched.json", asdict(memory))
    return tuple(found)


def router_health(line_name: str, timeout_s: float = READY_TIMEOUT_S) -> dict[str, Any]:
    """What the router says of the line's readiness; raises httpx.HTTPError where it is not ready."""
    return shown_state.router_page(f"readyz/{line_name}", timeout_s)


def router_health_of(
    line_name: str, found: list[str], timeout_s: float = READY_TIMEOUT_S
) -> Mapping[str, Any]:
    """The router's own page; what it says is wrong, or that it says nothing, goes to ``found``."""
    try:
        health = router_health(line_name, timeout_s)
        found += [str(alarm["text"]) for alarm in health.get("alarms", ())]
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        text = context.in_one_line(error)  # another server's page is no router's
        found.append(f"the router is not ready for {line_name}: {text}")
        return {}
    return health


def log_faults_when_watched(line_name: str) -> list[str]:
    """What the last watch said is wrong in the log, for a page that reads no log."""
    before = _remembered(line_name)
    return [before.log_faults] if before and before.log_faults else []


def _unlooked(line_name: str, version: str, wall: float, since: float) -> list[str]:
    """Whether the candidate waits for a look that does not come, or whether that is not known."""
    try:
        look = context.registry().last_look(line_name)
    except SlipwayError as error:
        return [f"the last look is not known: {error}"]
    text = unlooked(line_name, version, look, wall=wall, since=since)
    return [text] if text else []


def unlooked(
    line_name: str, version: str, look: LastLook | None, *, wall: float, since: float
) -> str:
    """What is wrong where candidate ``version`` waits too long; "" where it does not.

    ``wall`` is the time and ``since`` when somebody began to miss looks (POSIX seconds).
    """
    due = look or LastLook(since, settings().release_every_s)
    seen = look.at if look and look.at <= wall else since
    late = wall - max(seen, since)
    if late <= LATE_AFTER * due.interval_s:
        return ""
    waits = f"version {version} waits for a look for {late:.0f} s"
    return (
        f"{waits}, one is due every {due.interval_s:.0f} s: is the DAG release_{line_name} paused?"
    )


def _remembered(line_name: str) -> WatchMemory | None:
    try:
        raw = json_file.read(context.folder(line_name) / "watched.json")
        return WatchMemory(
            float(raw["at"]), float(raw["since"]), raw["behind"], str(raw.get("log_faults", ""))
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
