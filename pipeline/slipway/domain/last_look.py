"""When a release was last looked at, and when the next look is due: how its absence is noticed.

Times are of the wall clock: that nobody looks is seen in real time, however fast events run.
"""

import json
from dataclasses import dataclass
from typing import Self

REMEMBERED = 5
LEAST_S, LONGEST_S = 15.0, 120.0
"""A look is not expected more often than the first, nor the gap of a slow machine more than the second
or four times the pace: who was switched off for a day is not late for a day."""
LATE_AFTER = 1.75
"""Intervals without a look after which it is late: said before the second look is missed whole."""


@dataclass(frozen=True, slots=True)
class LastLook:
    """A look ``at`` POSIX seconds, at the pace of one every ``every_s``, after gaps of ``gaps_s``."""

    at: float
    every_s: float
    gaps_s: tuple[float, ...] = ()

    @property
    def interval_s(self) -> float:
        """Seconds from one look to the next: the pace, or what this machine needed lately.

        >>> LastLook(0.0, 300.0, (310.0, 302.0)).interval_s
        310.0
        """
        longest = max(LONGEST_S, 4 * self.every_s)
        return max(LEAST_S, self.every_s, *(min(gap, longest) for gap in self.gaps_s))

    def then(self, at: float, every_s: float) -> "LastLook":
        """The next one."""
        gaps = (*self.gaps_s, max(0.0, at - self.at))[-REMEMBERED:]
        return LastLook(at, every_s, gaps)

    def to_text(self) -> str:
        """The tag's JSON; :meth:`from_text` reads it back."""
        return json.dumps({"at": self.at, "every_s": self.every_s, "gaps_s": self.gaps_s})

    @classmethod
    def from_text(cls, text: str | None) -> Self | None:
        """Read the tag; None where there is none that can be understood."""
        try:
            raw = json.loads(text or "")
            return cls(float(raw["at"]), float(raw["every_s"]), tuple(map(float, raw["gaps_s"])))
        except (ValueError, KeyError, TypeError):
            return None
