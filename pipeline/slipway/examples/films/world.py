"""A world with known truth: films, users, and the probability that one clicks the other.

A user looks at place k with probability ``examination[k]`` and, having looked, clicks with
``attraction`` = logistic(base + quality of the film + taste of the user for its genre + freshness
+ editors' lift + hour of the day). Position bias is multiplicative, as in the position-based click
model (Richardson et al. 2007), so the examination a trained model has to find is known here.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.examples.films.item_sampling import Floats, Ints, Shelf
from slipway.examples.films.line import GENRES

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S
EPOCH_WEEKDAY_S = 3 * DAY_S  # 1970-01-01 was a Thursday: added, weeks begin on Monday 00:00
FRESH_DAYS = 21.0  # a new film's pull halves in about two weeks
FRESH_LIFT = 0.9
SUPPLY = (
    0.12, 0.06, 0.05, 0.22, 0.06, 0.04, 0.16, 0.03, 0.07, 0.03, 0.05, 0.04, 0.05, 0.02,
)  # fmt: skip
"""Share of each genre among the films of an invented world: comedies and dramas lead, as in life."""

PICK_LIFT = 0.25


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Visits:
    """Recorded visits of real users: POSIX seconds, sorted, and the user (index) of each.

    Users come back: those who visit at some moment are drawn from the recorded visits within
    ``spread_s`` of it, and they visit at the recorded hours of the week.
    """

    at: Floats
    user: Ints
    item: Ints
    spread_s: float = 14 * DAY_S

    def users(self, rng: np.random.Generator, at: float, n: int) -> Ints:
        """Users (indices, ``[n]``) who visit around POSIX second ``at``."""
        low, high = np.searchsorted(self.at, (at - self.spread_s, at + self.spread_s))
        if low == high:  # outside the recorded time: its nearest end goes on
            low, high = (0, min(500, len(self.at))) if low == 0 else (max(0, low - 500), low)
        return self.user[rng.integers(low, high, n)]

    def popularity(self, at: float, items: int, window_s: float = 56 * DAY_S) -> Floats:
        """Recorded visits of each film in the ``window_s`` before ``at``: ``[items]``."""
        low, high = np.searchsorted(self.at, (at - window_s, at))
        return np.bincount(self.item[low:high], minlength=items).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class World:
    """Films, users and click probabilities; all arrays are aligned to ``items`` or ``users``.

    ``released_at`` is in POSIX seconds, ``quality``, ``bias``, ``taste [users, genres]`` and
    ``evening [24, genres]`` in logits, ``hourly [168]`` in visits relative to the mean hour,
    Monday 00:00 UTC first. ``pull`` weighs how often a film is a candidate for a list.
    """

    items: tuple[str, ...]
    titles: tuple[str, ...]
    genre: Ints
    released_at: Floats
    editors_pick: NDArray[np.bool_]
    quality: Floats
    pull: Floats
    users: tuple[str, ...]
    age_band: Ints
    taste: Floats
    bias: Floats
    activity: Floats
    base: float
    evening: Floats
    examination: Floats
    hourly: Floats
    visits: Visits | None = None

    def attraction(self, users: Ints, items: Ints, at: Floats) -> Floats:
        """P(click | looked at) of ``items`` for ``users`` at POSIX seconds ``at``; they broadcast.

        Shape of the broadcast; a pure function of the world.
        """
        genre = self.genre[items]
        age_days = np.maximum(at - self.released_at[items], 0.0) / DAY_S
        hour = (at // HOUR_S).astype(np.int64) % 24
        logit = (
            self.base
            + self.quality[items]
            + self.taste[users, genre]
            + self.bias[users]
            + FRESH_LIFT * np.exp(-age_days / FRESH_DAYS)
            + PICK_LIFT * self.editors_pick[items]
            + self.evening[hour, genre]
        )
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))

    def click_probability(self, users: Ints, items: Ints, positions: Ints, at: Floats) -> Floats:
        """P(click) at 1-based ``positions``; places beyond the last known one count as it."""
        place = np.minimum(positions, len(self.examination)) - 1
        return np.asarray(self.examination[place] * self.attraction(users, items, at))

    def visitors(self, rng: np.random.Generator, at: float, n: int) -> Ints:
        """Users (indices, ``[n]``) who visit around POSIX second ``at``."""
        if self.visits is not None:
            return self.visits.users(rng, at, n)
        edges = np.cumsum(self.activity)
        return np.asarray(np.searchsorted(edges, rng.random(n) * edges[-1], side="right"))

    def visit_times(self, rng: np.random.Generator, start: float, end: float, n: int) -> Floats:
        """POSIX seconds ``[n]`` of visits in [start, end), sorted, shaped by the hour of week."""
        edges = np.append(np.arange(start, end, HOUR_S / 4), end)
        rates = self.intensity((edges[:-1] + edges[1:]) / 2) * np.diff(edges)
        total = np.concatenate(([0.0], np.cumsum(rates)))
        times = np.interp(np.sort(rng.random(n)) * total[-1], total, edges)
        return np.asarray(np.minimum(times, np.nextafter(end, start)))

    def intensity(self, at: Floats | float) -> Floats:
        """Visits at POSIX seconds ``at`` relative to the mean hour of the week."""
        hours = (np.asarray(at, dtype=np.float64) + EPOCH_WEEKDAY_S) % WEEK_S / HOUR_S
        return self.hourly[hours.astype(np.int64) % len(self.hourly)]

    def shelf(self, rng: np.random.Generator, at: float) -> Shelf:
        """The films that may be candidates at POSIX second ``at``, in a shuffled order."""
        age_days = (at - self.released_at) / DAY_S
        pull = self.pull * (1.0 + 3.0 * np.exp(-np.maximum(age_days, 0.0) / 10.0))
        if self.visits is not None:
            pull = pull + self.visits.popularity(at, len(self.items))
        return Shelf.of(rng, np.where(age_days >= 0, pull, 0.0))

    def catalogue(self) -> pa.Table:
        """Every announced film in the catalogue's columns; a film may be announced early."""
        return pa.table(
            {
                "item": pa.array(self.items, pa.string()),
                "title": pa.array(self.titles, pa.string()),
                "genre": pa.array(self.genre, pa.int16()),
                "released_at": pa.array((self.released_at * 1e6).astype(np.int64), pa.int64()).cast(
                    pa.timestamp("us", tz="UTC")
                ),
                "editors_pick": pa.array(self.editors_pick, pa.bool_()),
            }
        )


def hourly_shape() -> Floats:
    """Visits per hour of the week ``[168]``, mean 1: quiet nights, busy evenings and weekends."""
    hour = np.arange(168) % 24
    day = np.arange(168) // 24
    diurnal = 1.0 + 0.6 * np.cos((hour - 20) / 24 * 2 * np.pi)
    shape = diurnal * np.where(day >= 5, 1.3, 1.0)  # noqa: PLR2004 - Saturday and Sunday
    return np.asarray(shape / shape.mean())


def evening_taste() -> Floats:
    """Genre preferences by hour ``[24, genres]`` in logits: some genres belong to the evening."""
    late = np.cos((np.arange(24) - 22) / 24 * 2 * np.pi)
    lean = {"Horror": 0.35, "Thriller": 0.25, "Crime": 0.15, "Animation": -0.35, "Adventure": -0.1}
    return np.asarray(np.outer(late, [lean.get(name, 0.0) for name in GENRES]))


def examination_curve(places: int) -> Floats:
    """Probability to look at place 1 .. ``places``: 1 at the top, falling as 1 / k^0.5."""
    return np.asarray(1.0 / np.sqrt(np.arange(1, places + 1)))


def synthetic(
    start: datetime, *, seed: int = 7, users: int = 12_000, films: int = 500, weekly: int = 12,
    weeks: int = 60, places: int = 10,
) -> World:  # fmt: skip
    """An invented world in which ``weekly`` new films appear in each of ``weeks`` after ``start``.

    The same arguments give the same world in every process.
    """
    rng = np.random.default_rng(seed)
    total = films + weekly * weeks
    origin = start.timestamp()
    old = origin - DAY_S * rng.exponential(500.0, films)
    new = origin + WEEK_S * np.sort(rng.random(weekly * weeks) * weeks)
    appeal = np.array([0.1, 0.1, 0.0, 0.2, 0.1, -0.2, 0.1, 0.0, -0.1, 0.0, 0.1, 0.1, 0.1, -0.2])
    genre = rng.choice(len(GENRES), total, p=SUPPLY)
    age_band = rng.choice(3, users, p=(0.3, 0.45, 0.25))
    of_age = rng.normal(0.0, 0.3, (3, len(GENRES)))
    taste = appeal + of_age[age_band] + rng.normal(0.0, 0.8, (users, len(GENRES)))
    return World(
        items=tuple(f"f{index:05d}" for index in range(total)),
        titles=tuple(f"{GENRES[g]} No. {index}" for index, g in enumerate(genre)),
        genre=genre.astype(np.int64),
        released_at=np.concatenate((old, new)),
        editors_pick=rng.random(total) < 0.06,  # noqa: PLR2004 - about one film in sixteen
        quality=rng.normal(0.0, 0.9, total),
        pull=rng.lognormal(0.0, 0.5, total),
        users=tuple(f"u{index:05d}" for index in range(users)),
        age_band=age_band.astype(np.int64),
        taste=taste,
        bias=rng.normal(0.0, 0.2, users),
        activity=rng.gamma(2.0, 0.5, users),
        base=-0.5,
        evening=evening_taste(),
        examination=examination_curve(places),
        hourly=hourly_shape(),
    )
