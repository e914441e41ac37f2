"""Real ratings become a world: real films and users, invented only where the data are silent."""

import gzip
from datetime import UTC, datetime

import numpy as np
import pytest
from slipway.domain.errors import BadInput, UnknownReference
from slipway.examples.films import movietweetings
from slipway.examples.films.line import GENRES

FILMS = """0000001::Old Laughs (1950)::Comedy
0000002::New Fears (2013)::Short|Horror
0000003::Never Rated (2001)::Drama
0000004::Old Tears (1960)::Drama
"""


def stamp(day):
    return int(datetime(2013, 3, day, 20, tzinfo=UTC).timestamp())


@pytest.fixture
def folder(tmp_path):
    """A tiny data folder: user 1 loves comedy and dislikes drama, user 2 the other way round."""
    ratings = [
        *(f"1::0000001::10::{stamp(day)}" for day in range(1, 11)),
        *(f"1::0000004::2::{stamp(day)}" for day in range(1, 11)),
        *(f"2::0000004::10::{stamp(day)}" for day in range(11, 21)),
        *(f"2::0000001::2::{stamp(day)}" for day in range(11, 21)),
        f"2::0000002::7::{stamp(25)}",
    ]
    for name, text in (("movies", FILMS), ("ratings", "\n".join(ratings) + "\n")):
        with gzip.open(tmp_path / f"{name}.dat.gz", "wt", encoding="utf-8") as file:
            file.write(text)
    return tmp_path


def test_tastes_come_from_the_ratings(folder):
    """Who rates comedies high and dramas low is more likely to click a comedy than a drama."""
    world = movietweetings.load(folder)
    assert world.users == ("m1", "m2")
    comedy, drama = GENRES.index("Comedy"), GENRES.index("Drama")
    assert world.taste[0, comedy] > world.taste[0, drama]
    assert world.taste[1, comedy] < world.taste[1, drama]


def test_films_come_to_the_shelf_with_the_real_calendar(folder):
    """A film of the recorded year is offered from its first rating on, an old one from the start."""
    world = movietweetings.load(folder)
    assert world.items == ("tt0000001", "tt0000002", "tt0000004")  # never rated: never offered
    assert world.genre.tolist() == [GENRES.index(g) for g in ("Comedy", "Horror", "Drama")]
    rng = np.random.default_rng(0)
    assert 1 not in world.shelf(rng, stamp(24)).order
    assert 1 in world.shelf(rng, stamp(26)).order


def test_same_files_same_world(folder):
    """Every process that loads the folder sees the same users click."""
    one, two = movietweetings.load(folder), movietweetings.load(folder)
    assert np.array_equal(one.taste, two.taste)
    assert np.array_equal(one.age_band, two.age_band)


def test_missing_and_broken_files_are_named(folder):
    """A missing or broken file is one clear error that names it."""
    with pytest.raises(UnknownReference, match=r"nowhere.*ratings\.dat\.gz"):
        movietweetings.load(folder / "nowhere")
    with gzip.open(folder / "ratings.dat.gz", "wt") as file:
        file.write("1::2::x::y\n")
    with pytest.raises(BadInput, match=r"ratings\.dat\.gz"):
        movietweetings.load(folder)
    with gzip.open(folder / "ratings.dat.gz", "wt") as file:
        file.write("1,2,3,4\n")
    with pytest.raises(BadInput, match=r"ratings\.dat\.gz"):
        movietweetings.load(folder)


def test_a_table_that_is_no_other_than_its_name_says_is_one_line(folder):
    """Another file under the name, half a file, and ratings of films that nobody knows are refused."""
    path = folder / "ratings.dat.gz"
    whole = path.read_bytes()
    for broken in (b"plain text", whole[: len(whole) // 2], whole[:-8] + b"12345678"):
        path.write_bytes(broken)
        with pytest.raises(BadInput, match=r"ratings\.dat\.gz.*a whole gzip file of user::item"):
            movietweetings.load(folder)
    path.write_bytes(gzip.compress(f"1::0000009::7::{stamp(1)}\n".encode()))
    with pytest.raises(BadInput, match=r"movies\.dat\.gz.*no film of 1 ratings"):
        movietweetings.load(folder)
