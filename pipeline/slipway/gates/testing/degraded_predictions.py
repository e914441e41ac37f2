"""Measurements of predictions made worse or empty: what checks of their gates are fed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from slipway.domain.held_out import Ratio
from slipway.domain.interleaved import Interleaved
from slipway.domain.paired_shadow import NOTHING, PairedShadow
from slipway.domain.predictions import PredictionMeasurements

Predicted = PredictionMeasurements | PairedShadow | Interleaved


def nothing(good: Predicted) -> Predicted:
    """The same candidate, and no row seen."""
    if isinstance(good, PairedShadow):
        return replace(good, losses=NOTHING, hours=0)
    if isinstance(good, Interleaved):
        return replace(good, losses=NOTHING, hours=0, lists=0, equal=0, failed=0, unfit=0)
    none = Ratio(0.0, 0.0, 0.0)
    return replace(good, rows=0, segments=(), biases=(), parity_rows=0, latency_ratio=none)


def steps(good: Predicted, losses: Sequence[float]) -> Iterator[tuple[str, Sequence[Predicted]]]:
    """Names of ways to become worse, and for each of them the way by growing ``losses``."""
    if isinstance(good, PairedShadow | Interleaved):
        yield "difference", [_erring(good, x) for x in losses]
        return
    for name in ("loss_diff_champion", "loss_diff_rules"):
        found = getattr(good, name)
        if found is not None:
            yield (
                name,
                [replace(good, **{name: found._replace(mean=found.mean + x)}) for x in losses],
            )
    yield (
        "miscalibration",
        [replace(good, miscalibration={**good.miscalibration, "candidate": x}) for x in losses],
    )
    yield "parity", [replace(good, parity_mismatches=n) for n in (1, 10, 100)]
    yield "shift", [replace(good, shift=x) for x in (0.3, 0.6, 1.0)]
    yield "flips", [replace(good, flips=x) for x in losses]
    yield "latency", [replace(good, latency_ratio=Ratio(x, x - 0.1, x + 0.1)) for x in (1.4, 2, 9)]
    yield (
        "segments",
        [
            replace(good, segments=tuple(s._replace(mean=s.mean + x) for s in good.segments))
            for x in losses
        ],
    )


def _erring(good: Predicted, share: float) -> Predicted:
    """The candidate's loss grown by a share of the control's, evenly over rows."""
    assert isinstance(good, PairedShadow | Interleaved)
    more = share * good.losses.control
    return replace(good, losses=good.losses._replace(difference=good.losses.difference + more))
