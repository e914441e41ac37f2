"""Measurements made worse, shorter, one-sided or empty: what checks of gates are fed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.domain.loop import LoopMeasurements
from slipway.domain.measurement import (
    Counts,
    Difference,
    LiveMeasurements,
    MeanTotals,
    OfflineMeasurements,
    Ratio,
    StageUsers,
)
from slipway.gates.testing import (
    degraded_clusters,
    degraded_loop,
    degraded_predictions,
    degraded_traffic,
)
from slipway.gates.testing.degraded_clusters import Sorted
from slipway.gates.testing.degraded_predictions import Predicted

Measured = LiveMeasurements | OfflineMeasurements | Sorted | Predicted | LoopMeasurements
FEW = 2  # blocks that are enough to hold every kind of number
LOSSES = (0.02, 0.05, 0.1, 0.2, 0.5)
_LOSS = ("log_loss_diff_champion", "log_loss_diff_rules")
_GAIN = ("ndcg_diff_champion", "ndcg_diff_rules")
PLACE = {"control": 0, "candidate": 1}


def shortened(good: Measured) -> Measured:
    """The first two blocks alone; measurements without blocks are short already."""
    if not isinstance(good, LiveMeasurements):
        return good
    traffic = good.traffic
    return replace(
        good,
        clicks=good.clicks.among(np.arange(len(good.clicks.start_s)) < FEW),
        segments={
            name: part.among(np.arange(len(part.start_s)) < FEW)
            for name, part in good.segments.items()
        },
        traffic=degraded_traffic.among(traffic, np.arange(len(traffic.start_s)) < FEW),
        user_trials=good.user_trials[:3],
        user_successes=good.user_successes[:3],
    )


def nothing(good: Measured) -> Measured:
    """The same release, and nothing measured yet."""
    if isinstance(good, Sorted):
        return degraded_clusters.nothing(good)
    if isinstance(good, LoopMeasurements):
        return degraded_loop.nothing(good)
    if isinstance(good, Predicted):
        return degraded_predictions.nothing(good)
    if isinstance(good, OfflineMeasurements):
        none = Ratio(0.0, 0.0, 0.0)
        return replace(good, rows=0, requests=0, segments=(), parity_rows=0, latency_ratio=none)
    return LiveMeasurements(
        good.line,
        good.version,
        good.stage,
        good.now,
        good.stage_since,
        good.live_since,
        has_champion=good.has_champion,
        means={name: MeanTotals() for name in good.means},
    )


def silenced(good: LiveMeasurements, arm: str) -> LiveMeasurements:
    """Without the traffic of ``arm``; the rules fall silent with the control."""
    clicks = [PLACE[arm], 2]
    traffic = good.traffic
    keep = 1 if arm == "control" else 0
    kept: dict[str, Any] = {
        name: _zeroed(getattr(traffic, name), [PLACE[arm]])
        for name in ("requests", "fallbacks", "latency")
    }
    shadow: dict[str, Any] = {
        name: getattr(traffic, name) * keep
        for name in ("shadow_requests", "shadow_errors", "shadow_latency")
    }
    return replace(
        good,
        clicks=_without(good.clicks, clicks),
        segments={name: _without(part, clicks) for name, part in good.segments.items()},
        traffic=replace(traffic, **kept, **shadow),
        arrivals=(),
        means={name: MeanTotals() for name in good.means},
    )


def swapped(good: LiveMeasurements) -> LiveMeasurements:
    """The candidate's numbers as the control's, and the control's as the candidate's."""
    traffic = good.traffic
    turned: dict[str, Any] = {
        name: getattr(traffic, name)[:, [1, 0]] for name in ("requests", "fallbacks", "latency")
    }
    return replace(
        good,
        clicks=_turned(good.clicks),
        segments={name: _turned(part) for name, part in good.segments.items()},
        traffic=replace(traffic, **turned),
        means={
            name: replace(part, difference=-part.difference, history=-part.history)
            for name, part in good.means.items()
        },
    )


def one_user(good: LiveMeasurements) -> LiveMeasurements:
    """All of the control's traffic by one user."""
    return replace(
        good,
        user_trials=good.user_trials.sum(keepdims=True),
        user_successes=good.user_successes.sum(keepdims=True),
        means={name: replace(part, users=1.0) for name, part in good.means.items()},
    )


def cut(good: LiveMeasurements, at_s: int) -> tuple[LiveMeasurements, LiveMeasurements]:
    """The blocks that began before POSIX second ``at_s``, and the others."""

    def part(*, early: bool) -> dict[str, Any]:
        return {
            "clicks": good.clicks.among((good.clicks.start_s < at_s) == early),
            "segments": {
                name: counts.among((counts.start_s < at_s) == early)
                for name, counts in good.segments.items()
            },
            "traffic": degraded_traffic.among(good.traffic, (good.traffic.start_s < at_s) == early),
        }

    return replace(good, **part(early=True)), replace(good, **part(early=False))


def steps(good: Measured, *, gains: bool = False) -> Iterator[tuple[str, Sequence[Measured]]]:
    """Names of ways to become worse, and for each of them the way, step by step.

    With ``gains`` more clicks are worse instead of fewer.
    """
    if isinstance(good, Sorted):
        yield from degraded_clusters.steps(good, LOSSES)
    elif isinstance(good, LoopMeasurements):
        yield from degraded_loop.steps(good, LOSSES)
    elif isinstance(good, Predicted):
        yield from degraded_predictions.steps(good, LOSSES)
    elif isinstance(good, OfflineMeasurements):
        yield from _offline_steps(good)
    else:
        yield from _live_steps(good, gains=gains)


def _live_steps(
    good: LiveMeasurements, *, gains: bool
) -> Iterator[tuple[str, list[LiveMeasurements]]]:
    scale = 4 if gains else -1
    yield "clicks", [replace(good, clicks=_scaled(good.clicks, 1 + scale * x)) for x in LOSSES]
    t = good.traffic
    parts = good.segments.items()
    scaled = [{k: _scaled(v, 1 + scale * x) for k, v in parts} for x in LOSSES]
    yield "segments", [replace(good, segments=each) for each in scaled]
    yield "users", [replace(good, arrivals=_lost(good.arrivals, x)) for x in LOSSES]
    yield "fallbacks", [replace(good, traffic=degraded_traffic.failing(t, loss)) for loss in LOSSES]
    yield "latency", [replace(good, traffic=degraded_traffic.slowed(t, by)) for by in (2, 4, 8)]
    yield (
        "means",
        [
            replace(
                good,
                means={
                    name: replace(part, difference=part.difference - loss * part.level)
                    for name, part in good.means.items()
                },
            )
            for loss in LOSSES
        ],
    )
    since = [good.now - part * (good.now - good.stage_since) for part in (0.5, 0.1, 0.0)]
    yield "time", [replace(good, stage_since=at) for at in since]
    yield "reference", [replace(good, reference=(-loss, 0.0)) for loss in LOSSES]


def _offline_steps(good: OfflineMeasurements) -> Iterator[tuple[str, list[OfflineMeasurements]]]:
    for names, sign in ((_LOSS, 1), (_GAIN, -1)):
        for name in names:
            moved: list[dict[str, Any]] = [
                {name: _moved(getattr(good, name), sign * x)} for x in LOSSES
            ]
            yield name, [replace(good, **change) for change in moved]
    yield "ece", [replace(good, ece={**good.ece, "candidate": x}) for x in LOSSES]
    yield "parity", [replace(good, parity_mismatches=n) for n in (1, 10, 100)]
    yield "mix", [replace(good, category_mix_distance=x) for x in (0.1, 0.3, 0.9)]
    yield "overlap", [replace(good, top_k_overlap=x) for x in (0.6, 0.3, 0.0)]
    yield "latency", [replace(good, latency_ratio=Ratio(x, x - 0.1, x + 0.1)) for x in (1.4, 2, 9)]
    segments = good.segments
    yield (
        "segments",
        [
            replace(good, segments=tuple(s._replace(mean=s.mean + x) for s in segments))
            for x in LOSSES
        ],
    )


def _moved(found: Difference | None, by: float) -> Difference | None:
    return found._replace(mean=found.mean + by) if found else None


def _without(counts: Counts, places: list[int]) -> Counts:
    return replace(
        counts, trials=_zeroed(counts.trials, places), successes=_zeroed(counts.successes, places)
    )


def _zeroed(values: NDArray[np.int64], places: list[int]) -> NDArray[np.int64]:
    out = values.copy()
    out[:, places] = 0
    return out


def _turned(counts: Counts) -> Counts:
    order = [1, 0, 2]
    return replace(counts, trials=counts.trials[:, order], successes=counts.successes[:, order])


def _scaled(counts: Counts, factor: float) -> Counts:
    """The candidate's clicks multiplied, at most one for each trial."""
    clicks = counts.successes.copy()
    clicks[:, 1] = np.minimum(np.rint(clicks[:, 1] * factor), counts.trials[:, 1])
    return replace(counts, successes=clicks)


def _lost(arrivals: Sequence[StageUsers], share: float) -> tuple[StageUsers, ...]:
    """A share of the candidate's users never arrives."""
    return tuple(
        replace(a, users=(a.users[0], round(a.users[1] * (1 - share)), *a.users[2:]))
        for a in arrivals
    )
