"""The invented world: its truth is stable, its lists are lists, its clicks follow its formula."""

from datetime import UTC, datetime

import numpy as np
import pytest
from slipway.examples.films.item_sampling import Shelf
from slipway.examples.films.line import GENRES
from slipway.examples.films.world import Visits, synthetic

START = datetime(2025, 1, 6, 6, tzinfo=UTC)
AT = START.timestamp() + 3 * 86400.0


@pytest.fixture(scope="module")
def world():
    """A small world."""
    return synthetic(START, users=300, films=120, weekly=5, weeks=4)


def test_same_seed_same_world(world):
    """Another process that asks for the same world gets the same clicks."""
    again = synthetic(START, users=300, films=120, weekly=5, weeks=4)
    assert again.titles == world.titles
    assert np.array_equal(again.quality, world.quality)
    assert np.array_equal(again.taste, world.taste)


def test_candidates_are_distinct_released_films(world):
    """A candidate list never repeats a film and never holds one that is not yet released."""
    rng = np.random.default_rng(0)
    lists = world.shelf(rng, AT).draw(rng, 2000, 30)
    assert all(len(set(row)) == 30 for row in lists.tolist())
    assert (world.released_at[lists] <= AT).all()


def test_one_popular_film_cannot_fill_a_list():
    """However popular one film is, the other places of the list go to other films."""
    rng = np.random.default_rng(0)
    lists = Shelf.of(rng, np.array([1e6] + [1.0] * 11)).draw(rng, 500, 10)
    assert all(len(set(row)) == 10 for row in lists.tolist())


def test_click_falls_with_position(world):
    """The same film is clicked less the lower it stands, by the examination curve alone."""
    users, items = np.array([5]), np.array([7])
    places = np.arange(1, 11)
    clicks = world.click_probability(users, items, places, np.array([AT]))
    assert np.allclose(clicks / clicks[0], world.examination)
    assert ((clicks > 0) & (clicks < 1)).all()


def test_visits_follow_the_hours_of_the_week(world):
    """Visit times are sorted, inside the interval, and busier in the evening than at night."""
    rng = np.random.default_rng(0)
    start = datetime(2025, 1, 6, tzinfo=UTC).timestamp()
    times = world.visit_times(rng, start, start + 7 * 86400, 50_000)
    assert (np.diff(times) >= 0).all()
    assert times[0] >= start
    assert times[-1] < start + 7 * 86400
    hours = np.bincount((times // 3600).astype(int) % 24, minlength=24)
    assert hours[20] > 2 * hours[8]
    assert world.intensity(start + 5.5 * 86400) > world.intensity(start + 1.5 * 86400)


def test_catalogue_holds_every_film(world):
    """The catalogue names every film with its genre and release in UTC."""
    table = world.catalogue()
    assert table.num_rows == len(world.items)
    assert max(table["genre"].to_pylist()) < len(GENRES)
    assert str(table.schema.field("released_at").type) == "timestamp[us, tz=UTC]"


def test_recorded_users_return_around_their_visits():
    """Users drawn at a moment are those recorded near it, and before the record its first ones."""
    visits = Visits(np.arange(100) * 86400.0, np.arange(100), np.zeros(100, dtype=np.int64))
    rng = np.random.default_rng(0)
    near = visits.users(rng, 50 * 86400.0, 500)
    assert near.min() >= 36
    assert near.max() <= 64
    assert len(visits.users(rng, -900 * 86400.0, 10)) == 10
    assert len(visits.users(rng, 900 * 86400.0, 10)) == 10
