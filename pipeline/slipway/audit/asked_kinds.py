"""``--read COL=KIND``: what somebody who knows the table says about a column."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from slipway.domain.errors import BadInput


class AskedKind(StrEnum):
    """How a column is to be read."""

    NUMBER = "number"
    DECIMAL_COMMA = "decimal-comma"
    DECIMAL_POINT = "decimal-point"
    DATE = "date"
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    WORDS = "words"
    MISSING = "missing"  # its null words (NA, none) are no values; of a label
    BLANK = "blank-is-value"  # blank cells are a value of their own; of a label


NUMERIC = (AskedKind.NUMBER, AskedKind.DECIMAL_COMMA, AskedKind.DECIMAL_POINT)
DATES = (AskedKind.DATE, AskedKind.DAY_FIRST, AskedKind.MONTH_FIRST)
SIGNS: Mapping[AskedKind, bool] = {AskedKind.DECIMAL_COMMA: True, AskedKind.DECIMAL_POINT: False}
AS_WRITTEN = frozenset((*SIGNS, *DATES, AskedKind.WORDS, AskedKind.BLANK, AskedKind.MISSING))
"""Kinds for which the cells are needed as they are written."""


def parse(said: Sequence[str]) -> dict[str, AskedKind]:
    """Kinds by column, from "COL=KIND" each; raises BadInput.

    >>> parse(["price=decimal-comma"])
    {'price': <AskedKind.DECIMAL_COMMA: 'decimal-comma'>}
    """
    found = {}
    for one in said:
        name, _, kind = one.rpartition("=")
        if not name or kind not in list(AskedKind):
            raise BadInput(
                f"--read {one}",
                found=kind if name else one,
                expected=f"COL=KIND with one of {', '.join(AskedKind)}",
                next_step="name the column as the table does, and its kind",
            )
        found[name] = AskedKind(kind)
    return found
