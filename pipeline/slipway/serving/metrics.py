"""Prometheus metrics of the router, summed over its workers.

The workers write to memory-mapped files in ``PROMETHEUS_MULTIPROC_DIR``; whichever worker is asked
for ``/metrics`` reads them all. The variable must be set before this module is imported.
"""

import os
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.metrics import MetricWrapperBase
from psutil import pid_exists

from slipway.serving.alarms import KINDS

CONTENT_TYPE = CONTENT_TYPE_LATEST

Metric = TypeVar("Metric", bound=MetricWrapperBase)

_NO_FILE = (OSError, ValueError)
"""What a value raises whose memory-mapped file cannot be made or has no room."""
_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)
_latency = Histogram(
    "slipway_rank_seconds",
    "Time to rank, before the answer is sent",
    ["line", "arm"],
    buckets=_SECONDS,
)
_fallbacks = Counter(
    "slipway_fallbacks_total", "Answers by another than the assigned arm", ["line", "arm"]
)
_outcomes = Counter("slipway_outcomes_total", "Outcomes acknowledged", ["line"])
_refused = Counter("slipway_refused_total", "Requests refused, by HTTP status", ["status"])
_unlogged = Counter(
    "slipway_unlogged_total", "Answers whose exposure could not be logged", ["line"]
)
_contract = Counter(
    "slipway_contract_total",
    "Values that did not fit the line's contract: refused, defaulted, or features too old",
    ["line", "column", "action"],
)
_model_errors = Counter(
    "slipway_model_errors_total", "Errors of a version when it was asked", ["line", "version"]
)
_version_problems = Gauge(
    "slipway_version_problems",
    "Versions, orders or kept states with a problem",
    ["line"],
    multiprocess_mode="livemax",
)
_troubles = Counter(
    "slipway_background_errors_total", "Failed rounds of a background task", ["task"]
)
_epoch = Gauge(
    "slipway_release_epoch", "Release state in force", ["line"], multiprocess_mode="livemin"
)
_share = Gauge(
    "slipway_candidate_share",
    "Candidate's fraction of users",
    ["line"],
    multiprocess_mode="livemax",
)
_age = Gauge(
    "slipway_registry_age_seconds",
    "Since the registry last answered",
    ["line"],
    multiprocess_mode="livemin",
)
_alarm = Gauge(
    "slipway_alarm",
    "1 where something of the line cannot be seen or shown; /readyz says what",
    ["line", "kind"],
    multiprocess_mode="livemostrecent",
)


class Quiet(Generic[Metric]):
    """One labelled value, whose file may have no room: what counts an answer must not cost it."""

    def __init__(self, of: Metric, *labels: str) -> None:
        self._of, self._labels = of, labels
        self._child: Metric | None = None

    def child(self) -> Metric:
        """The value itself, made when it is first asked for; raises OSError where it cannot be."""
        if self._child is None:
            self._child = self._of.labels(*self._labels)
            with suppress(OSError):
                reserve()  # this value may have made its file, or made it grow
        return self._child

    def inc(self: "Quiet[Counter]", amount: float = 1) -> None:
        """Count ``amount`` more."""
        with suppress(*_NO_FILE):
            self.child().inc(amount)

    def observe(self: "Quiet[Histogram]", amount: float) -> None:
        """Count one more of this size."""
        with suppress(*_NO_FILE):
            self.child().observe(amount)

    def set(self: "Quiet[Gauge]", value: float) -> None:
        """Say what it is now."""
        with suppress(*_NO_FILE):
            self.child().set(value)


@cache
def latency(line: str, arm: str) -> Quiet[Histogram]:
    """Seconds to rank, per assigned arm."""
    return Quiet(_latency, line, arm)


@cache
def fallbacks(line: str, arm: str) -> Quiet[Counter]:
    """Answers by a stand-in, per assigned arm."""
    return Quiet(_fallbacks, line, arm)


@cache
def outcomes(line: str) -> Quiet[Counter]:
    """Acknowledged outcomes."""
    return Quiet(_outcomes, line)


@cache
def refused(status: int) -> Quiet[Counter]:
    """Refused requests per HTTP status."""
    return Quiet(_refused, str(status))


@cache
def unlogged(line: str) -> Quiet[Counter]:
    """Answers without a logged exposure."""
    return Quiet(_unlogged, line)


@cache
def contract(line: str, column: str, action: str) -> Quiet[Counter]:
    """Values that did not fit, per column and what was done about it."""
    return Quiet(_contract, line, column, action)


@cache
def model_errors(line: str, version: str) -> Quiet[Counter]:
    """What a version raised when it was asked."""
    return Quiet(_model_errors, line, version)


def version_problems(line: str, count: int) -> None:
    """Note how many problems ``/state`` names."""
    gauge(_version_problems, line).set(count)


@cache
def troubles(task: str) -> Quiet[Counter]:
    """Failed rounds of a background task."""
    return Quiet(_troubles, task)


@cache
def gauge(of: Gauge, *labels: str) -> Quiet[Gauge]:
    """A value of a line that may go down."""
    return Quiet(of, *labels)


def alarms(line: str, kinds: Collection[str]) -> None:
    """Note which kinds of alarm the line has now, and that it has no others."""
    for kind in KINDS:
        gauge(_alarm, line, kind).set(float(kind in kinds))


def policy_alarm(name: str, *, raised: bool) -> None:
    """Note whether the policy file has a table ``name`` that is of no line here."""
    gauge(_alarm, name, "policy").set(float(raised))


def release(line: str, epoch: int, share: float, age_s: float | None) -> None:
    """Note the release state in force and how old it may be."""
    gauge(_epoch, line).set(epoch)
    gauge(_share, line).set(share)
    if age_s is not None:
        gauge(_age, line).set(age_s)


def page() -> bytes:
    """All workers' metrics in Prometheus' text format."""
    registry = REGISTRY
    if _SHARED in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    text: bytes = generate_latest(registry)
    return text


def forget_dead_workers() -> None:
    """Drop the gauges of workers that were killed; their counts stay."""
    for path in Path(os.environ.get(_SHARED, os.devnull)).glob("gauge_live*.db"):
        pid = int(path.stem.rsplit("_", 1)[1])
        if not pid_exists(pid):
            multiprocess.mark_process_dead(pid)


def reserve(folder: Path | None = None) -> None:
    """Give the files of this worker their blocks on disk now: a page of a mapped file that a full
    disk has no block for ends the process that writes to it. Raises OSError where there is no room.
    """
    root = folder or Path(os.environ.get(_SHARED, os.devnull))
    for path in root.glob(f"*_{os.getpid()}.db"):
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.posix_fallocate(descriptor, 0, max(1, os.fstat(descriptor).st_size))
        finally:
            os.close(descriptor)
