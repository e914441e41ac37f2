"""Schemas of every table of this room; times are UTC with microseconds.

``requested_at`` is when a list was asked for, ``happened_at`` when its reader acted, and
``arrived_at`` when the row reached the log: only the last one decides what was known when.
"""

import pyarrow as pa

from slipway.domain.line import Line

TIME = pa.timestamp("us", tz="UTC")

REQUEST_FIELDS: tuple[pa.Field, ...] = (
    pa.field("request_id", pa.string(), nullable=False),
    pa.field("user", pa.string(), nullable=False),
    pa.field("requested_at", TIME, nullable=False),
    pa.field("arrived_at", TIME, nullable=False),
    pa.field("arm", pa.string(), nullable=False),  # the assigned arm
    pa.field("version", pa.string(), nullable=False),  # who really answered
    pa.field("stage", pa.string(), nullable=False),  # of the candidate in force, "" if none
    pa.field("epoch", pa.int32(), nullable=False),
    pa.field("latency_ms", pa.float64(), nullable=False),  # of the whole answer
    pa.field("fallback", pa.bool_(), nullable=False),  # the assigned arm erred or was late
    pa.field("shadow_version", pa.string()),
    pa.field("shadow_latency_ms", pa.float64()),
    pa.field("shadow_ok", pa.bool_()),
    pa.field("features_as_of", TIME, nullable=False),
)
"""Columns that are the same on all rows of a request."""

ITEM_FIELDS: tuple[pa.Field, ...] = (
    pa.field("item", pa.string(), nullable=False),
    pa.field("position", pa.int16(), nullable=False),  # 1 is the top; every request has a 1
    pa.field("propensity", pa.float64(), nullable=False),
    pa.field("score", pa.float64(), nullable=False),
)
"""Columns of one item of a request."""


def exposure_schema(line: Line) -> pa.Schema:
    """One row per shown item: the request, the item, and each feature of the line as served."""
    features = [pa.field(column.name, pa.float64()) for column in line.features]
    return pa.schema([*REQUEST_FIELDS, *ITEM_FIELDS, *features])


OUTCOMES = pa.schema(
    [
        pa.field("request_id", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # "click"
        pa.field("value", pa.float64(), nullable=False),
        pa.field("happened_at", TIME, nullable=False),
        pa.field("arrived_at", TIME, nullable=False),
    ]
)
"""What came of an exposure; joined by request and item."""

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

ROLLUP_USERS = pa.schema(
    [
        pa.field("hour", TIME, nullable=False),  # of requested_at
        pa.field("arm", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("epoch", pa.int32(), nullable=False),
        pa.field("user", pa.string(), nullable=False),
        pa.field("trials", pa.int64(), nullable=False),
        pa.field("successes", pa.int64(), nullable=False),
        pa.field("lists", pa.int64(), nullable=False),
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
