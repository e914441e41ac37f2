"""What can be asked of a table in one scan: each check says its questions and judges the answers.

A check knows nothing of Great Expectations. Its questions are Ibis aggregates, so that all checks of
a suite are answered by one query on whatever engine holds the table; its ``offenders`` are the rows
that break it, fetched only where it is broken. A missing value is NULL or NaN.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

import ibis
import pandas as pd

from slipway.data import ibis_types
from slipway.domain.errors import NotComputable
from slipway.domain.in_words import counted
from slipway.domain.leak import NEXT_STEP, LeakKind

Table: TypeAlias = ibis_types.Table
Value = Any  # an Ibis column or scalar
Facts = Mapping[str, Any]
Fetch = Callable[[Table], pd.DataFrame]

ROWS = "rows"


class Judgement(NamedTuple):
    """The judgement: ``wrong`` of ``of`` rows, in words that a person understands.

    ``column`` is the one to blame where only the answers tell.
    """

    success: bool
    said: str
    wrong: int = 0
    of: int = 0
    column: str = ""


@dataclass(frozen=True, kw_only=True)
class Check(ABC):
    """One promise about a table; subclasses are frozen dataclasses of its arguments."""

    leak: ClassVar[LeakKind | None] = None

    @abstractmethod
    def questions(self, table: Table) -> dict[str, Value]:
        """Aggregates by name; what several checks call alike is asked once."""

    @abstractmethod
    def judge(self, facts: Facts) -> Judgement:
        """What the answers mean."""

    def offenders(self, table: Table) -> Table | None:
        """Rows that break the promise, with the columns that show it; None where rows do not."""
        return None

    def look(self, table: Table, facts: Facts, fetch: Fetch) -> dict[str, Any]:
        """Further answers that need a sample of the rows themselves; most checks need none."""
        return {}

    @property
    def leak_kind(self) -> str:
        """The kind of leak that it looks for, "" if it looks for none."""
        return str(self.leak or "")

    @property
    def next_step(self) -> str:
        """What a person does where the promise is broken."""
        return NEXT_STEP[self.leak] if self.leak else "look at the rows shown and mend their source"

    @property
    def subject(self) -> str:
        """The column that it speaks of, "" if it speaks of the whole table."""
        return str(getattr(self, "column", ""))

    def shown(self) -> tuple[str, ...]:
        """Columns that show the offence."""
        return (self.subject,)


def column_of(table: Table, name: str) -> Value:
    """The column; raises NotComputable where the table has none of that name."""
    if name not in table.columns:
        raise NotComputable(
            f"column {name}",
            found="absent",
            expected=f"one of {', '.join(table.columns)}",
            next_step="look for a misspelt or lost column; nothing was trained",
        )
    return table[name]


def missing(value: Value) -> Value:
    """Whether nothing stands there: NULL, or NaN in a float column."""
    absent = value.isnull()  # noqa: PD003 - Ibis, where isna means another thing
    return absent | value.isnan() if value.type().is_floating() else absent


def how_many(rows: Value) -> Value:
    """How many of a column of truths hold.

    A sum and no filtered count: engines prove a sum of what can never hold from a file's statistics.
    """
    return ibis.coalesce(rows.cast("int64").sum(), 0)


def together(table: Table, names: tuple[str, ...], digits: int | None = None) -> Value:
    """The columns as one value that is compared exactly (an engine's hashes of words collide).

    With ``digits`` floats are rounded to so many decimal places first.
    """
    return ibis.struct({name: rounded(column_of(table, name), digits) for name in names})


def rounded(value: Value, digits: int | None) -> Value:
    """A float to ``digits`` decimal places; anything else, or without digits, as it is."""
    return value if digits is None or not value.type().is_floating() else value.round(digits)


@dataclass(frozen=True, kw_only=True)
class TableToHaveRows(Check):
    """There are at least ``min_value`` rows."""

    min_value: int = 1

    def questions(self, table: Table) -> dict[str, Value]:
        """The row count."""
        return {ROWS: table.count()}

    def judge(self, facts: Facts) -> Judgement:
        """Enough or not."""
        return Judgement(facts[ROWS] >= self.min_value, counted(facts[ROWS], "row"), of=facts[ROWS])


@dataclass(frozen=True, kw_only=True)
class RowCheck(Check):
    """A promise about each row, kept by at least ``mostly`` of them; no rows keep no promise."""

    mostly: float = 1.0

    @abstractmethod
    def broken(self, table: Table) -> Value:
        """Boolean column: whether the row breaks the promise."""

    def questions(self, table: Table) -> dict[str, Value]:
        """Rows, and rows that break it."""
        return {ROWS: table.count(), repr(self): how_many(self.broken(table))}

    def judge(self, facts: Facts) -> Judgement:
        """Few enough or not."""
        wrong, of = facts[repr(self)], facts[ROWS]
        said = f"{wrong} rows ({100 * wrong / of if of else 0:.3g} %) are not"
        return Judgement(of > 0 and wrong <= (1 - self.mostly) * of, said, wrong, of)

    def offenders(self, table: Table) -> Table:
        """Those rows."""
        return table.filter(self.broken(table))


@dataclass(frozen=True, kw_only=True)
class ValuesToBeKnown(RowCheck):
    """A value stands in ``column``."""

    column: str = ""
    mostly: float = 1.0

    def broken(self, table: Table) -> Value:
        """Nothing stands there."""
        return missing(column_of(table, self.column))


@dataclass(frozen=True, kw_only=True)
class ValuesToBeBetween(RowCheck):
    """A value of ``column`` that is there lies in the closed range; ``strict_min`` leaves it out."""

    column: str = ""
    min_value: float | None = None
    max_value: float | None = None
    strict_min: bool = False
    mostly: float = 1.0

    def broken(self, table: Table) -> Value:
        """It is there and outside."""
        value = column_of(table, self.column)
        outside = ibis.literal(value=False)
        if self.min_value is not None:
            low = self.min_value
            outside |= (value <= low) if self.strict_min else (value < low)
        if self.max_value is not None:
            outside |= value > self.max_value
        return ~missing(value) & outside


@dataclass(frozen=True, kw_only=True)
class ValuesToBeInSet(RowCheck):
    """A value of ``column`` that is there is one of ``value_set``."""

    column: str = ""
    value_set: tuple[Any, ...] = ()
    mostly: float = 1.0

    def broken(self, table: Table) -> Value:
        """It is there and none of them."""
        value = column_of(table, self.column)
        return ~missing(value) & ~value.isin(self.value_set)


@dataclass(frozen=True, kw_only=True)
class MeanToBeBetween(Check):
    """The mean of the values of ``column`` lies in the closed range."""

    column: str = ""
    min_value: float | None = None
    max_value: float | None = None

    def questions(self, table: Table) -> dict[str, Value]:
        """The mean."""
        value = column_of(table, self.column)
        return {ROWS: table.count(), f"mean {self.column}": value.mean(where=~missing(value))}

    def judge(self, facts: Facts) -> Judgement:
        """Inside or not; a mean of nothing is not inside."""
        mean = facts[f"mean {self.column}"]
        low = self.min_value is None or (mean is not None and mean >= self.min_value)
        high = self.max_value is None or (mean is not None and mean <= self.max_value)
        said = "no mean of no values" if mean is None else f"the mean is {mean:.6g}"
        return Judgement(mean is not None and low and high, said, of=facts[ROWS])
