"""Past weeks, written straight to the log as the rules and the exploration arm served them.

Day by day: the features of the day are computed from the log as it stood at midnight, the visits of
the day are ranked with them, clicks are drawn from the world, and both go to the log as one part.
Nothing a real request would not have known is used.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.data import catalog, features
from pipeline.data.log import write_parts
from pipeline.data.schema import OUTCOMES, TIME, exposure_schema
from pipeline.domain.line import Line
from pipeline.domain.release import Arm
from pipeline.lines import feed_rules
from pipeline.serving.assignment import SALT, assign
from pipeline.simulation.shelf import Floats, Ints
from pipeline.simulation.world import HOUR_S, World

Words = NDArray[np.str_]

CANDIDATES = 30
"""Films offered with each request; the line shows the best ``list_length`` of them."""

CLICK_DELAY_S = 360.0
"""Mean event seconds between a list and a click on it."""

LATE_SHARE = 0.01
LATE_HOURS = (8.0, 20.0)
"""Share of outcomes that arrive hours late, beyond any outcome window."""

DUPLICATE_SHARE = 0.005
"""Share of outcomes that are sent twice."""

TYPICAL_LATENCY_MS = 0.15
"""Median of the invented latencies of the past (log-normal, sigma .25)."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: requests, exposure rows and outcome rows."""

    requests: int = 0
    rows: int = 0
    clicks: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.requests + other.requests, self.rows + other.rows, self.clicks + other.clicks
        )


@dataclass(frozen=True, slots=True)
class Past:
    """What the past is made of: the installation, the world and who answered then.

    ``requests_per_week`` is the mean; ``rules_version`` stands in the log as who answered.
    """

    home: Path
    line: Line
    world: World
    requests_per_week: int
    rules_version: str
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Day:
    """Visits of a day: users, times and arms ``[n]``, and what each was shown ``[n, shown]``."""

    part: str
    as_of: datetime
    users: Ints
    at: Floats
    arms: Words
    items: Ints
    scores: Floats
    served: Floats


def generate(past: Past, start: datetime, end: datetime) -> Iterator[Written]:
    """Write the log of [start, end), a part a day, and yield what each day added.

    The catalogue is written first. A day that is already there is left alone, so that a run killed
    half-way is finished by the next one. The features of the last midnight are computed at the end.
    """
    catalog.write(past.home, past.line, past.world.catalogue())
    users = past.world.users
    arms = np.array(
        [assign(u, past.line.name, SALT, past.line.policy, None, 0).value for u in users]
    )
    for number, (low, high) in enumerate(_days(start, end)):
        rng = np.random.default_rng((past.seed, number))
        day = _serve(past, rng, low, high, arms)
        exposures = _exposures(past, day, rng)
        outcomes = _outcomes(past.world, day, exposures, rng, end)
        write_parts(past.home, past.line, exposures, outcomes, day.part)
        yield Written(len(day.at), exposures.num_rows, outcomes.num_rows)
    features.compute(past.home, past.line, _midnight(end))


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) cut at every midnight, UTC."""
    low = start
    while low < end:
        high = min(_midnight(low) + timedelta(days=1), end)
        yield low, high
        low = high


def _serve(
    past: Past, rng: np.random.Generator, low: datetime, high: datetime, arms: Words
) -> _Day:
    """Rank the visits of [low, high) by the rules, or at random for users who explore."""
    world, as_of = past.world, _midnight(low)
    features.compute(past.home, past.line, as_of)
    table = features.FeatureTable.load(past.home, past.line, as_of)
    start, end = low.timestamp(), high.timestamp()
    share = world.intensity(np.arange(start, end, HOUR_S)).sum() / len(world.hourly)
    n = int(rng.poisson(past.requests_per_week * share))
    users, at = world.visitors(rng, start, n), world.visit_times(rng, start, end, n)
    offered = world.shelf(rng, start).draw(rng, n, CANDIDATES)
    served = _features(table, world, users, offered, at)
    scores = feed_rules.score(served.reshape(n * CANDIDATES, -1)).reshape(n, CANDIDATES)
    explored = (arms[users] == Arm.EXPLORE.value)[:, None]
    key = np.where(explored, rng.random(scores.shape), scores)
    best = np.argsort(-key, axis=1, kind="stable")[:, : past.line.list_length]
    return _Day(
        f"history-{low:%Y%m%dT%H%M}", as_of, users, at, arms[users],
        items=np.take_along_axis(offered, best, 1),
        scores=np.take_along_axis(scores, best, 1),
        served=np.take_along_axis(served, best[:, :, None], 1),
    )  # fmt: skip


def _features(
    table: features.FeatureTable, world: World, users: Ints, offered: Ints, at: Floats
) -> Floats:
    """Features as served ``[n, candidates, features]``: what the router would have computed."""
    who = np.repeat(users, offered.shape[1])
    rows = table.rows(
        users=[world.users[user] for user in who.tolist()],
        age_bands=world.age_band[who],
        items=offered.ravel(),  # the catalogue was written in the world's order
        requested_us=np.repeat(_micros(at), offered.shape[1]),
    )
    return rows.reshape(*offered.shape, -1)


def _exposures(past: Past, day: _Day, rng: np.random.Generator) -> pa.Table:
    """One row per shown film, in the schema of the log."""
    schema = exposure_schema(past.line)
    n, shown = day.items.shape
    rows = pa.array(np.repeat(np.arange(n), shown))
    served = day.served.reshape(n * shown, -1)
    explored = day.arms == Arm.EXPLORE.value
    columns = {name: column.take(rows) for name, column in _requests(past, day, rng).items()}
    columns |= {c.name: pa.array(served[:, place]) for place, c in enumerate(past.line.features)}
    columns |= {
        "item": pa.array(past.world.items).take(pa.array(day.items.ravel())),
        "position": pa.array(np.tile(np.arange(1, shown + 1, dtype=np.int16), n)),
        "propensity": pa.array(np.repeat(np.where(explored, 1.0 / CANDIDATES, 1.0), shown)),
        "score": pa.array(day.scores.ravel()),
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _requests(past: Past, day: _Day, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Columns that are the same on all rows of a request, one value for each request."""
    n = len(day.at)
    latency_ms = TYPICAL_LATENCY_MS * rng.lognormal(0.0, 0.25, n)
    asked = _micros(day.at)
    return {
        "request_id": pa.array([f"{day.part}-{row}" for row in range(n)]),
        "user": pa.array(past.world.users).take(pa.array(day.users)),
        "requested_at": _times(asked),
        "arrived_at": _times(asked + _micros(latency_ms / 1e3) + 1),
        "arm": pa.array(day.arms.tolist()),
        "version": pa.repeat(pa.scalar(past.rules_version), n),
        "stage": pa.repeat(pa.scalar(""), n),
        "epoch": pa.repeat(pa.scalar(0, pa.int32()), n),
        "latency_ms": pa.array(latency_ms),
        "fallback": pa.repeat(pa.scalar(False), n),
        "shadow_version": pa.nulls(n, pa.string()),
        "shadow_latency_ms": pa.nulls(n, pa.float64()),
        "shadow_ok": pa.nulls(n, pa.bool_()),
        "features_as_of": pa.repeat(pa.scalar(day.as_of, TIME), n),
    }


def _outcomes(
    world: World, day: _Day, exposures: pa.Table, rng: np.random.Generator, end: datetime
) -> pa.Table:
    """Clicks of the day; some arrive late, some twice, and none after ``end``."""
    places = np.arange(1, day.items.shape[1] + 1)
    chance = world.click_probability(day.users[:, None], day.items, places, day.at[:, None])
    rows = np.flatnonzero(rng.random(chance.shape) < chance)
    rows = np.concatenate((rows, rows[rng.random(len(rows)) < DUPLICATE_SHARE]))
    happened = np.repeat(day.at, day.items.shape[1])[rows] + rng.exponential(
        CLICK_DELAY_S, len(rows)
    )
    late = rng.random(len(rows)) < LATE_SHARE
    arrived = (
        happened + rng.random(len(rows)) * 5 + late * rng.uniform(*LATE_HOURS, len(rows)) * HOUR_S
    )
    known = arrived < end.timestamp()
    rows, happened, arrived = rows[known], happened[known], arrived[known]
    kept = exposures.select(["request_id", "item"]).take(pa.array(rows))
    return pa.table(
        [
            kept["request_id"], kept["item"], pa.repeat(pa.scalar("click"), len(rows)),
            pa.repeat(pa.scalar(1.0), len(rows)), _times(_micros(happened)),
            _times(_micros(arrived)),
        ],
        schema=OUTCOMES,
    )  # fmt: skip


def _micros(seconds: Floats) -> Ints:
    return (seconds * np.float64(1e6)).astype(np.int64)


def _times(micros: Ints) -> pa.Array:
    return pa.array(micros).cast(TIME)
