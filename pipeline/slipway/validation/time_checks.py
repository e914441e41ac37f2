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
    missing,
)

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


def _not_given(table: Table, time: str, name: str, default: Value) -> Value:
    """Whether a row has neither the ``time`` nor a value of its own in the column ``name``."""
    if not name:
        return ibis.literal(False)
    value = column_of(table, name)
    absent = missing(value)
    if default is not None:
        absent |= value == default
    return time_column(table, time).isnull() & absent


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

    A missing time breaks it, too: what is not known cannot be proven early enough. Where ``column`` is
    named, a row without the time may have no value there, or its ``default``.
    """

    column: str = ""
    default: Value = None
    leak: ClassVar[LeakKind] = LeakKind.LATER

    def broken(self, table: Table) -> Value:
        """Known later, or nobody knows when."""
        return super().broken(table) & ~_not_given(table, self.earlier, self.column, self.default)


@dataclass(frozen=True, kw_only=True)
class ColumnToBeRecent(RowCheck):
    """``earlier`` lies at most ``seconds`` before ``later``; a missing time breaks it.

    ``column`` and ``default`` as in :class:`ColumnToBeKnownBefore`.
    """

    earlier: str = ""
    later: str = ""
    seconds: float = 0.0
    mostly: float = 1.0
    column: str = ""
    default: Value = None

    def broken(self, table: Table) -> Value:
        """Too old, or not known."""
        early, late = time_column(table, self.earlier), time_column(table, self.later)
        old = ~(early + _span(self.seconds) >= late).fill_null(False)
        return old & ~_not_given(table, self.earlier, self.column, self.default)

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
