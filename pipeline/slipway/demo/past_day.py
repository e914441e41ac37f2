"""One day of an invented past: who was shown what, who clicked, and both as rows of the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.data.schema import OUTCOMES, TIME, as_of_columns, exposure_schema, type_of
from slipway.data.words import words_of
from slipway.demo.counted_past import NEVER_US, Shown
from slipway.domain.line import Column, DType, Line
from slipway.examples.films.item_sampling import Floats, Ints

if TYPE_CHECKING:
    from slipway.demo.line_world import DrawnVisits

Words = NDArray[np.str_]


class Named(Protocol):
    """A world whose users and items have names."""

    @property
    def users(self) -> tuple[str, ...]:
        """Names of users, by place."""

    @property
    def items(self) -> tuple[str, ...]:
        """Names of items, by place."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PastDay:
    """Visits of a day: users, times, arms ``[n]``, and what each was shown ``[n, shown]``.

    Users and items are places in the world's order; ``at`` is in POSIX seconds, ``_us`` stands for
    microseconds since 1970. ``propensity [n]`` is that of every film of the list at its place, and
    ``served [n, shown, features]`` is what the rules saw.
    """

    part: str
    as_of: datetime
    users: Ints
    at: Floats
    requested_us: Ints
    arrived_us: Ints
    latency_ms: Floats
    arms: Words
    propensity: Floats
    items: Ints
    scores: Floats
    served: Floats
    visits: "DrawnVisits | None" = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Came:
    """What came of the items of a day, in pairs where it was sent twice: ``[n]``.

    ``rows`` are places among all items shown; times are microseconds since 1970. ``values`` are all 1
    where none are given.
    """

    rows: Ints
    happened_us: Ints
    arrived_us: Ints
    event: str = "click"
    values: Floats | None = None


def shown(day: PastDay, came: Came) -> Shown:
    """What is counted of a day."""
    first_us = np.full(day.items.size, NEVER_US)
    np.minimum.at(first_us, came.rows, came.arrived_us)
    return Shown(
        day.users, day.requested_us, day.arrived_us, day.items, first_us.reshape(day.items.shape)
    )


def exposures(day: PastDay, world: Named, line: Line, version: str) -> pa.Table:
    """One row per shown item, in the schema of the log; ``version`` is who answered."""
    schema = exposure_schema(line)
    n, width = day.items.shape
    rows = pa.array(np.repeat(np.arange(n), width))
    served = day.served.reshape(n * width, -1)
    columns = {name: of.take(rows) for name, of in _requests(day, world, version).items()}
    columns |= {c.name: _typed(served[:, place], c) for place, c in enumerate(line.features)}
    columns |= dict.fromkeys(as_of_columns(line), columns["features_as_of"])
    columns |= {
        "item": pa.array(world.items).take(pa.array(day.items.ravel())),
        "position": pa.array(np.tile(np.arange(1, width + 1, dtype=np.int16), n)),
        "propensity": pa.array(np.repeat(day.propensity, width)),
        "score": pa.array(day.scores.ravel()),
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _typed(values: Floats, column: Column) -> pa.Array:
    """Values as served, as the log takes them."""
    if type_of(column) == pa.string():
        return pa.array(words_of(values.tolist()), pa.string())
    if column.dtype is DType.TIME:
        return pa.array(values, from_pandas=True).cast(pa.int64()).cast(TIME)
    return pa.array(values)


def _requests(day: PastDay, world: Named, version: str) -> dict[str, pa.Array]:
    """Columns that are the same on all rows of a request, one value for each request."""
    n = len(day.users)
    return {
        "request_id": pa.array([f"{day.part}-{row}" for row in range(n)]),
        "user": pa.array(world.users).take(pa.array(day.users)),
        "requested_at": _times(day.requested_us),
        "arrived_at": _times(day.arrived_us),
        "arm": pa.array(day.arms.tolist()),
        "version": pa.repeat(pa.scalar(version), n),
        "stage": pa.repeat(pa.scalar(""), n),
        "epoch": pa.repeat(pa.scalar(0, pa.int32()), n),
        "latency_ms": pa.array(day.latency_ms),
        "fallback": pa.repeat(pa.scalar(False), n),
        "shadow_version": pa.nulls(n, pa.string()),
        "shadow_latency_ms": pa.nulls(n, pa.float64()),
        "shadow_ok": pa.nulls(n, pa.bool_()),
        "shadow_score": pa.nulls(n, pa.float64()),
        "features_as_of": pa.repeat(pa.scalar(day.as_of, TIME), n),
    }


def outcomes(exposed: pa.Table, came: Came) -> pa.Table:
    """One row per outcome of the rows ``exposed``, in the schema of the log."""
    n = len(came.rows)
    kept = exposed.select(["request_id", "item"]).take(pa.array(came.rows))
    return pa.table(
        [
            kept["request_id"],
            kept["item"],
            pa.repeat(pa.scalar(came.event), n),
            pa.array(np.ones(n) if came.values is None else came.values),
            _times(came.happened_us),
            _times(came.arrived_us),
            pa.nulls(n, pa.string()),
        ],
        schema=OUTCOMES,
    )


def _times(micros: Ints) -> pa.Array:
    return pa.array(micros).cast(TIME)
