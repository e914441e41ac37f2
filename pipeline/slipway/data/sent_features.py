"""Features of a line that counts nothing: what the caller sends, and what the clock says."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from slipway.data.catalog import Catalog
from slipway.data.feature_ranges import Floats
from slipway.domain.errors import BadConfig, NotComputable
from slipway.domain.line import Clock, Column, Line, Sent, Supplied

NOTHING_COUNTED = datetime(1970, 1, 1, tzinfo=UTC)


class SentFeatures:
    """A feature table without a table; raises BadConfig for a line with columns of other origins."""

    def __init__(self, line: Line) -> None:
        for column in line.features:
            if not isinstance(column.origin, Sent | Supplied | Clock):
                raise BadConfig(
                    f"column {column.name}.origin",
                    found=type(column.origin).__name__,
                    expected="Sent(), Supplied() or Clock(), in a line without a feature provider",
                    next_step="name the module that fills the features, or send the value",
                )
        self._columns = line.features

    @property
    def as_of(self) -> datetime:
        """No row was counted: the beginning of time."""
        return NOTHING_COUNTED

    @property
    def catalog(self) -> Catalog:
        """None: nothing is ranked."""
        raise NotComputable(
            "catalogue", found=None, expected="a line that ranks", next_step="ask for no items"
        )

    def matrix(
        self, user: str, context: Mapping[str, Any], items: list[str], now: datetime
    ) -> Floats:
        """The same features [len(items), features] for each item; NaN where nothing was sent."""
        del user  # nothing is counted of anybody
        row = [self._value(column, context, now) for column in self._columns]
        return np.array([row] * len(items), dtype=np.float64)

    def rows(self, users: Sequence[str], *_: object) -> Floats:
        """Not needed: what was sent is in the log as it was served. Raises NotComputable."""
        raise NotComputable(
            "features of logged requests", found=len(users), expected="the logged ones",
            next_step="read them from the log",
        )  # fmt: skip

    @staticmethod
    def _value(column: Column, context: Mapping[str, Any], now: datetime) -> float:
        if isinstance(column.origin, Clock):
            return clock_value(column.origin, now)
        value = context.get(column.name)
        return np.nan if value is None else float(value)


def clock_value(origin: Clock, now: datetime) -> float:
    """What the clock says at ``now`` (UTC) in the declared zone; ``time`` is seconds since 1970."""
    if origin.part == "time":
        return now.timestamp()
    local = now.astimezone(ZoneInfo(origin.zone))
    return float(local.weekday() if origin.part == "weekday" else getattr(local, origin.part))
