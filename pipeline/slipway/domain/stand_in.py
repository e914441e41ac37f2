"""Who reviews for whom while somebody is away, on which days, and why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from slipway.domain.errors import BadConfig

LONGEST = timedelta(days=62)
"""Who is away for longer has a successor, not a stand-in."""
LONGEST_REASON = 200
"""Characters: it is signed with every decision, and stands in the ledger."""
_WORDS = {"for": str, "from": date, "until": date, "reason": str}


@dataclass(frozen=True, slots=True)
class StandIn:
    """``person`` reviews for ``stands_for`` from ``first`` to ``last`` (UTC, both days included)."""

    person: str
    stands_for: str
    first: date
    last: date
    reason: str

    @classmethod
    def from_dict(cls, person: str, raw: object, where: str) -> Self:
        """Read ``for``, ``from``, ``until`` and ``reason``; raises BadConfig, naming ``where``."""
        given = raw if isinstance(raw, Mapping) else {}
        kinds = {name: type(value) for name, value in given.items()}
        if kinds != _WORDS:
            raise _refuse(
                where, raw, "for and reason in words, from and until as dates (2026-12-01)"
            )
        found = cls(person, given["for"], given["from"], given["until"], given["reason"].strip())
        if found.stands_for == person:
            raise _refuse(f"{where}.for", person, "another person")
        if not timedelta(0) <= found.last - found.first <= LONGEST:
            raise _refuse(
                where, f"{found.first} to {found.last}", f"at most {LONGEST.days} days, in order"
            )
        if not 0 < len(found.reason) <= LONGEST_REASON or not found.reason.isprintable():
            raise _refuse(
                f"{where}.reason", found.reason, f"1 to {LONGEST_REASON} characters on one line"
            )
        return found

    def covers(self, at: datetime) -> bool:
        """Whether it is in force at a time."""
        return self.first <= at.astimezone(UTC).date() <= self.last

    @property
    def words(self) -> str:
        """As it is signed with a decision."""
        return f"for {self.stands_for}, {self.first} to {self.last}: {self.reason}"


def _refuse(what: str, found: object, expected: str) -> BadConfig:
    return BadConfig(
        what,
        found=found,
        expected=expected,
        next_step="correct the file of SLIPWAY_PEOPLE; until then nobody stands in",
    )
