"""Checks of what a model reads: declared as known at inference, and not the place in the list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from slipway.domain.leak import LeakKind
from slipway.domain.line import Availability
from slipway.stats.list_position import list_codes, place_share
from slipway.validation.checks import (
    ROWS,
    Check,
    Facts,
    Fetch,
    Judgement,
    Table,
    Value,
    column_of,
)

MEANING = {
    Availability.REQUEST: "comes with the request",
    Availability.AS_OF: "known from the log before the request",
    Availability.DECISION: "set by the ranking itself",
    Availability.AFTER: "known only after the user acted",
}

SAMPLED_ROWS = 20_000
"""Rows, in whole lists, in which the place in the list is looked for."""


@dataclass(frozen=True, kw_only=True)
class ModelInputsToBeAvailableAtInference(Check):
    """Every one of ``inputs`` is a column of the table that is known before the ranking.

    ``availability`` says of each declared column of the line when it becomes known. An input that
    is not in the table, or not declared, breaks it.
    """

    inputs: tuple[str, ...] = ()
    availability: Mapping[str, str] = field(default_factory=dict)
    leak: ClassVar[LeakKind] = LeakKind.DECISION

    def questions(self, table: Table) -> dict[str, Value]:
        """The row count; the columns are known without asking."""
        return {ROWS: table.count()}

    def look(self, table: Table, facts: Facts, fetch: Fetch) -> dict[str, Any]:
        """What is wrong with each input."""
        return {repr(self): not_available(self.inputs, self.availability, table.columns)}

    def judge(self, facts: Facts) -> Judgement:
        """Nothing wrong, and at least one input."""
        wrong: dict[str, str] = facts[repr(self)]
        said = "; ".join(f"{name} is {why}" for name, why in wrong.items())
        fine = not wrong and bool(self.inputs)
        return Judgement(fine, said or f"{len(self.inputs)} inputs", len(wrong), len(self.inputs))

    @property
    def subject(self) -> str:
        """The offending inputs, as far as the declaration tells."""
        columns = tuple(self.inputs)
        return ", ".join(not_available(columns, self.availability, columns))


def not_available(
    inputs: tuple[str, ...], availability: Mapping[str, str], columns: tuple[str, ...]
) -> dict[str, str]:
    """Why an input may not be read at inference, for each that may not.

    >>> not_available(("ctr", "place"), {"ctr": "as_of", "place": "decision"}, ("ctr", "place"))
    {'place': 'set by the ranking itself (decision)'}
    """
    wrong = {}
    for name in inputs:
        if name not in availability:
            wrong[name] = "not declared in the line"
        elif name not in columns:
            wrong[name] = "not in the training table"
        elif not Availability(availability[name]).may_be_input:
            wrong[name] = f"{MEANING[Availability(availability[name])]} ({availability[name]})"
    return wrong


@dataclass(frozen=True, kw_only=True)
class NoInputToBeThePlaceInTheList(Check):
    """No column counts the items of a list, whatever its name and declaration say.

    Broken when one of ``columns`` is a permutation of 1..k (or 0..k-1, backwards, or 1/place) in
    more than ``max_share`` of the lists.
    """

    columns: tuple[str, ...] = ()
    list_column: str = ""
    max_share: float = 0.0
    leak: ClassVar[LeakKind] = LeakKind.DECISION

    def questions(self, table: Table) -> dict[str, Value]:
        """The row count."""
        return {ROWS: table.count()}

    def look(self, table: Table, facts: Facts, fetch: Fetch) -> dict[str, Any]:
        """In which share of a sample of lists each column counts the items."""
        numbers = [n for n in self.columns if column_of(table, n).type().is_numeric()]
        lists = column_of(table, self.list_column)
        every = max(1, facts[ROWS] // SAMPLED_ROWS)
        sample = fetch(table.filter(lists.hash() % every == 0).select(self.list_column, *numbers))
        codes = list_codes(sample[self.list_column])
        return {repr(self): {name: place_share(sample[name], codes) for name in numbers}}

    def judge(self, facts: Facts) -> Judgement:
        """No share above the limit."""
        shares: dict[str, float] = facts[repr(self)]
        wrong = {name: share for name, share in shares.items() if share > self.max_share}
        said = [f"{n} is the place in the list in {s:.0%} of the lists" for n, s in wrong.items()]
        highest = max(shares.values(), default=0.0)
        words = "; ".join(said) or f"at most {highest:.1%} of the lists"
        return Judgement(not wrong, words, len(wrong), len(shares))
