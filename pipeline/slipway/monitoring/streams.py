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
    HIGH = "high"  # the highest hundredth of numbers lies further out
    LOW = "low"  # the lowest does
    RISEN = "risen"  # one value has more rows, be it a rare one
    LEVEL = "level"  # of the number of rows, beside all that is remembered: what moves slowly
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
    Sense.HIGH: "its highest values lie {:+.1f} doublings further out",
    Sense.LOW: "its lowest values lie {:+.1f} doublings further out",
    Sense.RISEN: "one value rose, {:+.1f} standard errors beyond what is usual",
    Sense.LEVEL: "their number is {:+.0%} from that of all weeks that are remembered",
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


DISTANCES = frozenset({Sense.MOVED, Sense.NEW, Sense.VANISHED, Sense.TURNOVER, Sense.RISEN})
"""Senses in which less than usual is no move: a quiet time is no news."""
LOGARITHMS = frozenset({Sense.ROWS, Sense.LEVEL})
"""Senses whose effect is a logarithm of a ratio."""


def tolerance_of(sense: Sense, policy: WatchPolicy) -> float:
    """What is too small to be spoken of, in the unit of the sense."""
    if sense is Sense.RISEN:
        return 0.0  # its distance begins beyond what is tolerated
    return float(getattr(policy, "tail" if sense in (Sense.HIGH, Sense.LOW) else sense.value))


def least_expected(sense: Sense) -> float:
    """What is expected at least, whatever the past was: what lies below it differs with the number of rows alone.

    How far a value stays below its tolerance grows with the rows, so that fewer of them would be a rise.
    """
    return 0.0 if sense is Sense.RISEN else -float("inf")


def weight_of(sense: Sense, policy: WatchPolicy) -> float:
    """The weight of the newest period in what is expected of the next; 0: all that are remembered have the same."""
    return 0.0 if sense is Sense.LEVEL else policy.newest_weight
