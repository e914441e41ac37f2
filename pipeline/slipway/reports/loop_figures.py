"""The loop of a line as pictures: the shadow gap and the Gini of each arm by week, and where a simulation leads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from slipway.domain.loop import LoopMeasurements
from slipway.reports.figures import drawn
from slipway.reports.ink import CANDIDATE, CHAMPION, INK, LIMIT, RULES
from slipway.reports.page import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (6.0, 2.6)
COLOURS = {"champion": CHAMPION, "rules": RULES, "explore": INK}
BOUND = 1.645
"""Standard errors of a 90 % interval."""


def drawn_weeks(measured: LoopMeasurements) -> tuple[Figure, ...]:
    """The gap with its 90 % interval, then the Gini of each arm, by week."""
    return _gap(measured), _gini(measured)


def _gap(measured: LoopMeasurements) -> Figure:
    def draw(axes: "Axes") -> None:
        known = [(at, week.gap) for at, week in enumerate(measured.weeks) if week.gap]
        axes.axhline(0, color=LIMIT, linewidth=0.8)
        axes.errorbar(
            [at for at, _ in known],
            [100 * gap.mean for _, gap in known],
            [100 * BOUND * gap.se for _, gap in known],
            fmt="o-",
            color=CHAMPION,
            markersize=3,
        )
        axes.set_ylabel("shadow gap, %")
        _weeks(axes, measured)

    caption = "What explored clicks of earlier weeks would gain beyond the model's own ranking, with 90 % intervals."
    return drawn("loop-gap", caption, draw, SIZE)


def _gini(measured: LoopMeasurements) -> Figure:
    def draw(axes: "Axes") -> None:
        for arm, colour in COLOURS.items():
            seen = [(at, w.arms[arm].gini) for at, w in enumerate(measured.weeks) if arm in w.arms]
            axes.plot(
                [at for at, _ in seen],
                [gini for _, gini in seen],
                "o-",
                color=colour,
                label=arm,
                markersize=3,
            )
        axes.set_ylabel("Gini of exposures")
        axes.legend(frameon=False)
        _weeks(axes, measured)

    return drawn(
        "loop-gini", "Concentration beside the arms that the model never feeds.", draw, SIZE
    )


def _weeks(axes: "Axes", measured: LoopMeasurements) -> None:
    names = [week.week for week in measured.weeks]
    some = range(0, len(names), max(1, len(names) // 6))
    axes.set_xticks(list(some), [names[at] for at in some], rotation=30, ha="right")


def where_it_leads(value: Mapping[str, Sequence[float]]) -> Figure:
    """Value of each learner's lists by simulated week, of the best possible."""

    def draw(axes: "Axes") -> None:
        colours = (CANDIDATE, RULES, INK)
        for colour, (name, weeks) in zip(colours, value.items(), strict=False):
            axes.plot(
                np.arange(1, len(weeks) + 1),
                [100 * v for v in weeks],
                "o-",
                color=colour,
                label=name,
                markersize=3,
            )
        axes.set_xlabel("week")
        axes.set_ylabel("clicks, % of the best")
        axes.legend(frameon=False)

    return drawn(
        "loop-value", "Where the loop leads in a world fitted to the line's own log.", draw, SIZE
    )
