"""Comparisons as pictures: an interval for each, losers on top, one small picture for each column."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from slipway.reports.figures import WIDTH, drawn
from slipway.reports.ink import CANDIDATE, CHAMPION, LIMIT
from slipway.reports.page import Figure
from slipway.reports.review.brief import EffectBeside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 24
"""Intervals of one picture; the table has the others."""
_LONGEST = 30


def intervals(name: str, caption: str, found: Sequence[EffectBeside]) -> Figure:
    """Each comparison with its interval; what is left of the dashes is a loss that is not allowed."""
    rows = found[:MOST]

    def draw(axes: "Axes") -> None:
        for place, one in enumerate(rows):
            lost = one.upper < 0
            axes.plot(
                [100 * one.lower, 100 * one.upper],
                [place, place],
                color=CHAMPION,
                lw=3,
                solid_capstyle="butt",
            )
            axes.plot(
                [100 * one.effect],
                [place],
                "D" if lost else "o",
                color=LIMIT if lost else CANDIDATE,
                ms=5,
            )
            if one.margin:
                axes.plot(
                    [-100 * one.margin] * 2, [place - 0.4, place + 0.4], color=LIMIT, ls="--", lw=1
                )
        axes.axvline(0, color=CHAMPION, lw=1)
        axes.set_yticks(range(len(rows)), [_short(one.what) for one in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("% against the champion (right is better)")

    return drawn(name, caption, draw, (WIDTH, 0.8 + 0.26 * max(3, len(rows))))


def by_column(found: Sequence[EffectBeside]) -> tuple[Figure, ...]:
    """A picture for each column of segments and place of measurement: numbers of one kind each."""
    ordered = sorted(found, key=_kind)  # stable: losers stay first in each
    return tuple(
        intervals(f"segments_{place}", _caption(*kind), tuple(parts))
        for place, (kind, parts) in enumerate(groupby(ordered, key=_kind))
    )


def _kind(one: EffectBeside) -> tuple[str, str]:
    return one.group, one.where


def _caption(group: str, where: str) -> str:
    of = f" by {group}, on {where}" if group else f" on {where}"
    return f"Segments{of}: best guess and interval; a diamond is a proven loss, dashes are the most that may be lost."


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
