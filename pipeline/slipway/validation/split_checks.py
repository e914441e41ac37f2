"""Checks of the split: trained first and tested later, and nothing on both sides."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from slipway.domain.leak import LeakKind
from slipway.validation.checks import (
    ROWS,
    Check,
    Facts,
    Judgement,
    Table,
    Value,
    column_of,
    rounded,
    together,
)
from slipway.validation.time_checks import time_column


@dataclass(frozen=True, kw_only=True)
class SplitsToFollowInTime(Check):
    """Each split of ``order`` is there and ends before the next begins."""

    split_column: str = ""
    time_column: str = ""
    order: tuple[str, ...] = ()
    leak: ClassVar[LeakKind] = LeakKind.OVERLAP

    def questions(self, table: Table) -> dict[str, Value]:
        """First and last time of each split."""
        split, time = column_of(table, self.split_column), time_column(table, self.time_column)
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
