"""What callers send, read by the declared type: one way for router, registered model and rebuild."""

import math
from datetime import datetime
from typing import Any

from slipway.data.times import micros
from slipway.data.words import number_of
from slipway.domain.errors import BadInput
from slipway.domain.json_value import Json
from slipway.domain.line import Column, DType

MAX_CATEGORY, MAX_TEXT = 200, 10_000
"""Characters of a category's value, and of a text."""
_YEARS = (1970, 9000)
_NUMERIC = (DType.NUMBER, DType.CODE)
_WHOLE, _NUMBERS = (int,), (int, float)  # a union of types would be made again for each value


def fits(column: Column, value: Json) -> bool:
    """Whether ``value`` is one of the column's type and range."""
    kind = column.dtype
    if (
        kind in _NUMERIC
    ):  # first: most values are numbers, and each request asks for each of its values
        number = isinstance(value, _WHOLE if kind == DType.CODE else _NUMBERS)
        return (
            number and not isinstance(value, bool) and _finite(value) and _in_range(column, value)
        )
    match kind:
        case DType.CATEGORY:
            known = not column.words or value in column.words
            return isinstance(value, str) and 0 < len(value) <= MAX_CATEGORY and known
        case DType.TEXT:
            return isinstance(value, str) and len(value) <= MAX_TEXT
        case _:
            return time_of(value) is not None


def time_of(value: Json) -> datetime | None:
    """The time that an ISO 8601 text with its zone says; None for anything else."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    low, high = _YEARS
    return at if at.tzinfo is not None and low <= at.year <= high else None


def coded(column: Column, value: Any) -> float:  # as sent
    """``value`` as the number that features hold; NaN where it is missing. Raises BadInput."""
    if value is None:
        return math.nan
    if not fits(column, value):
        raise BadInput(
            f"context.{column.name}",
            found=value,
            expected=expected(column),
            next_step=remedy(column),
        )
    if column.dtype in (DType.CATEGORY, DType.TEXT):
        return number_of(value)
    if column.dtype is DType.TIME:
        return float(micros(datetime.fromisoformat(value)))
    return float(value)


def expected(column: Column) -> str:
    """The values of ``column`` in words: what, and from where to where."""
    match column.dtype:
        case DType.CATEGORY if column.words:
            return f"one of {', '.join(column.words)}"
        case DType.CATEGORY:
            return f"a text of 1 to {MAX_CATEGORY} characters"
        case DType.TEXT:
            return f"a text of at most {MAX_TEXT} characters"
        case DType.TIME:
            return "an ISO 8601 time with its zone, like 2026-01-05T06:00:00+00:00"
    what = "a code" if column.dtype is DType.CODE else "a number"
    low = "" if column.lower is None else f" from {column.lower:g}"
    return f"{what}{low}" + ("" if column.upper is None else f" to {column.upper:g}")


def remedy(column: Column) -> str:
    """What a caller can do about a value that does not fit."""
    what = {DType.CODE: "code", DType.TIME: "time"}.get(column.dtype, "value")
    return f"send the {what}, or leave it out where it is not known"


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _in_range(column: Column, value: float) -> bool:
    low = column.lower is None or value >= column.lower
    return low and (column.upper is None or value <= column.upper)
