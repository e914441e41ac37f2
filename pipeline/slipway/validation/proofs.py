"""Proofs that no single table can give, kept as a small table of their own.

Each row is one column that was looked at for one kind of leak: ``holds`` or not, and why. A suite of
expectations then judges the rows like those of any table; a kind that nobody looked for fails.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from slipway.domain.leak import NEXT_STEP, Leak, LeakKind
from slipway.validation.checks import ROWS, Check, Facts, Judgement, Table, Value, column_of

COLUMNS = ("kind", "column", "holds", "wrong", "of", "said")


def proven(kind: LeakKind, columns: Iterable[str], leaks: Sequence[Leak]) -> list[dict[str, Any]]:
    """Rows of the proof table: every one of ``columns`` holds, unless a leak names it."""
    named = {leak.column: leak for leak in leaks}
    rows = []
    for name in dict.fromkeys((*columns, *named)):
        leak = named.get(name)
        rows.append(
            {
                "kind": str(kind),
                "column": name,
                "holds": leak is None,
                "wrong": leak.rows if leak else 0,
                "of": leak.of if leak else 0,
                "said": leak.reason if leak else "proven",
            }
        )
    return rows


def table_of(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The proof table."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


@dataclass(frozen=True, kw_only=True)
class ProofToHold(Check):
    """Every column that was looked at for the leak ``kind`` is free of it, and some were."""

    kind: str = ""

    def questions(self, table: Table) -> dict[str, Value]:
        """Columns looked at, and those that leak."""
        of_kind = column_of(table, "kind") == self.kind
        wrong = of_kind & ~column_of(table, "holds")
        first = table["column"].arbitrary(where=wrong)
        return {
            ROWS: table.count(),
            f"{self!r} made": table.count(where=of_kind),
            f"{self!r} wrong": table.count(where=wrong),
            f"{self!r} column": first,
        }

    def judge(self, facts: Facts) -> Judgement:
        """All hold, and there is one at least."""
        made, wrong = facts[f"{self!r} made"], facts[f"{self!r} wrong"]
        said = f"{wrong} of {made} columns leak" if made else "nobody looked for it"
        first = facts[f"{self!r} column"] or ""
        return Judgement(bool(made) and not wrong, said, wrong, made, first)

    def offenders(self, table: Table) -> Table:
        """What was found."""
        return table.filter((table["kind"] == self.kind) & ~table["holds"])

    def shown(self) -> tuple[str, ...]:
        """The column and why."""
        return ("column", "said", "wrong", "of")

    @property
    def leak_kind(self) -> str:
        """That kind."""
        return self.kind

    @property
    def next_step(self) -> str:
        """What to do about that kind."""
        return NEXT_STEP[LeakKind(self.kind)]
