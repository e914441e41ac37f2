"""Checks of what was known when: values before requests, labels mature."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import ibis

from slipway.domain.errors import NotComputable
from slipway.domain.leak import LeakKind
from slipway.validation.checks import (
    RowCheck,
    Table,
    Value,
    column_of,
)  # fmt: skip

_TICK = timedelta(microseconds=1)


def time_column(table: Table, name: str) -> Value:
    """A column of times with their zone; raises NotComputable for anything else."""
    value = column_of(table, name)
    kind = value.type()
    if not kind.is_timestamp() or kind.timezone is None:
        raise NotComputable(
            f"column {name}",
            found=f"of type {kind}",
            expected="times with their zone",
            next_step="store UTC times; without a zone nobody can tell what was known when",
        )
    return value


def _span(seconds: float) -> Value:
    return ibis.interval(microseconds=timedelta(seconds=seconds) // _TICK)


@dataclass(frozen=True, kw_only=True)
class TimesToFollow(RowCheck):
    """``earlier`` lies no later than ``later`` (``strictly``: before it) in each row.

    A missing time breaks it on either side.
    """

    earlier: str = ""
    later: str = ""
    strictly: bool = False
    mostly: float = 1.0

    def broken(self, table: Table) -> Value:
        """The other way round, or not known."""
        early, late = time_column(table, self.earlier), time_column(table, self.later)
        fine = early < late if self.strictly else early <= late
        return ~fine.fill_null(False)

    @property
    def subject(self) -> str:
        """The one that has to be early."""
        return self.earlier

    @property
    def next_step(self) -> str:
        """Times in the wrong order are a clock's fault, but for a value that came too late."""
        if self.leak:
            return super().next_step
        return f"compare the clocks that write {self.earlier} and {self.later}"

    def shown(self) -> tuple[str, ...]:
        """Both times."""
        return (self.earlier, self.later)


@dataclass(frozen=True, kw_only=True)
class ColumnToBeKnownBefore(TimesToFollow):
    """What became known at ``earlier`` was known by ``later``, the time of the request.

    A missing time breaks it, too: what is not known cannot be proven early enough.
    """

    leak: ClassVar[LeakKind] = LeakKind.LATER


@dataclass(frozen=True, kw_only=True)
class ColumnToBeRecent(RowCheck):
    """``earlier`` lies at most ``seconds`` before ``later``; a missing time breaks it."""

    earlier: str = ""
    later: str = ""
    seconds: float = 0.0
    mostly: float = 1.0

    def broken(self, table: Table) -> Value:
        """Too old, or not known."""
        early, late = time_column(table, self.earlier), time_column(table, self.later)
        return ~(early + _span(self.seconds) >= late).fill_null(False)

    @property
    def subject(self) -> str:
        """The one that has to be recent."""
        return self.earlier

    def shown(self) -> tuple[str, ...]:
        """Both times."""
        return (self.earlier, self.later)


@dataclass(frozen=True, kw_only=True)
class LabelsToHaveMatured(RowCheck):
    """Each outcome had ``seconds`` after its request (``time``) before the ``cut`` (ISO 8601).

    A row younger than that may still become positive: taken for negative, it teaches that recent
    things are bad.
    """

    time: str = ""
    seconds: float = 0.0
    cut: str = ""
    mostly: float = 1.0
    leak: ClassVar[LeakKind] = LeakKind.IMMATURE

    def broken(self, table: Table) -> Value:
        """Asked for too late, or nobody knows when."""
        latest = datetime.fromisoformat(self.cut) - timedelta(seconds=self.seconds)
        return ~(time_column(table, self.time) <= ibis.literal(latest)).fill_null(False)

    @property
    def subject(self) -> str:
        """The time of the request."""
        return self.time
