"""When a line is retrained, and on how much of the past."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig
from slipway.domain.origins import check_zone

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_LOOK_BACK_DAYS = 9 * 366
"""Eight years may lie between two leap days."""
_STEP = re.compile(r"(\*|\d+(?:-\d+)?)(?:/(\d+))?")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Retraining at ``cron`` (five fields) in the IANA ``zone``.

    ``train`` is trained on and ``holdout`` after it is tested on; without ``holdout`` it is the
    interval since the last time.
    """

    cron: str = "0 6 * * 1"
    zone: str = "UTC"
    train: timedelta = timedelta(weeks=2)
    holdout: timedelta | None = None

    def __post_init__(self) -> None:
        settle_types(self, "schedule")
        check_zone(self.zone, "schedule.zone")
        for name in ("train", "holdout"):
            span = getattr(self, name)
            if span is not None and span < timedelta(hours=1):
                raise BadConfig(
                    f"schedule.{name}",
                    found=str(span),
                    expected="at least an hour",
                    next_step="correct the duration",
                )
        parts = str(self.cron).split()
        if len(parts) != len(_FIELDS):
            raise self._bad("five fields: minute hour day month weekday")
        for text, (field, low, high) in zip(parts, _FIELDS, strict=True):
            if not all(_fits(one, low, high) for one in text.split(",")):
                raise self._bad(f"a {field} of {low} to {high} in its place, not {text}")

    def last(self, until: datetime) -> datetime:
        """The last time (UTC) not after ``until`` at which the line is retrained.

        Raises BadConfig for a cron that names no day of the last years.

        >>> Schedule().last(datetime(2025, 3, 5, tzinfo=UTC)).isoformat()
        '2025-03-03T06:00:00+00:00'
        """
        zone = ZoneInfo(self.zone)
        minutes, hours, days, months, weekdays = (
            set(_values(text, low, high))
            for text, (_, low, high) in zip(self.cron.split(), _FIELDS, strict=True)
        )
        any_day, any_weekday = (self.cron.split()[place][0] == "*" for place in (2, 4))
        day = until.astimezone(zone).date()
        for _ in range(_LOOK_BACK_DAYS):
            of_month, of_week = day.day in days, day.isoweekday() % 7 in {w % 7 for w in weekdays}
            # as cron does: of two that are named one is enough
            either = of_month or of_week if not (any_day or any_weekday) else of_month and of_week
            if day.month in months and either:
                ticks = [
                    datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(
                        UTC
                    )
                    for hour in hours
                    for minute in minutes
                ]
                if past := [tick for tick in ticks if tick <= until]:
                    return max(past)
            day -= timedelta(days=1)
        raise self._bad("a day that comes")

    def interval_before(self, at: datetime) -> tuple[datetime, datetime]:
        """The interval (UTC) of a run that is asked for at ``at``: up to the last midnight of the zone.

        It is as long as the last one of the cron.

        >>> [f"{each:%a %d %H}" for each in Schedule().interval_before(datetime(2025, 3, 6, 9, tzinfo=UTC))]
        ['Thu 27 00', 'Thu 06 00']
        """
        last = self.last(at)
        midnight = at.astimezone(ZoneInfo(self.zone)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        end = midnight.astimezone(UTC)
        return end - (last - self.last(last - timedelta(microseconds=1))), end

    def _bad(self, expected: str) -> BadConfig:
        return BadConfig(
            "schedule.cron",
            found=self.cron,
            expected=expected,
            next_step="correct it; 0 6 * * 1 is Monday at 6:00",
        )


def _values(text: str, low: int, high: int) -> Iterator[int]:
    """The values of a cron field that fits."""
    for one in text.split(","):
        found = _STEP.fullmatch(one)
        if found is None:
            continue
        first, _, last = found[1].partition("-")
        start = low if first == "*" else int(first)
        end = high if first == "*" or (found[2] and not last) else int(last or first)
        yield from range(start, end + 1, int(found[2] or 1))


def _fits(text: str, low: int, high: int) -> bool:
    """Whether ``text`` is one part of a cron field: ``*``, ``3``, ``1-5``, each with ``/step``."""
    found = _STEP.fullmatch(text)
    if not found:
        return False
    ends = [] if found[1] == "*" else [int(end) for end in found[1].split("-")]
    step = int(found[2]) if found[2] else 1
    return step >= 1 and ends == sorted(ends) and all(low <= end <= high for end in ends)
