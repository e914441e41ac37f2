"""The drift of a line as one picture: columns down, weeks across, dark where a column moved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from slipway.reports.figures import drawn
from slipway.reports.ink import LIMIT
from slipway.reports.page import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOT_KNOWN = "#e3e7ec"
WEAKEST, LABELS = -12.0, 12
"""Strength below which a cell is white, and how many weeks have their date below them."""


def drift(
    columns: Sequence[str], periods: Sequence[str], strength: Sequence[Sequence[float | None]]
) -> Figure:
    """Strength [columns][periods] of a drift report; grey is not known, a cross is a note."""
    nothing = [[np.nan] * len(periods) for _ in columns]
    cells = np.array([[np.nan if s is None else s for s in row] for row in strength] or nothing)

    def draw(axes: "Axes") -> None:
        import matplotlib as mpl

        # a page's picture has no ground of its own: what is not known needs a colour
        colours = mpl.colormaps["Oranges"].with_extremes(bad=NOT_KNOWN)
        shown = np.clip(cells, WEAKEST, 0.0).reshape(len(columns), len(periods))
        if not shown.size:
            return
        axes.imshow(shown, aspect="auto", cmap=colours, vmin=WEAKEST, vmax=4.0)
        row, week = np.nonzero(np.nan_to_num(shown, nan=WEAKEST) >= 0)
        axes.plot(week, row, "x", color=LIMIT)
        axes.set_yticks(range(len(columns)), list(columns))
        some = range(0, len(periods), max(1, len(periods) // LABELS))
        axes.set_xticks(list(some), [periods[at] for at in some], rotation=45, ha="right")

    size = (9, 1.6 + 0.22 * max(4, len(columns)))
    caption = "Columns by weeks: the darker, the stronger the evidence of a move; a cross is a note, grey is not known."
    return drawn("drift", caption, draw, size)
