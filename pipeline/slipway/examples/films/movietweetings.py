"""A world of real films, genres, users and visits: MovieTweetings (S. Dooms, 2013, MIT licence).

A rating is a visit: its user, its second, its film. A user's taste is how much better than usual
they rate a genre; a film's quality is how much better than usual it is rated. Invented, because the
data do not hold them: the age band (a hash of the user), the editors' picks, the hour of the day's
moods, and that an old film was on the shelf from the first day; a film of the recorded years comes
to the shelf with its first rating. Folder: ``ratings.dat.gz`` and ``movies.dat.gz``.
"""

import gzip
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from slipway.domain.errors import BadInput, UnknownReference
from slipway.examples.films.item_sampling import Floats, Ints
from slipway.examples.films.line import AGE_BANDS, GENRES
from slipway.examples.films.world import (
    EPOCH_WEEKDAY_S,
    HOUR_S,
    WEEK_S,
    Visits,
    World,
    evening_taste,
    examination_curve,
)

_TITLE = re.compile(r"^(.*) \((\d{4})\)$")
_SHRINK_TASTE, _SHRINK_QUALITY = 4.0, 8.0  # ratings' worth of the mean behind every estimate
_QUALITY, _TASTE = 1.1, 0.6  # logits for a star above what is usual
_LEAN = 0.9  # logits for choosing a genre e times as often as others do


def load(folder: Path, *, seed: int = 7, places: int = 10) -> World:
    """The world of the ratings in ``folder``; the same files give the same world.

    Raises UnknownReference for a missing file and BadInput for one that does not parse.
    """
    ratings = _table(folder / "ratings.dat.gz", ("user", "item", "rating", "at"))
    films = _table(folder / "movies.dat.gz", ("item", "title", "genres"))
    ratings = _numbers(ratings, folder).sort_values(["at", "user", "item"], ignore_index=True)
    films = films[films["item"].isin(set(ratings["item"]))].reset_index(drop=True)
    user_codes, users = pd.factorize(ratings["user"])
    item_index = pd.Index(films["item"])
    items: Ints = item_index.get_indexer(ratings["item"])
    if unknown := int((items < 0).sum()):
        raise _other_table(
            folder / "movies.dat.gz", f"no film of {unknown} ratings", "every film that was rated"
        )
    return _build(films, [str(u) for u in users], user_codes, items, ratings, seed, places)


def _build(
    films: pd.DataFrame, users: list[str], who: Ints, what: Ints, ratings: pd.DataFrame,
    seed: int, places: int,
) -> World:  # fmt: skip
    rng = np.random.default_rng(seed)
    at = ratings["at"].to_numpy(np.float64)
    genre = np.array([_genre(text) for text in films["genres"]])
    stars = ratings["rating"].to_numpy(np.float64) - ratings["rating"].mean()
    quality = _shrunk(what, stars, len(films), _SHRINK_QUALITY)
    cell = who * len(GENRES) + genre[what]
    taste = _shrunk(cell, stars - quality[what], len(users) * len(GENRES), _SHRINK_TASTE)
    chosen = np.bincount(cell, minlength=len(taste)).reshape(len(users), -1)
    # choosing to see a genre more often than others do is taste, too
    usual = (chosen.sum(0) + 1.0) / (chosen.sum() + len(GENRES))
    lean = np.log((chosen + 4 * usual) / (chosen.sum(1, keepdims=True) + 4.0) / usual)
    return World(
        items=tuple(f"tt{item}" for item in films["item"]),
        titles=tuple(films["title"]),
        genre=genre,
        released_at=_released(films, what, at),
        editors_pick=rng.random(len(films)) < 0.06,  # noqa: PLR2004 - one film in sixteen
        quality=_QUALITY * quality,
        pull=np.full(len(films), 0.02),
        users=tuple(f"m{user}" for user in users),
        age_band=np.array([zlib.crc32(u.encode()) % len(AGE_BANDS) for u in users]),
        taste=_TASTE * taste.reshape(len(users), -1) + _LEAN * lean,
        bias=rng.normal(0.0, 0.2, len(users)),
        activity=np.bincount(who, minlength=len(users)).astype(np.float64),
        base=-0.5,
        evening=evening_taste(),
        examination=examination_curve(places),
        hourly=_hourly(at),
        visits=Visits(at, np.asarray(who), what),
    )


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise UnknownReference(
            "ratings",
            found=str(path),
            expected="an existing file",
            next_step="pass the folder with ratings.dat.gz and movies.dat.gz",
        )
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("::") for line in file]
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise _other_table(
            path, str(error), f"a whole gzip file of {'::'.join(columns)}"
        ) from error
    wrong = next((row for row in rows if len(row) != len(columns)), None)
    if wrong is not None or not rows:
        raise _other_table(path, wrong, f"rows of {'::'.join(columns)}")
    return pd.DataFrame(rows, columns=list(columns))


def _other_table(path: Path, found: object, expected: str) -> BadInput:
    return BadInput(str(path), found=found, expected=expected, next_step="download the file again")


def _numbers(ratings: pd.DataFrame, folder: Path) -> pd.DataFrame:
    try:
        return ratings.assign(
            rating=ratings["rating"].astype(float), at=ratings["at"].astype(float)
        )
    except ValueError as error:
        path = folder / "ratings.dat.gz"
        raise _other_table(path, str(error), "numbers as rating and time") from error


def _genre(text: str) -> int:
    """Code of the first declared genre in ``Action|Drama``; anything else is ``Other``.

    >>> GENRES[_genre("Short|Horror")], GENRES[_genre("Western")]
    ('Horror', 'Other')
    """
    known = (GENRES.index(name) for name in text.split("|") if name in GENRES)
    return next(known, GENRES.index("Other"))


def _shrunk(code: Ints, value: Floats, size: int, prior: float) -> Floats:
    """Mean of ``value`` per ``code [size]``, pulled to 0 as by ``prior`` more values of 0."""
    total = np.bincount(code, weights=value, minlength=size)
    return np.asarray(total / (np.bincount(code, minlength=size) + prior))


def _released(films: pd.DataFrame, what: Ints, at: Floats) -> Floats:
    """POSIX seconds: the first rating of a film of the recorded years, else its year's start."""
    first = np.full(len(films), np.inf)
    np.minimum.at(first, what, at)
    recorded = datetime.fromtimestamp(at[0], UTC).year
    released = []
    for title, seen in zip(films["title"], first, strict=True):
        match = _TITLE.match(title)
        year = int(match.group(2)) if match else recorded
        start = datetime(max(year, 1890), 1, 1, tzinfo=UTC).timestamp()
        released.append(seen if year >= recorded else start)
    return np.array(released)


def _hourly(at: Floats) -> Floats:
    """Recorded visits per hour of the week ``[168]``, mean 1, none below a twentieth of it."""
    hour = ((at + EPOCH_WEEKDAY_S) % WEEK_S // HOUR_S).astype(np.int64)
    count = np.bincount(hour, minlength=168).astype(np.float64)
    count = np.maximum(count, count.mean() / 20)
    return np.asarray(count / count.mean())
