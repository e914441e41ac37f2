"""What is asked of keys: that none stands twice."""

from dataclasses import dataclass
from typing import Any

from slipway.validation.checks import ROWS, Check, Facts, Fetch, Judgement, Table, Value, together


@dataclass(frozen=True, kw_only=True)
class RowsToBeUnique(Check):
    """No two rows agree in all of ``columns``."""

    columns: tuple[str, ...] = ()

    def questions(self, table: Table) -> dict[str, Value]:
        """Rows, and different digests of keys: as many as rows only where no key repeats."""
        digest = together(table, self.columns).hash()
        return {ROWS: table.count(), f"{self!r} digests": digest.nunique()}

    def look(self, table: Table, facts: Facts, fetch: Fetch) -> dict[str, Any]:
        """Different keys; they are counted where digests repeat, which equal keys or chance do."""
        if facts[f"{self!r} digests"] == facts[ROWS]:
            return {repr(self): facts[ROWS]}
        counted = fetch(table.aggregate(n=together(table, self.columns).nunique()))
        return {repr(self): int(counted["n"].iloc[0])}

    def judge(self, facts: Facts) -> Judgement:
        """One key for each row, or not."""
        again = facts[ROWS] - facts[repr(self)]
        said = f"{again} rows repeat another" if again else "none repeats another"
        return Judgement(facts[ROWS] > 0 and not again, said, again, facts[ROWS])

    def offenders(self, table: Table) -> Table:
        """Keys that stand more than once."""
        counted = table.group_by(*self.columns).aggregate(times=table.count())
        return counted.filter(counted.times > 1)

    def shown(self) -> tuple[str, ...]:
        """The key and how often it stands there."""
        return (*self.columns, "times")
