"""The past of any line's world, written straight to the log as its rules served it.

As the film shop's (:mod:`slipway.demo.history`), but nothing is known of the line: what its columns count is
counted from the log itself, table by table, as the reconciler does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from slipway.data import feature_table, features, log
from slipway.data.feature_table import FeatureTable
from slipway.data.groups import has_tables, refresh_of
from slipway.data.sent_features import SentFeatures
from slipway.data.times import floor_hour, micros
from slipway.demo import past_day
from slipway.demo.column_draws import Floats, Ints
from slipway.demo.history import (
    TYPICAL_LATENCY_MS,
    Written,
    days_of,
    part_name,
    require_own,
    to_micros,
)
from slipway.demo.line_truth import rules_score
from slipway.demo.line_visitors import delays, is_sent
from slipway.demo.line_world import TrafficWorld, known_features, write_entities
from slipway.demo.past_day import Came, PastDay
from slipway.demo.visitors import DUPLICATE_SHARE
from slipway.domain.answer_shapes import Single
from slipway.domain.line import Line, Refresh
from slipway.domain.release import Arm
from slipway.serving.assignment import SALT, assign

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LinePast:
    """Where the past is written, of which world, and how many visits a day of it has in the mean."""

    home: Path
    world: TrafficWorld
    per_day: float
    rules_version: str
    seed: int = 1

    @property
    def line(self) -> Line:
        """The line."""
        return self.world.line


def generate(past: LinePast, start: datetime, end: datetime) -> Iterator[Written]:
    """Write the log of [start, end), and yield what each day, or hour, added; a second run adds nothing.

    Raises BadInput where the log holds rows of somebody else.
    """
    line, world = past.line, past.world
    stretches = list(_stretches(line, start, end))
    require_own(past.home, line, start, end, {part_name(low) for low, _ in stretches})
    write_entities(past.home, line, world.entities)
    arms = np.array([assign(u, line.name, SALT, line.policy, None, 0).value for u in world.users])
    for number, (low, high) in enumerate(stretches):
        rng = np.random.default_rng((past.seed, number))
        day = _served(past, rng, low, high, _table(past, low), arms)
        exposures = past_day.exposures(day, world, line, past.rules_version)
        came = [past_day.outcomes(exposures, one) for one in _came(past, rng, day, end)]
        outcomes = pa.concat_tables(came)
        log.write_parts(past.home, line, exposures, outcomes, day.part)
        yield Written(len(day.users), exposures.num_rows, outcomes.num_rows)
    _table(past, end)


def _stretches(line: Line, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Days, or the hours of days where something is counted every hour."""
    hourly = has_tables(line) and refresh_of(line) is Refresh.HOUR
    for low, high in days_of(start, end):
        while hourly and low < high:
            yield low, min(floor_hour(low) + HOUR, high)
            low = floor_hour(low) + HOUR  # noqa: PLW2901 - the rest of the day
        if not hourly:
            yield low, high


def _table(past: LinePast, low: datetime) -> FeatureTable:
    """The features in force at ``low``, counted from what had arrived."""
    line = past.line
    if not has_tables(line):
        return SentFeatures(line)
    as_of = floor_hour(low)
    if refresh_of(line) is Refresh.DAY:
        as_of = as_of.replace(hour=0)
    features.compute(past.home, line, as_of)
    return feature_table.load(past.home, line, as_of)


def _served(
    past: LinePast,
    rng: np.random.Generator,
    low: datetime,
    high: datetime,
    table: FeatureTable,
    arms: past_day.Words,
) -> PastDay:
    """Answers of the rules to the visits of [low, high), by chance for users who explore."""
    world, line = past.world, past.line
    at = _times(past, rng, low, high)
    visits = world.visits(rng, at)
    served = known_features(table, line, world.users, visits, visits.offered)
    n, offered, width = served.shape
    scores = rules_score(line, served.reshape(n * offered, width)).reshape(n, offered)
    explored = arms[visits.users] == Arm.EXPLORE.value
    key = np.where(explored[:, None], rng.random(scores.shape), scores)
    best = np.argsort(-key, axis=1, kind="stable")[:, : line.list_length]
    asked_us = to_micros(at)
    latency_ms = np.asarray(TYPICAL_LATENCY_MS * rng.lognormal(0.0, 0.25, n), np.float64)
    return PastDay(
        part_name(low),
        table.as_of,
        visits.users,
        at,
        asked_us,
        arrived_us=_arrived(line, asked_us, latency_ms, high),
        latency_ms=latency_ms,
        arms=arms[visits.users],
        propensity=np.where(explored, 1.0 / offered, 1.0),
        items=np.take_along_axis(visits.offered, best, 1),
        scores=np.take_along_axis(scores, best, 1),
        served=np.take_along_axis(served, best[:, :, None], 1),
        visits=visits,
    )


def _times(past: LinePast, rng: np.random.Generator, low: datetime, high: datetime) -> Floats:
    start, seconds = low.timestamp(), (high - low).total_seconds()
    grid = start + (np.arange(1000) + 0.5) * seconds / 1000
    weight = past.world.intensity(grid)
    n = int(rng.poisson(past.per_day * seconds / 86_400 * weight.mean()))
    cell = rng.choice(len(grid), n, p=weight / weight.sum())
    at: Floats = np.sort(start + (cell + rng.random(n)) * seconds / 1000)
    return at


def _arrived(line: Line, asked_us: Ints, latency_ms: Floats, high: datetime) -> Ints:
    """When rows reached the log: at once, or over night where outcomes take days anyway.

    A log of years in one file an hour would be ten thousand files.
    """
    if has_tables(line) or line.maturity < DAY:
        return asked_us + to_micros(latency_ms / 1e3) + 1
    return np.maximum(asked_us + 1, np.int64(micros(high) - 1_000_000))


def _came(past: LinePast, rng: np.random.Generator, day: PastDay, end: datetime) -> Iterator[Came]:
    """What came of the day by each outcome; some of it twice, and nothing after ``end``."""
    line = past.line
    if day.visits is None:
        raise TypeError("a day of a line's world has visits")
    single = isinstance(line.exposure, Single)
    effect = past.world.response(day.scores[:, 0]) if single else np.zeros(len(day.users))
    found = past.world.outcomes(rng, day.visits, day.items, effect)
    for of in line.outcomes:
        values = found[of.name].ravel()
        rows = np.flatnonzero(is_sent(of, values))
        rows = np.concatenate((rows, rows[rng.random(len(rows)) < DUPLICATE_SHARE]))
        happened = np.repeat(day.at, day.items.shape[1])[rows] + delays(rng, of, len(rows))
        arrived = happened + rng.random(len(rows)) * 5
        if not has_tables(line) and line.maturity >= DAY:
            arrived = np.ceil(arrived / 3600) * 3600  # delivered in files, by the hour
        known = arrived < end.timestamp()
        yield Came(
            rows[known],
            to_micros(happened[known]),
            to_micros(arrived[known]),
            of.event,
            values[rows[known]],
        )
