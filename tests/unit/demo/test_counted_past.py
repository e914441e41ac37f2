"""Counts taken while a past is written are those that its log gives, row for row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from slipway import lines
from slipway.data import features, log
from slipway.data.times import micros
from slipway.demo import past_day
from slipway.demo.counted_past import CountedPast
from slipway.examples.films.world import synthetic

LINE = lines.load("feed")  # a click counts for six hours
START = datetime(2025, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR_US = 3_600_000_000
DAYS = 34
MIDNIGHTS = (0, 1, 17, 29, 33)
NAMES = ("u10", "u9", "Zoë", "zoe", "", "\uffee", "\U0001f600", "a b", "u1", "u\u00e9")


@pytest.fixture(scope="module")
def world():
    """Ten users in no order of names, some without an age band, and a film without a genre."""
    place = synthetic(START, users=len(NAMES), films=25, weekly=1, weeks=1)
    rng = np.random.default_rng(5)
    genre = np.where(np.arange(len(place.items)) == 3, -1, place.genre)
    return replace(
        place,
        users=NAMES,
        items=tuple(rng.permutation(place.items).tolist()),
        genre=genre,
        age_band=rng.integers(-1, 3, len(NAMES)),
    )


def lists(rng, world, number):
    """A day of lists on whole hours, up to the last one, that reach the log up to an hour late."""
    n = int(rng.integers(0, 12)) if number else 0  # nothing yet on the first day
    as_of = START + number * DAY
    asked = micros(as_of) + np.sort(rng.choice((0, 6, 18, 22, 23), n)) * HOUR_US
    users = rng.integers(0, len(world.users), n)
    items = np.array([rng.permutation(len(world.items))[:4] for _ in range(n)], int).reshape(n, 4)
    served = np.zeros((*items.shape, len(LINE.features)))
    names = [column.name for column in LINE.features]
    served[:, :, names.index("genre")] = world.genre[items]
    age = world.age_band[users][:, None]
    served[:, :, names.index("age_band")] = np.where(age < 0, np.nan, age)
    return past_day.PastDay(
        f"day-{number}",
        as_of,
        users,
        asked / 1e6,
        asked,
        arrived_us=asked + rng.integers(0, 2, n) * HOUR_US,
        latency_ms=np.ones(n),
        arms=np.full(n, "rules"),
        propensity=np.ones(n),
        items=items,
        scores=np.zeros(items.shape),
        served=served,
    )


def clicked(rng, day):
    """Clicks from at once to nine hours after the request, up to three on the same film."""
    rows = rng.integers(0, max(1, day.items.size), day.items.size)
    delay = rng.integers(0, 10, len(rows)) * HOUR_US
    arrived = np.repeat(day.requested_us, day.items.shape[1])[rows] + delay
    return past_day.Came(rows, arrived, arrived)


@pytest.mark.parametrize("seed", range(2))
def test_counts_in_memory_are_those_of_the_log(tmp_path, world, seed):
    """With late, repeated and immature clicks, each midnight's tables equal a count of the log."""
    rng = np.random.default_rng(seed)
    counted, found = CountedPast(world, LINE), {}
    for number in range(DAYS):
        as_of = START + number * DAY
        if number in MIDNIGHTS:
            found[as_of] = counted.counts(as_of)
        day = lists(rng, world, number)
        clicks = clicked(rng, day)
        rows = past_day.exposures(day, world, LINE, "rules-1") if len(day.users) else None
        if rows is not None:
            log.write_parts(tmp_path, LINE, rows, past_day.outcomes(rows, clicks), day.part)
        counted.add(past_day.shown(day, clicks))
    codes = found[as_of]["genre+age_band-672h-day"].to_pydict()
    assert min(codes["genre"]) == min(codes["age_band"]) == -1
    users = found[as_of]["user+genre-672h-day"]["user"]
    assert len(users.unique()) == len(NAMES)
    for as_of, counts in found.items():
        expected = features.count(tmp_path, LINE, as_of)
        for name, table in expected.items():
            assert counts[name].schema.equals(table.schema, check_metadata=True)
            assert counts[name].equals(table), (as_of, name)


def test_a_day_that_left_the_window_is_forgotten(world):
    """However long the past, no more than four weeks of it are held in memory."""
    rng = np.random.default_rng(0)
    counted = CountedPast(world, LINE)
    for number in range(60):
        day = lists(rng, world, number)
        counted.add(past_day.shown(day, clicked(rng, day)))
        counted.counts(START + (number + 1) * DAY)
        assert len(counted._days) <= 28
