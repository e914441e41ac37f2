"""Weeks of a loop made worse or empty: what checks of its gate are fed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from slipway.domain.loop import LoopMeasurements, LoopWeek


def nothing(good: LoopMeasurements) -> LoopMeasurements:
    """The same line, and no week seen."""
    return replace(good, weeks=())


def steps(
    good: LoopMeasurements, losses: Sequence[float]
) -> Iterator[tuple[str, Sequence[LoopMeasurements]]]:
    """Names of ways to become worse, and for each of them the way by growing ``losses``."""
    yield "gap", [_changed(good, loss, 0.0) for loss in losses]
    yield "gap and concentration", [_changed(good, 0.01, loss) for loss in losses]


def _changed(good: LoopMeasurements, gap: float, rise: float) -> LoopMeasurements:
    """A larger gap in every week, and a Gini that grows from week to week."""
    weeks = tuple(_week(w, gap, rise * at) for at, w in enumerate(good.weeks))
    return replace(good, weeks=weeks)


def _week(week: LoopWeek, gap: float, rise: float) -> LoopWeek:
    arms = dict(week.arms)
    arms["champion"] = arms["champion"]._replace(gini=arms["champion"].gini + rise)
    found = week.gap._replace(mean=week.gap.mean + gap) if week.gap else None
    return replace(week, gap=found, arms=arms)
