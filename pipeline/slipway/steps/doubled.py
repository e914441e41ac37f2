"""What stands in a line's log more than once: it counts once, and somebody has to hear of it.

A part that was restored or imported under a second name stops the line's next training when its tables
are validated; the sums of each hour say it a week sooner.
"""

from datetime import timedelta

from slipway.domain.errors import SlipwayError
from slipway.settings import settings
from slipway.steps import context

HEARD_FOR = timedelta(days=1)
"""How long after the hour of its request a double is an alarm, in event time."""


def text(line_name: str) -> str:
    """One line that says what, how often and when; "" where everything stands there once.

    Damaged sums do not keep a watch from its judgement: that they cannot be read is said instead.
    """
    from slipway.data import rollup  # noqa: PLC0415 - loads the query engine

    line, _ = context.judged(line_name)
    if not line.has_traffic:
        return ""
    since = context.now() - HEARD_FOR
    try:
        found = rollup.doubles(settings().home, context.judged_line(line_name), since)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, SlipwayError) as error:
        return f"whether the log holds rows twice is not known: {context.in_one_line(error)}"
    if not found:
        return ""
    rows, conflicts = (sum(each) for each in zip(*found.values(), strict=True))
    first, last = min(found), max(found)
    hours = f"{first:%Y-%m-%d %H:%M}" + (f" to {last:%Y-%m-%d %H:%M}" if last > first else "")
    return (
        f"{rows} rows of the log are there already, and {conflicts} of them say something else,"
        f" in hours from {hours}: each counts once, as it arrived first;"
        " take out the part that was restored or imported a second time"
    )
