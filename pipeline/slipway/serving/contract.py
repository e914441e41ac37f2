"""The line's contract at the router: what does not fit is refused or defaulted as declared, counted."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slipway.data.feature_ranges import Floats, Guard, expected
from slipway.domain.errors import BadInput
from slipway.domain.line import Availability, Column, DType, Line, Unfit
from slipway.serving import metrics
from slipway.serving.requests import accepted, check_context, refuse

REFUSED, DEFAULTED, STALE = "refused", "defaulted", "stale"
UNDECLARED = "undeclared"
"""Stands in the count for a word that no column has: callers invent too many to name."""


class Contract:
    """What one line's requests and features have to be; counts each that is not."""

    def __init__(self, line: Line) -> None:
        self._line = line.name
        self._context = {column.name: column for column in line.context}
        self._names = [column.name for column in line.features]
        self._guard = Guard(line)
        self._accepted = accepted(line)
        counted = [c for c in line.features if c.available == Availability.AS_OF]
        self._lag = min((c.lag for c in counted), default=None)

    def context(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The context that features may read: known words, values that fit.

        A value out of range is left out where the column says so. Raises BadInput for one that is to
        be refused, and for a word that no feature reads.
        """
        try:
            check_context(raw, self._accepted)
        except BadInput:
            self._count(UNDECLARED, REFUSED)
            raise
        return {name: value for name, value in raw.items() if self._fits(name, value)}

    def _fits(self, name: str, value: Any) -> bool:  # noqa: ANN401 - JSON
        column = self._context.get(name)
        if column is None or value is None:
            return value is not None
        if _in_range(column, value):
            return True
        if column.unfit == Unfit.DEFAULT:
            self._count(name, DEFAULTED)
            return False
        self._count(name, REFUSED)
        raise refuse(
            f"context.{name}",
            value,
            expected(column),
            "send the code, or leave it out where it is not known",
        )

    def features(self, matrix: Floats, as_of: datetime, now: datetime) -> Floats:
        """``matrix`` [items, features] with defaults where a value does not fit; stale ones count."""
        if self.stale_s(as_of, now) > 0:
            self._count("features_as_of", STALE)
        fitted, wrong = self._guard.fitted(matrix)
        if fitted is not matrix:
            for place in wrong.nonzero()[0].tolist():
                self._count(self._names[place], DEFAULTED, int(wrong[place]))
        return fitted

    def stale_s(self, as_of: datetime, now: datetime) -> float:
        """Seconds by which features of ``as_of`` are older than any column that is counted allows."""
        if self._lag is None:
            return 0.0
        return max(0.0, (now - as_of - self._lag).total_seconds())

    def _count(self, column: str, action: str, times: int = 1) -> None:
        metrics.contract(self._line, column, action).inc(times)


def _in_range(column: Column, value: Any) -> bool:  # noqa: ANN401 - JSON
    kinds = int if column.dtype is DType.CODE else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
        return False
    low = column.lower is None or value >= column.lower
    return low and (column.upper is None or value <= column.upper)
