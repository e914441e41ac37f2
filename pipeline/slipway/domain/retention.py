"""How long a line's data is kept, in days of event time, and the least that it cannot do without."""

from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial

from slipway.domain.config import check_knobs, knob
from slipway.domain.errors import BadConfig

_LONGEST = 36_500
_WEEK_DAYS = 7

kept = partial(knob, unit="days", at_least=1, at_most=_LONGEST)


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which each kind of data goes; what a release still stands on stays longer.

    Ages are those of the events: the hour of arrival, the time a table is of, the end of an
    interval. ``backfill_days`` is how far back a week can still be made again: the log has to reach
    that far, and everything that such a week reads.
    """

    backfill_days: float = knob(
        28.0,
        unit="days",
        about="how old a week may be that is made again",
        at_least=0,
        at_most=_LONGEST,
    )
    log_days: float = kept(400.0, about="exposures, outcomes and posts after they arrived")
    features_days: float = kept(400.0, about="feature tables after the time they are of")
    snapshots_days: float = kept(400.0, about="training tables after the end of their interval")
    rollups_days: float = kept(800.0, about="hourly sums, and users' sums, after their hour")
    evidence_days: float = kept(
        800.0, about="working folders and pages of runs after their interval"
    )
    looks_days: float = kept(800.0, about="inputs of decisions after the release went on")

    def __post_init__(self) -> None:
        check_knobs(self, "retention")


KINDS = tuple(
    item.name.removesuffix("_days") for item in fields(Retention) if item.name != "backfill_days"
)
"""What is kept for a time of its own."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a line reads of its past.

    ``trained_on`` lies before the interval, ``maturity`` is the outcome window, ``counted_over`` what
    a feature table is counted from. ``release`` is the longest a version may be judged, ``history``
    what is read of each user before it.
    """

    trained_on: timedelta = timedelta(0)
    maturity: timedelta = timedelta(0)
    counted_over: timedelta = timedelta(0)
    release: timedelta = timedelta(0)
    history: timedelta = timedelta(0)


def least(retention: Retention, needs: Needs) -> dict[str, float]:
    """The fewest days of each kind, by its knob, with which the line still works.

    >>> least(Retention(backfill_days=0), Needs(timedelta(weeks=4), timedelta(days=1)))["log_days"]
    37.0
    """
    week, day = timedelta(days=_WEEK_DAYS), timedelta(days=1)
    again = timedelta(days=retention.backfill_days) + week + day  # whole days go, not parts of one
    return {
        knob_name: days / day
        for knob_name, days in {
            "log_days": again + max(needs.trained_on + needs.maturity, needs.counted_over),
            "features_days": again,
            "snapshots_days": week,
            "rollups_days": needs.history + needs.release + needs.maturity + day,
            "evidence_days": max(week, needs.release),
            "looks_days": max(week, needs.release),
        }.items()
    }


def check_retention(line: str, retention: Retention, needs: Needs) -> None:
    """Raise BadConfig for a line that would lose what it still reads, with the least value."""
    for name, days in least(retention, needs).items():
        found = getattr(retention, name)
        if found < days:
            raise BadConfig(
                f"{line}.retention.{name}",
                found=found,
                expected=f">= {days:g} days, as weeks of the last {retention.backfill_days:g} days "
                f"can be made again and releases be judged to their end",
                next_step="keep it longer, or allow a smaller backfill_days; nothing was deleted",
            )
