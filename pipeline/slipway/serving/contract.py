"""The line's contract at the router: what does not fit is refused or defaulted as declared, counted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slipway.data.feature_ranges import Floats, Guard
from slipway.data.sent import expected, fits, remedy, time_of
from slipway.domain.errors import BadInput
from slipway.domain.json_value import Json
from slipway.domain.line import Line, Supplied, Unfit
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
        self._supplied = {c.name for c in line.columns if isinstance(c.origin, Supplied)}
        self._lag = min((c.lag for c in line.counted), default=None)

    def context(self, raw: Mapping[str, Any], now: datetime | None = None) -> dict[str, Any]:
        """The context that features may read: declared columns, values that fit.

        A value out of range is left out where the column says so. Raises BadInput for one that is to
        be refused, and for a word that no column has. What comes from a feature store comes with its time
        (``now`` at the latest), as ``<column>_as_of``.
        """
        try:
            check_context(raw, self._accepted)
        except BadInput:
            self._count(UNDECLARED, REFUSED)
            raise
        if not self._supplied:
            return {name: value for name, value in raw.items() if self._fits(name, value)}
        plain: dict[str, Any] = {}
        for name, value in raw.items():
            plain |= self._unpacked(name, value, now) if name in self._supplied else {name: value}
        return {name: value for name, value in plain.items() if self._fits(name, value)}

    def _unpacked(self, name: str, raw: Json, now: datetime | None) -> dict[str, Any]:
        """A value of a feature store and its time."""
        if raw is None:
            return {}
        at = time_of(raw.get("as_of")) if isinstance(raw, dict) else None
        if at is None or raw.keys() != {"value", "as_of"} or (now is not None and at > now):
            self._count(name, REFUSED)
            expected_ = '{"value": ..., "as_of": a time before the request}'
            raise refuse(f"context.{name}", raw, expected_, "send the value with its time")
        return {name: raw["value"], f"{name}_as_of": at}

    def _fits(self, name: str, value: Json) -> bool:
        column = self._context.get(name)
        if column is None or value is None:
            return value is not None
        if fits(column, value):
            return True
        if column.unfit == Unfit.DEFAULT:
            self._count(name, DEFAULTED)
            return False
        self._count(name, REFUSED)
        raise refuse(f"context.{name}", value, expected(column), remedy(column))

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
