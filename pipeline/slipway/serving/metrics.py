"""Prometheus metrics of the router, summed over its workers.

The workers write to memory-mapped files in ``PROMETHEUS_MULTIPROC_DIR``; whichever worker is asked
for ``/metrics`` reads them all. The variable must be set before this module is imported.
"""

import os
from functools import cache
from pathlib import Path

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
from psutil import pid_exists

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)
_latency = Histogram(
    "slipway_rank_seconds", "Time to rank, before the answer is sent", ["line", "arm"],
    buckets=_SECONDS,
)  # fmt: skip
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
    "slipway_version_problems", "Versions, orders or kept states with a problem", ["line"],
    multiprocess_mode="livemax",
)  # fmt: skip
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
    "slipway_registry_age_seconds", "Since the registry last answered", ["line"],
    multiprocess_mode="livemin",
)  # fmt: skip


@cache
def latency(line: str, arm: str) -> Histogram:
    """Seconds to rank, per assigned arm."""
    return _latency.labels(line, arm)


@cache
def fallbacks(line: str, arm: str) -> Counter:
    """Answers by a stand-in, per assigned arm."""
    return _fallbacks.labels(line, arm)


@cache
def outcomes(line: str) -> Counter:
    """Acknowledged outcomes."""
    return _outcomes.labels(line)


@cache
def refused(status: int) -> Counter:
    """Refused requests per HTTP status."""
    return _refused.labels(status)


@cache
def unlogged(line: str) -> Counter:
    """Answers without a logged exposure."""
    return _unlogged.labels(line)


@cache
def contract(line: str, column: str, action: str) -> Counter:
    """Values that did not fit, per column and what was done about it."""
    return _contract.labels(line, column, action)


@cache
def model_errors(line: str, version: str) -> Counter:
    """What a version raised when it was asked."""
    return _model_errors.labels(line, version)


def version_problems(line: str, count: int) -> None:
    """Note how many problems ``/state`` names."""
    _version_problems.labels(line).set(count)


@cache
def troubles(task: str) -> Counter:
    """Failed rounds of a background task."""
    return _troubles.labels(task)


def release(line: str, epoch: int, share: float, age_s: float | None) -> None:
    """Note the release state in force and how old it may be."""
    _epoch.labels(line).set(epoch)
    _share.labels(line).set(share)
    if age_s is not None:
        _age.labels(line).set(age_s)


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
