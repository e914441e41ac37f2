"""One day of an invented past: who was shown what, who clicked, and both as rows of the log."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.data.schema import OUTCOMES, TIME, exposure_schema
from slipway.demo.counted_past import NEVER_US, Shown
from slipway.domain.line import Line
from slipway.examples.films.item_sampling import Floats, Ints
from slipway.examples.films.world import World

Words = NDArray[np.str_]


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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Clicks:
    """Clicks on the films of a day, in pairs where one was sent twice: ``[clicks]``.

    ``rows`` are places among all films shown; times are microseconds since 1970.
    """

    rows: Ints
    happened_us: Ints
    arrived_us: Ints


def shown(day: PastDay, clicks: Clicks) -> Shown:
    """What is counted of a day."""
    first_us = np.full(day.items.size, NEVER_US)
    np.minimum.at(first_us, clicks.rows, clicks.arrived_us)
    return Shown(
        day.users, day.requested_us, day.arrived_us, day.items, first_us.reshape(day.items.shape)
    )


def exposures(day: PastDay, world: World, line: Line, version: str) -> pa.Table:
    """One row per shown film, in the schema of the log; ``version`` is who answered."""
    schema = exposure_schema(line)
    n, width = day.items.shape
    rows = pa.array(np.repeat(np.arange(n), width))
    served = day.served.reshape(n * width, -1)
    columns = {name: of.take(rows) for name, of in _requests(day, world, version).items()}
    columns |= {c.name: pa.array(served[:, place]) for place, c in enumerate(line.features)}
    columns |= {
        "item": pa.array(world.items).take(pa.array(day.items.ravel())),
        "position": pa.array(np.tile(np.arange(1, width + 1, dtype=np.int16), n)),
        "propensity": pa.array(np.repeat(day.propensity, width)),
        "score": pa.array(day.scores.ravel()),
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _requests(day: PastDay, world: World, version: str) -> dict[str, pa.Array]:
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


def outcomes(exposed: pa.Table, clicks: Clicks) -> pa.Table:
    """One row per click on the rows ``exposed``, in the schema of the log."""
    n = len(clicks.rows)
    kept = exposed.select(["request_id", "item"]).take(pa.array(clicks.rows))
    return pa.table(
        [
            kept["request_id"], kept["item"], pa.repeat(pa.scalar("click"), n),
            pa.repeat(pa.scalar(1.0), n), _times(clicks.happened_us), _times(clicks.arrived_us),
            pa.nulls(n, pa.string()),
        ],
        schema=OUTCOMES,
    )  # fmt: skip


def _times(micros: Ints) -> pa.Array:
    return pa.array(micros).cast(TIME)
