"""The feature counts of an invented past, taken in memory while the past is written.

Counting the log (:func:`slipway.data.features.count`) gives the same numbers, but it reads up to
four weeks of it again for every midnight: a minute for six weeks, instead of a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data.feature_files import FeatureCounts
from slipway.data.groups import counted_of
from slipway.data.times import micros
from slipway.domain.line import Line
from slipway.examples.films.item_sampling import Ints
from slipway.examples.films.world import World

WINDOW = timedelta(weeks=4)
"""How far back the line's statistics look."""

NEVER_US = np.iinfo(np.int64).max
"""The time of a click that did not come."""

_MICROSECOND = timedelta(microseconds=1)
_Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shown:
    """Lists of a day: users and times of request and arrival ``[n]``, films ``[n, shown]``.

    Users and films are places in the world's order; times are microseconds since 1970.
    ``clicked_us [n, shown]`` is when the first click on each film arrived, or ``NEVER_US``. Nothing
    arrives before its request.
    """

    users: Ints
    requested_us: Ints
    arrived_us: Ints
    items: Ints
    clicked_us: Ints


class CountedPast:
    """Exposures and clicks of the last four weeks: add each day, then count the midnight after it.

    Midnights are counted in the order of time, since days that have left the window are dropped.
    """

    def __init__(self, world: World, line: Line) -> None:
        self._users, self._items = _Names.of(world.users), _Names.of(world.items)
        # kept one higher than they are: -1 is the code of what was missing
        self._genre = (world.genre + 1).astype(np.int32)
        self._age = np.empty(len(world.users), np.int32)
        self._age[self._users.place] = np.maximum(world.age_band, -1) + 1
        self._genres, self._ages = (int(c.max(initial=0)) + 1 for c in (self._genre, self._age))
        self._maturity_us = line.maturity // _MICROSECOND
        self._days: list[_Rows] = []
        self._groups = counted_of(line)

    def add(self, day: Shown) -> None:
        """Keep what a day showed."""
        last_us = day.requested_us[:, None] + self._maturity_us
        user = self._users.place[day.users][:, None]
        rows = _Rows(
            requested_us=day.requested_us,
            arrived_us=day.arrived_us,
            cell=user * np.int32(self._genres) + self._genre[day.items],
            item=self._items.place[day.items],
            clicked_us=np.where(day.clicked_us <= last_us, day.clicked_us, NEVER_US),
        )
        self._days.append(rows)

    def counts(self, as_of: datetime) -> FeatureCounts:
        """What :func:`slipway.data.features.count` would find in the log, in the same order."""
        cell, item, clicked = self._known(micros(as_of - WINDOW), micros(as_of))
        of_cells = _sums(cell, clicked, len(self._users.place) * self._genres)
        cells = np.flatnonzero(of_cells[0])
        user, genre = np.divmod(cells, self._genres)
        pair = genre * self._ages + self._age[user]
        of_pairs = np.zeros((2, self._genres * self._ages), np.int64)
        np.add.at(of_pairs.T, pair, of_cells[:, cells].T)
        of_items = _sums(item, clicked, len(self._items.place))
        items, pairs = (np.flatnonzero(of[0]) for of in (of_items, of_pairs))
        genres, ages = np.divmod(pairs, self._ages)
        user_genre = {"user": self._users.at(user), "genre": _code(genre)}
        pair_keys = {"genre": _code(genres), "age_band": _code(ages)}
        tables = {
            ("item",): _table({"item": self._items.at(items)}, of_items[:, items]),
            ("genre", "age_band"): _table(pair_keys, of_pairs[:, pairs]),
            ("user", "genre"): _table(user_genre, of_cells[:, cells]),
        }
        return {group.name: tables[group.keys] for group in self._groups}

    def _known(self, low: int, high: int) -> tuple[_Codes, _Codes, npt.NDArray[np.bool_]]:
        """Cell, film and whether it was clicked ``[rows]`` of the window, as known at its end."""
        self._days = [day for day in self._days if np.any(day.requested_us >= low)]
        none = np.empty(0, np.int32)
        pieces = [(none, none, none > 0), *(day.known(low, high) for day in self._days)]
        cell, item, clicked = (np.concatenate(of) for of in zip(*pieces, strict=True))
        return cell, item, clicked


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Names:
    """Names in the order of the tables, and the ``place`` in it of each name as it was given."""

    ordered: pa.Array
    place: _Codes

    @classmethod
    def of(cls, names: tuple[str, ...]) -> Self:
        given = pa.array(names, pa.string())
        order = pc.sort_indices(given)  # by bytes, as DuckDB compares them
        place = np.empty(len(names), np.int32)
        place[order.to_numpy()] = np.arange(len(names))
        return cls(given.take(order), place)

    def at(self, places: Ints) -> pa.Array:
        return self.ordered.take(pa.array(places))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Rows:
    """What is kept of a day: times of request and arrival ``[n]``, the rest ``[n, shown]``.

    ``cell`` is user and genre in one number; ``clicked_us`` holds the clicks that came in time.
    """

    requested_us: Ints
    arrived_us: Ints
    cell: _Codes
    item: _Codes
    clicked_us: Ints

    def known(self, low: int, high: int) -> tuple[_Codes, _Codes, npt.NDArray[np.bool_]]:
        """Rows requested from ``low`` on that had arrived before ``high`` (microseconds)."""
        there = (self.requested_us >= low) & (self.arrived_us < high)
        clicked = self.clicked_us[there] < high
        return self.cell[there].ravel(), self.item[there].ravel(), clicked.ravel()


def _sums(key: _Codes, clicked: npt.NDArray[np.bool_], size: int) -> Ints:
    """Exposures and clicks of each key: ``[2, size]``."""
    return np.stack([np.bincount(of, minlength=size) for of in (key, key[clicked])])


def _code(places: Ints) -> pa.Array:
    return pa.array(places - 1)


def _table(keys: Mapping[str, pa.Array], sums: Ints) -> pa.Table:
    return pa.table({**keys, "exposures": sums[0], "clicked": sums[1]})
