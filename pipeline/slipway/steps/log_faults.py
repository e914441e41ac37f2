"""What of a line's log counts nowhere, or only once: somebody has to hear of it.

A part that was restored or imported under a second name stops the line's next training when its tables
are validated; the sums of each hour say it a week sooner. An outcome with a value that it cannot have,
such as a negative amount, is in no sum and in no training table.
"""

from datetime import datetime, timedelta
from pathlib import Path

from slipway.domain.errors import SlipwayError
from slipway.domain.line import Line
from slipway.settings import settings
from slipway.steps import context

HEARD_FOR = timedelta(days=1)
"""How long after its hour a fault is an alarm, in event time."""


def text(line_name: str) -> str:
    """One line that says what, how often and when; "" where the log is sound.

    Damaged sums do not keep a watch from its judgement: that they cannot be read is said instead.
    """
    line, _ = context.judged(line_name)
    if not line.has_traffic:
        return ""
    since, home = context.now() - HEARD_FOR, settings().home
    asked = context.judged_line(line_name)
    try:
        found = [of(home, asked, since) for of in (_doubled, _impossible, _conflicting)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, SlipwayError) as error:
        return f"whether the log is sound is not known: {context.in_one_line(error)}"
    return "; ".join(filter(None, found))


def _doubled(home: Path, line: Line, since: datetime) -> str:
    from slipway.data import left_out  # loads the query engine

    found = left_out.doubles(home, line, since)
    if not found:
        return ""
    rows, conflicts = (sum(each) for each in zip(*found.values(), strict=True))
    return (
        f"{rows} rows of the log are there already, and {conflicts} of them say something else,"
        f" in hours from {_hours(*found)}: each counts once, as it arrived first;"
        " take out the part that was restored or imported a second time"
    )


def _impossible(home: Path, line: Line, since: datetime) -> str:
    from slipway.data import deliveries, left_out  # loads the query engine

    found = left_out.impossible(home, line, since)
    if not found:
        return ""
    when = f"in hours from {_hours(*found)}"
    return deliveries.impossible_words(line.primary, sum(found.values()), when)


def _conflicting(home: Path, line: Line, since: datetime) -> str:
    from slipway.data import left_out  # loads the query engine

    found = left_out.conflicting(home, line, since)
    if not found:
        return ""
    return (
        f"{sum(found.values())} deliveries of the outcome {line.primary.name} came with two values or more under"
        f" one delivery id, in hours from {_hours(*found)}: the first that can count is taken; send a"
        " correction under an id of its own"
    )


def _hours(*hours: datetime) -> str:
    first, last = min(hours), max(hours)
    return f"{first:%Y-%m-%d %H:%M}" + (f" to {last:%Y-%m-%d %H:%M}" if last > first else "")
