"""The distances that are followed: of which column, in which segment, and in what sense."""

from enum import StrEnum
from typing import NamedTuple

from slipway.domain.watch_policy import WatchPolicy

ALL = "all"
"""The segment of all rows."""
VOLUME = "rows a day"
"""What stands for a column where the number of rows is followed: no column has such a name."""


class Sense(StrEnum):
    """In what sense a column may move."""

    LOCATION = "location"  # numbers are higher or lower
    SPREAD = "spread"  # numbers lie further apart or closer together
    MOVED = "moved"  # rows went to other values
    MISSING = "missing"  # more or fewer values are missing
    NEW = "new"  # values that the reference never had
    VANISHED = "vanished"  # values of the reference that are gone
    TURNOVER = "turnover"  # of the most frequent values others are the most frequent
    RESIDUAL = "residual"  # outcomes lie above or below what was predicted of them
    ROWS = "rows"  # there are more or fewer of them
    SLOPE = "slope"  # outcomes follow the prediction more or less steeply


WORDS = {
    Sense.LOCATION: "moved by {:+.2f} sd",
    Sense.SPREAD: "its spread changed by {:+.0%}",
    Sense.MOVED: "{:.1%} of rows went to other values",
    Sense.MISSING: "missing in {:+.1%} of rows",
    Sense.NEW: "{:+.1%} of rows have values never seen",
    Sense.VANISHED: "values of {:+.1%} of rows are gone",
    Sense.TURNOVER: "{:+.0%} of the most frequent values are others",
    Sense.RESIDUAL: "outcomes moved by {:+.2f} sd against what was predicted",
    Sense.ROWS: "their number moved by {:+.0%}",
    Sense.SLOPE: "the slope of outcomes on the prediction changed by {:+.2f}",
}
"""What is said of an effect, beyond what is usual."""


class Stream(NamedTuple):
    """One distance that is followed from period to period; ``part`` names a bin where it is of one alone."""

    column: str
    segment: str
    sense: Sense
    part: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """The column and segment: what a note is about."""
        return self.column, self.segment


def tolerance_of(sense: Sense, policy: WatchPolicy) -> float:
    """What is too small to be spoken of, in the unit of the sense."""
    return float(getattr(policy, sense.value))
