"""When a line is retrained, and on how much of the past."""

import re
from dataclasses import dataclass
from datetime import timedelta

from slipway.domain.errors import BadConfig
from slipway.domain.origins import check_zone

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
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
        check_zone(self.zone, "schedule.zone")
        for name in ("train", "holdout"):
            span = getattr(self, name)
            if span is not None and span < timedelta(hours=1):
                raise BadConfig(f"schedule.{name}", found=str(span), expected="at least an hour",
                                next_step="correct the duration")  # fmt: skip
        parts = str(self.cron).split()
        if len(parts) != len(_FIELDS):
            raise self._bad("five fields: minute hour day month weekday")
        for text, (field, low, high) in zip(parts, _FIELDS, strict=True):
            if not all(_fits(one, low, high) for one in text.split(",")):
                raise self._bad(f"a {field} of {low} to {high} in its place, not {text}")

    def _bad(self, expected: str) -> BadConfig:
        return BadConfig("schedule.cron", found=self.cron, expected=expected,
                         next_step="correct it; 0 6 * * 1 is Monday at 6:00")  # fmt: skip


def _fits(text: str, low: int, high: int) -> bool:
    """Whether ``text`` is one part of a cron field: ``*``, ``3``, ``1-5``, each with ``/step``."""
    found = _STEP.fullmatch(text)
    if not found:
        return False
    ends = [] if found[1] == "*" else [int(end) for end in found[1].split("-")]
    step = int(found[2]) if found[2] else 1
    return step >= 1 and ends == sorted(ends) and all(low <= end <= high for end in ends)
