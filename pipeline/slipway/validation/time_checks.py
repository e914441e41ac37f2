"""Checks of what was known when: values before requests, splits apart, labels mature."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar

import ibis

from slipway.domain.errors import NotComputable
from slipway.domain.leak import LeakKind
from slipway.validation.checks import (
    ROWS,
    Check,
    Facts,
    Judgement,
    RowCheck,
    Table,
    Value,
    column_of,
    missing,
    rounded,
    together,
)  # fmt: skip

_TICK = timedelta(microseconds=1)


def _time(table: Table, name: str) -> Value:
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
    return _time(table, time).isnull() & absent


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
        early, late = _time(table, self.earlier), _time(table, self.later)
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
        early, late = _time(table, self.earlier), _time(table, self.later)
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
        return ~(_time(table, self.time) <= ibis.literal(latest)).fill_null(False)

    @property
    def subject(self) -> str:
        """The time of the request."""
        return self.time


@dataclass(frozen=True, kw_only=True)
class SplitsToFollowInTime(Check):
    """Each split of ``order`` is there and ends before the next begins."""

    split_column: str = ""
    time_column: str = ""
    order: tuple[str, ...] = ()
    leak: ClassVar[LeakKind] = LeakKind.OVERLAP

    def questions(self, table: Table) -> dict[str, Value]:
        """First and last time of each split."""
        split, time = column_of(table, self.split_column), _time(table, self.time_column)
        asked: dict[str, Value] = {ROWS: table.count()}
        for name in self.order:
            asked[f"first of {name}"] = time.min(where=split == name)
            asked[f"last of {name}"] = time.max(where=split == name)
        return asked

    def judge(self, facts: Facts) -> Judgement:
        """In order or not."""
        absent = [name for name in self.order if facts[f"first of {name}"] is None]
        said = [f"no rows of {', '.join(absent)}"] if absent else []
        there = [name for name in self.order if name not in absent]
        if any(facts[f"last of {a}"] >= facts[f"first of {b}"] for a, b in pairwise(there)):
            said.append("they overlap in time")
        return Judgement(not said, "; ".join(said) or "in order", of=facts[ROWS])

    @property
    def subject(self) -> str:
        """The split."""
        return self.split_column


@dataclass(frozen=True, kw_only=True)
class GroupsToStayApart(Check):
    """No value of ``group`` (a list, a user) stands on both sides of the split ``sides``."""

    group: str = ""
    split_column: str = ""
    sides: tuple[str, str] = ("train", "holdout")
    leak: ClassVar[LeakKind] = LeakKind.OVERLAP

    def questions(self, table: Table) -> dict[str, Value]:
        """Different values on each side and on both together."""
        return {ROWS: table.count()} | _sides(
            repr(self),
            column_of(table, self.group),
            column_of(table, self.split_column),
            self.sides,
        )

    def judge(self, facts: Facts) -> Judgement:
        """What is in both adds up to more than there is."""
        both = _both(repr(self), facts)
        said = f"{both} values of {self.group} are in both" if both else "none is in both"
        return Judgement(facts[ROWS] > 0 and not both, said, both, facts[ROWS])

    def offenders(self, table: Table) -> Table:
        """Those values."""
        split = table[self.split_column]
        counted = table.group_by(self.group).aggregate(
            **{side: table.count(where=split == side) for side in self.sides}
        )
        return counted.filter(*(counted[side] > 0 for side in self.sides))

    @property
    def subject(self) -> str:
        """The group."""
        return self.group

    def shown(self) -> tuple[str, ...]:
        """The value and its rows on each side."""
        return (self.group, *self.sides)


@dataclass(frozen=True, kw_only=True)
class RowsNotToRepeatAcrossSplits(Check):
    """At most ``max_share`` of the rows tested on stand among those trained on, too.

    Rows are compared in ``columns``; numbers are rounded to ``digits`` decimal places first, so that
    near-duplicates meet (None: bit for bit).
    """

    columns: tuple[str, ...] = ()
    split_column: str = ""
    sides: tuple[str, str] = ("train", "holdout")
    digits: int | None = None
    max_share: float = 0.0
    leak: ClassVar[LeakKind] = LeakKind.OVERLAP

    def questions(self, table: Table) -> dict[str, Value]:
        """Different rows on each side and on both together."""
        return {ROWS: table.count()} | _sides(
            repr(self),
            together(table, self.columns, self.digits),
            column_of(table, self.split_column),
            self.sides,
        )

    def judge(self, facts: Facts) -> Judgement:
        """Few enough or not."""
        both, tested = _both(repr(self), facts), facts[f"{self!r} {self.sides[1]}"]
        said = f"{both} of {tested} rows tested on were trained on"
        return Judgement(tested > 0 and both <= self.max_share * tested, said, both, tested)

    def offenders(self, table: Table) -> Table:
        """Those rows."""
        alike = table.mutate(**{n: rounded(column_of(table, n), self.digits) for n in self.columns})
        split = alike[self.split_column]
        counted = alike.group_by(*self.columns).aggregate(
            **{side: alike.count(where=split == side) for side in self.sides}
        )
        return counted.filter(*(counted[side] > 0 for side in self.sides))

    def shown(self) -> tuple[str, ...]:
        """The row and how often it stands on each side."""
        return (*self.columns, *self.sides)


def _sides(key: str, value: Value, split: Value, sides: tuple[str, str]) -> dict[str, Value]:
    each = {f"{key} {side}": value.nunique(where=split == side) for side in sides}
    return {**each, f"{key} both": value.nunique(where=split.isin(sides))}


def _both(key: str, facts: Facts) -> int:
    """Size of an intersection: what the sides count twice."""
    counted = sum(int(facts[name]) for name in facts if name.startswith(key))
    return counted - 2 * int(facts[f"{key} both"])
