"""What a line's router cannot see, or cannot show: judged on plain facts, so that it is tested as a table.

Each fact comes from another place than the part that may be dead: a look that does not come is missed
by the router, a task that hangs by whoever asks the page, a worker by its neighbours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from slipway.domain.last_look import LATE_AFTER

SHORTEST_S = 30.0
"""Wall seconds that anything may be late on a busy machine."""
LEAST_FREE = 64 * 2**20
"""Bytes that must be free where the log is."""

UNLOGGED_S = 900.0
"""Wall seconds that a loss is shown at least: longer than a watch waits between two of its looks."""

KINDS = ("look", "registry", "worker", "log", "disk", "task", "segment", "features")


class Alarm(NamedTuple):
    """Something that cannot be seen: its ``kind`` is for machines, its text for people."""

    kind: str
    text: str


class WorkerSign(NamedTuple):
    """What a worker last showed its neighbours, ``silent_s`` ago: the epoch that it serves."""

    pid: int
    epoch: int
    silent_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of a line at one moment; seconds are of the wall clock.

    ``interval_s`` from one look to the next, ``up_s`` since this worker began, ``look_s`` since the
    router saw the last look (None: never), ``registry_s`` since the registry answered. ``epoch`` is
    that of the state on this machine, which is ``state_s`` old, and ``workers`` serve it; ``unlogged_s`` since something could not be
    logged (None: nothing), ``tasks`` since each background task was last done. ``features_s`` is how
    old features are beyond what the line allows, in event time.
    """

    interval_s: float
    up_s: float
    candidate: str | None
    look_s: float | None
    registry_s: float | None
    epoch: int
    state_s: float = 0.0
    workers: Sequence[WorkerSign] = ()
    unlogged_s: float | None = None
    free_bytes: int | None = None
    tasks: Mapping[str, float] = field(default_factory=dict)
    segments: Sequence[str] = ()
    features_s: float = 0.0


def alarms(signs: Signs) -> tuple[Alarm, ...]:
    """Everything that two looks did not bring about; a part that has just begun is given as long."""
    late = max(LATE_AFTER * signs.interval_s, SHORTEST_S)
    found = list(_log(signs, late))
    if signs.up_s > late:
        found += _parts(signs, late)
    return tuple(found)


def _log(signs: Signs, late: float) -> Iterator[Alarm]:
    """What was lost or cannot be read: known at once."""
    if signs.unlogged_s is not None and signs.unlogged_s < max(late, UNLOGGED_S):
        text = f"{signs.unlogged_s:.0f} s ago a request or outcome could not be logged"
        yield Alarm("log", f"{text}: no gate sees it")
    if signs.free_bytes is not None and signs.free_bytes < LEAST_FREE:
        yield Alarm("disk", f"{signs.free_bytes / 2**20:.0f} MiB free where the log is")
    for name in signs.segments:
        yield Alarm("segment", f"{name} could not be read and is set aside")


def _parts(signs: Signs, late: float) -> Iterator[Alarm]:
    """Who should have been heard of meanwhile."""
    if signs.candidate and _since(signs.look_s, signs) > late:
        yield Alarm("look", _look(signs))
    if (away_s := _since(signs.registry_s, signs)) > late:
        text = f"the registry did not answer for {away_s:.0f} s"
        yield Alarm("registry", f"{text}: steps of the release are not seen")
    for worker in signs.workers:
        if worker.silent_s > late:
            yield Alarm("worker", f"worker {worker.pid} is silent for {worker.silent_s:.0f} s")
        elif worker.epoch != signs.epoch and signs.state_s > SHORTEST_S:
            text = f"worker {worker.pid} serves epoch {worker.epoch}, the state is at {signs.epoch}"
            yield Alarm("worker", text)
    for name, done_s in signs.tasks.items():
        if done_s > late:
            yield Alarm("task", f"{name} was not done for {done_s:.0f} s")
    if signs.features_s > 0:
        text = f"features are {signs.features_s:.0f} s older than the line allows"
        yield Alarm("features", text)


def _since(seen_s: float | None, signs: Signs) -> float:
    """Since when something is missed: not before there was anybody to miss it."""
    return signs.up_s if seen_s is None else min(seen_s, signs.up_s)


def _look(signs: Signs) -> str:
    seen = "never" if signs.look_s is None else f"{signs.look_s:.0f} s ago"
    text = f"version {signs.candidate} was looked at {seen}, and is every {signs.interval_s:.0f} s"
    return f"{text}: is the release's DAG paused?"
