"""Schemas of every table of this room; times are UTC with microseconds.

``requested_at`` is when a list was asked for, ``happened_at`` when its reader acted, and
``arrived_at`` when the row reached the log: only the last one decides what was known when.
"""

from datetime import datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from slipway.domain.events import (
    ARRIVED_AT,
    LISTS,
    NEWER_COLUMNS,
    NEWER_LISTS,
    VALUES,
    Exposure,
    Int16,
    Int32,
    OutcomeEvent,
    ShownItem,
)
from slipway.domain.line import Column, DType, Line, Supplied

TIME = pa.timestamp("us", tz="UTC")

_TYPES: dict[Any, pa.DataType] = {
    str: pa.string(),
    bool: pa.bool_(),
    float: pa.float64(),
    datetime: TIME,
    Int16: pa.int16(),
    Int32: pa.int32(),
}


def _columns(event: type) -> tuple[pa.Field, ...]:
    """A column for each field of an event that is one value; its arrival stands after its own time."""
    found = []
    for name, hint in get_type_hints(event, include_extras=True).items():
        if name in (*LISTS, *NEWER_LISTS, VALUES):
            continue
        nullable = get_origin(hint) in (Union, UnionType)
        kind = _TYPES[get_args(hint)[0] if nullable else hint]
        found.append(pa.field(name, kind, nullable=nullable))
        if name in ("requested_at", "happened_at"):
            found.append(pa.field(ARRIVED_AT, TIME, nullable=False))
    return tuple(found)


REQUEST_FIELDS = _columns(Exposure)
"""Columns that are the same on all rows of a request."""

ITEM_FIELDS = _columns(ShownItem)
"""Columns of one item of a request."""


def exposure_schema(line: Line) -> pa.Schema:
    """One row per shown item: the request, the item, and each feature of the line as served."""
    features = [pa.field(column.name, type_of(column)) for column in line.features]
    supplied = [pa.field(name, TIME) for name in as_of_columns(line)]
    every = [*REQUEST_FIELDS, *ITEM_FIELDS, *features, *supplied]
    return pa.schema([field for field in every if field.name not in NEWER_COLUMNS])


def log_schema(line: Line) -> pa.Schema:
    """As :func:`exposure_schema`, with places in other rankings: columns that a writer may not know."""
    known = (*REQUEST_FIELDS, *ITEM_FIELDS)
    newer = [field for field in known if field.name in NEWER_COLUMNS]
    return pa.schema([*exposure_schema(line), *newer])


def type_of(column: Column) -> pa.DataType:
    """How the log holds a column's values; missing is null, or NaN for a number."""
    if column.dtype.is_numeric:
        return pa.float64()
    return TIME if column.dtype is DType.TIME else pa.string()


def as_of_columns(line: Line) -> tuple[str, ...]:
    """The columns that say how old a value from a feature store was."""
    return tuple(f"{c.name}_as_of" for c in line.columns if isinstance(c.origin, Supplied))


OUTCOMES = pa.schema(_columns(OutcomeEvent))
"""What came of an exposure; joined by request and item."""

DELIVERY_ID = "delivery_id"
"""Its column of what the sender calls an outcome: null where it gave none, or an older version wrote."""

HISTOGRAM = pa.list_(pa.int64())
"""Counts of the 64 buckets; of variable length, so that a null takes no room."""

ROLLUP_BLOCKS = pa.schema(
    [
        pa.field("block_start", TIME, nullable=False),  # 5 minutes of requested_at
        pa.field("epoch", pa.int32(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("arm", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("segment", pa.string(), nullable=False),  # "all", or as "device=1"
        pa.field("trials", pa.int64(), nullable=False),  # exposed items
        pa.field("successes", pa.int64(), nullable=False),  # clicks within the maturity
        pa.field("requests", pa.int64(), nullable=False),  # 0 but in segment "all", as below
        pa.field("fallbacks", pa.int64(), nullable=False),
        pa.field("latency_hist", HISTOGRAM),  # null but in segment "all"
        pa.field("shadow_requests", pa.int64(), nullable=False),
        pa.field("shadow_errors", pa.int64(), nullable=False),
        pa.field("shadow_latency_hist", HISTOGRAM),  # null but in segment "all"
    ]
)

ARRIVED_BLOCKS = pa.schema(
    [
        field
        for field in ROLLUP_BLOCKS
        if field.name not in ("segment", "trials", "successes")  # what only outcomes tell apart
    ]
)


def beyond(count: str) -> str:
    """The column of what a user had beyond its caps: shown, and in no sum.

    >>> beyond("trials")
    'beyond_trials'
    """
    return f"beyond_{count}"


OUTCOME_COUNTS = ("trials", "successes", "errors")
REQUEST_COUNTS = ("requests", "errors")
"""What a user's day is capped by: with outcomes, and as soon as requests have arrived."""


COUNTED = frozenset(
    name for count in (*OUTCOME_COUNTS, *REQUEST_COUNTS) for name in (count, beyond(count))
)
"""All of these columns, and those of what was beyond a cap."""


def _counted(*names: str) -> list[pa.Field]:
    every = (*names, *map(beyond, names))
    return [pa.field(name, pa.int64(), nullable=False) for name in every]


VISIT = (
    pa.field("hour", TIME, nullable=False),  # of requested_at
    pa.field("arm", pa.string(), nullable=False),
    pa.field("epoch", pa.int32(), nullable=False),
    pa.field("user", pa.string(), nullable=False),
)
"""Who came, once an hour, arm and epoch."""

ARRIVED_USERS = pa.schema([*VISIT, *_counted(*REQUEST_COUNTS)])
"""Who came, and how many requests and errors of each count."""

ROLLUP_USERS = pa.schema(
    [
        pa.field("hour", TIME, nullable=False),  # of requested_at
        pa.field("arm", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("epoch", pa.int32(), nullable=False),
        pa.field("user", pa.string(), nullable=False),
        pa.field("lists", pa.int64(), nullable=False),
        *_counted(*OUTCOME_COUNTS),
    ]
)

MICRO = 1_000_000
"""Amounts are summed as whole millionths: exact, so that no order of rows changes them."""


def rollup_users(line: Line) -> pa.Schema:
    """Columns of the users' sums: those of every line, and the amounts of its declared means."""
    amounts = [
        pa.field(amount_column(mean.name), pa.int64(), nullable=False)  # in millionths
        for mean in line.policy.means
    ]
    return pa.schema([*ROLLUP_USERS, *amounts])


def amount_column(mean: str) -> str:
    """The column that holds the amount of a declared mean.

    >>> amount_column("diversity")
    'amount_diversity'
    """
    return f"amount_{mean}"
