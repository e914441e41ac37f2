"""A scan shows the rows that break a promise, as far as there is something to show."""

from dataclasses import dataclass

import pandas as pd
import pytest
from slipway.validation.checks import Check, Judgement
from slipway.validation.scan import Scan


@dataclass(frozen=True, kw_only=True)
class Nothing(Check):
    """A promise that every row breaks."""

    column: str = ""

    def questions(self, table):
        """How many rows."""
        return {"rows": table.count()}

    def judge(self, facts):
        """Broken."""
        return Judgement(False, "broken", facts["rows"], facts["rows"])

    def offenders(self, table):
        """All rows."""
        return table


@pytest.mark.parametrize(
    ("rows", "column", "found"),
    [(["a", "b"], "word", [{"word": "a"}, {"word": "b"}]), (["a"], "", []), ([], "word", [])],
)
def test_rows_that_break_a_promise_are_shown_by_its_columns(rows, column, found):
    """A promise of a whole table names no column, and an empty table has no row: nothing is shown."""
    check = Nothing(column=column)
    table = pd.DataFrame({"word": pd.Series(rows, dtype="string"), "user": ["u"] * len(rows)})
    assert Scan(table, (check,)).examples(check) == found
