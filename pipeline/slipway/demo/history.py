"""Past weeks, written straight to the log as the rules and the exploration arm served them.

Day by day: the features of the day are counted from what had arrived at midnight, the visits of the
day are ranked with them, clicks are drawn from the world, and both go to the log as one part.
Nothing a real request would not have known is used.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from slipway.data import catalog, features, log, parts
from slipway.data.feature_table import FeatureTable
from slipway.demo import past_day
from slipway.demo.counted_past import WINDOW, CountedPast
from slipway.demo.past_day import Came, PastDay, Words
from slipway.demo.visitors import (
    CANDIDATES,
    CLICK_DELAY_S,
    DUPLICATE_SHARE,
    LATE_HOURS,
    LATE_SHARE,
)
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.release import Arm
from slipway.examples.films import rules
from slipway.examples.films.item_sampling import Floats, Ints
from slipway.examples.films.world import HOUR_S, World
from slipway.serving.assignment import SALT, assign

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
class InventedPast:
    """What the past is made of: the installation, the world and who answered then.

    ``requests_per_week`` is the mean; ``rules_version`` stands in the log as who answered.
    """

    home: Path
    line: Line
    world: World
    requests_per_week: int
    rules_version: str
    seed: int = 1


def generate(past: InventedPast, start: datetime, end: datetime) -> Iterator[Written]:
    """Write the log of [start, end), a part a day, and yield what each day added.

    The catalogue is written first, and before each day the features of its midnight. What is there
    is left alone, so that a run of the same past killed half-way is finished by the next one. The
    features of the last midnight are written at the end. Raises BadInput where the log holds rows
    of somebody else, which would have to be counted, too.
    """
    line, world = past.line, past.world
    days = list(days_of(start, end))
    require_own(past.home, line, start, end, {part_name(low) for low, _ in days})
    catalog.write(past.home, line, world.catalogue())
    films = catalog.load(past.home, line)
    arms = np.array([assign(u, line.name, SALT, line.policy, None, 0).value for u in world.users])
    counted = CountedPast(world, line)
    for number, (low, high) in enumerate(days):
        rng = np.random.default_rng((past.seed, number))
        as_of = midnight(low)
        counts = counted.counts(as_of)
        features.keep(past.home, line, as_of, counts)
        table = FeatureTable(as_of, line, films, counts)
        day = _serve(past, rng, low, high, table, arms)
        clicks = _clicks(world, day, rng, end)
        exposures = past_day.exposures(day, world, line, past.rules_version)
        outcomes = past_day.outcomes(exposures, clicks)
        log.write_parts(past.home, line, exposures, outcomes, day.part)
        counted.add(past_day.shown(day, clicks))
        yield Written(len(day.users), exposures.num_rows, outcomes.num_rows)
    features.keep(past.home, line, midnight(end), counted.counts(midnight(end)))


def require_own(home: Path, line: Line, start: datetime, end: datetime, own: set[str]) -> None:
    """Refuse a log with rows that a past which is counted as it is written will not know of."""
    log.require_complete(home, line, midnight(end), midnight(end))
    for kind in (parts.EXPOSURES_KIND, parts.OUTCOMES_KIND):
        for path in parts.paths(home, line, kind, start - WINDOW, end):
            if Path(path).stem not in own:
                raise BadInput(
                    f"log of {line.name}, a part before {end.isoformat()}",
                    found=path,
                    expected="a day of this past",
                    next_step="write the past to a new home folder; nothing was written",
                )


def midnight(at: datetime) -> datetime:
    """The midnight (UTC) before."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def part_name(low: datetime) -> str:
    """What the part of the log that begins at ``low`` is called."""
    return f"history-{low:%Y%m%dT%H%M}"


def days_of(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) cut at every midnight, UTC."""
    low = start
    while low < end:
        high = min(midnight(low) + timedelta(days=1), end)
        yield low, high
        low = high


def _serve(
    past: InventedPast,
    rng: np.random.Generator,
    low: datetime,
    high: datetime,
    table: FeatureTable,
    arms: Words,
) -> PastDay:
    """Rank the visits of [low, high) by the rules, or at random for users who explore."""
    world = past.world
    start, end = low.timestamp(), high.timestamp()
    share = world.intensity(np.arange(start, end, HOUR_S)).sum() / len(world.hourly)
    n = int(rng.poisson(past.requests_per_week * share))
    users, at = world.visitors(rng, start, n), world.visit_times(rng, start, end, n)
    offered = world.shelf(rng, start).draw(rng, n, CANDIDATES)
    asked_us = to_micros(at)
    served = _features(table, world, users, offered, asked_us)
    scores = rules.score(served.reshape(n * CANDIDATES, -1)).reshape(n, CANDIDATES)
    explored = arms[users] == Arm.EXPLORE.value
    key = np.where(explored[:, None], rng.random(scores.shape), scores)
    best = np.argsort(-key, axis=1, kind="stable")[:, : past.line.list_length]
    latency_ms = TYPICAL_LATENCY_MS * rng.lognormal(0.0, 0.25, n)
    return PastDay(
        part_name(low),
        table.as_of,
        users,
        at,
        asked_us,
        arrived_us=asked_us + to_micros(latency_ms / 1e3) + 1,
        latency_ms=latency_ms,
        arms=arms[users],
        propensity=np.where(explored, 1.0 / CANDIDATES, 1.0),
        items=np.take_along_axis(offered, best, 1),
        scores=np.take_along_axis(scores, best, 1),
        served=np.take_along_axis(served, best[:, :, None], 1),
    )


def _features(
    table: FeatureTable, world: World, users: Ints, offered: Ints, asked_us: Ints
) -> Floats:
    """Features as served ``[n, candidates, features]``: what the router would have computed."""
    width = offered.shape[1]
    ages = np.where(world.age_band < 0, np.nan, world.age_band)[users]
    names = np.array([world.users[user] for user in users.tolist()], dtype=object)
    rows = table.rows(
        users=np.repeat(names, width).tolist(),
        context={"age_band": np.repeat(ages, width)},
        items=offered.ravel(),  # the catalogue was written in the world's order
        requested_us=np.repeat(asked_us, width),
    )
    return rows.reshape(*offered.shape, -1)


def _clicks(world: World, day: PastDay, rng: np.random.Generator, end: datetime) -> Came:
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
    return Came(rows[known], to_micros(happened[known]), to_micros(arrived[known]))


def to_micros(seconds: Floats) -> Ints:
    """POSIX seconds as whole microseconds."""
    return (seconds * np.float64(1e6)).astype(np.int64)
