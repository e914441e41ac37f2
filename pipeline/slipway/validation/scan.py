"""One table, asked all questions of all checks in one query; rows are fetched only to show faults."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import ibis
import pandas as pd

from slipway.data import engine
from slipway.domain.errors import NotComputable
from slipway.validation.checks import Check, Judgement, Table

SHOWN_ROWS = 5
"""Offending rows that a page shows."""

NEVER_SHOWN = ("user",)
"""Columns that name a person: pages are kept longer than a person may want to be known."""


class Scan:
    """A table with the checks that are made of it.

    ``table`` is an Ibis expression on ``con``, or rows in memory (pandas, Arrow). Nothing is read
    before the first answer is wanted; everything is then read once.
    """

    def __init__(self, table: Any, checks: Sequence[Check], con: engine.Backend = None) -> None:
        self.con = con if con is not None else engine_of(table)
        self.table = as_table(table)
        self.checks = tuple(checks)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The answers to all questions by name; raises NotComputable where one has none."""
        asked: dict[str, Any] = {}
        for check in self.checks:
            with _explained(check):
                asked |= check.questions(self.table)
        places = {f"a{place}": value for place, value in enumerate(asked.values())}
        with _explained("the scan"):
            answers = self.con.to_pyarrow(self.table.aggregate(**places)).to_pylist()[0]
        facts = dict(zip(asked, answers.values(), strict=True))
        for check in self.checks:
            with _explained(check):
                facts |= check.look(self.table, facts, self.fetch)
        return facts

    def found(self, check: Check) -> Judgement:
        """The judgement of one of the checks, or of one that equals it (1 and 1.0 are alike)."""
        return self.checks[self.checks.index(check)].judge(self.facts)

    def examples(self, check: Check, shown: Sequence[str] = ()) -> list[dict[str, Any]]:
        """A few of the rows that break ``check``, with its columns and ``shown`` ones."""
        offenders = check.offenders(self.table)
        if offenders is None:
            return []
        wanted = dict.fromkeys((*shown, *check.shown()))
        names = [n for n in wanted if n in offenders.columns and n not in NEVER_SHOWN]
        if not names:
            return []  # what breaks the promise of a whole table may have no column to show
        rows = self.fetch(offenders.select(*names).limit(SHOWN_ROWS))
        return [plain(row) for row in rows.to_dict("records")]

    def fetch(self, table: Table) -> pd.DataFrame:
        """A small result."""
        frame: pd.DataFrame = self.con.to_pyarrow(table).to_pandas()
        return frame


def engine_of(table: Table) -> engine.Backend:
    """The engine that holds ``table``, a new one for rows in memory."""
    held = isinstance(table, ibis.Table) and table._find_backends()[0]  # noqa: SLF001 - no public way
    return held[0] if held else engine.connect()


def as_table(rows: Any) -> Table:  # Ibis, pandas or Arrow
    """Rows in memory as an expression that any engine can read; an expression as it is."""
    return rows if isinstance(rows, ibis.Table) else ibis.memtable(rows)


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as JSON holds it."""
    return {str(name): _cell(value) for name, value in row.items()}


def _cell(value: Any) -> Any:  # whatever a cell holds
    if isinstance(value, str | int | float) or value is None:
        return value
    return value.item() if hasattr(value, "item") else str(value)


@contextmanager
def _explained(of: object) -> Iterator[None]:
    """Turn what an engine says into one line about the check."""
    try:
        yield
    except engine.errors() as error:
        raise NotComputable(
            str(of),
            found=str(error).strip().splitlines()[0],
            expected="evaluated on every row",
            next_step="look for values of another type; nothing was trained",
        ) from error
