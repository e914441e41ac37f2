"""As-of values by key: tables of counts made into arrays that many rows look up at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from slipway.data import statistics
from slipway.data.feature_files import FeatureCounts
from slipway.data.groups import Group, groups_of
from slipway.data.words import codes_of
from slipway.domain.line import AsOf, DType, Line, Statistic
from slipway.domain.origins import ITEM, USER

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MISSING, UNKNOWN = -1, -2
"""Places of a key's value that is not there, and of one that has no row."""

MOST_CELLS = 1_000_000
"""Cells of keys with declared values, up to which every combination has a row of its own."""


class Key:
    """The values of one key, and the place of each: ``size`` declared codes, or whatever values there are."""

    def __init__(self, values: Any = (), size: int | None = None) -> None:  # strings or numbers
        self._size = size
        kind = object if size is None and not isinstance(values, np.ndarray) else None
        different = pd.unique(np.asarray(values, dtype=kind))
        self._index = pd.Index(different[~pd.isna(different)])

    @property
    def is_closed(self) -> bool:
        """Whether all values are declared."""
        return self._size is not None

    def __len__(self) -> int:
        return len(self._index) if self._size is None else self._size

    @cached_property
    def _place(self) -> dict[Any, int]:
        return {value: at for at, value in enumerate(self._index.tolist())}

    def place(self, value: Any) -> int:  # a string or number
        """The place of one value; NaN is missing."""
        if value != value:  # noqa: PLR0124 - NaN alone
            return MISSING
        if self._size is not None:
            return int(value) if 0 <= value < self._size else UNKNOWN
        return self._place.get(value, UNKNOWN)

    def places(self, values: Any) -> Ints:  # an array or list
        """Places of many values; NaN and None are missing."""
        values = np.asarray(values)
        missing = pd.isna(values)
        if self._size is not None:
            numbers = np.where(missing, 0, values).astype(np.int64)
            inside = (numbers >= 0) & (numbers < self._size)
            return np.where(missing, MISSING, np.where(inside, numbers, UNKNOWN))
        found = self._index.get_indexer(pd.Index(values))
        return np.where(missing, MISSING, np.where(found < 0, UNKNOWN, found)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of one group: ``cells`` int64[c] number combinations of keys, rising, each with its
    values in ``of``; every combination has a row where ``cells`` is None.
    """

    keys: tuple[str, ...]
    radix: tuple[int, ...]
    cells: Ints | None
    of: dict[AsOf, Floats]

    def numbers(self, places: Mapping[str, Any]) -> Any:  # a number or an array of them
        """The combination of each row; meaningless where one of its places is negative."""
        number: Any = 0
        for key, radix in zip(self.keys, self.radix, strict=True):
            number = number * radix + places[key]
        return number

    def places(self) -> dict[str, Ints]:
        """The places of each key, by row."""
        every = int(np.prod(self.radix, dtype=np.float64))
        left = np.arange(every) if self.cells is None else self.cells
        found: dict[str, Ints] = {}
        for key, size in zip(reversed(self.keys), reversed(self.radix), strict=True):
            left, found[key] = np.divmod(left, size)
        return found

    def rows(self, number: Any) -> Any:  # as numbers
        """The row of each combination; -1 where it has none."""
        if self.cells is None:
            return np.asarray(number)
        if not len(self.cells):
            return np.full(np.shape(number), -1)
        row = np.minimum(np.searchsorted(self.cells, number), len(self.cells) - 1)
        return np.where(self.cells[row] == number, row, -1)


@dataclass(frozen=True, eq=False)
class PlacedStatistic:
    """One statistic over its cells, with what stands where a key has none: a number, or another one."""

    wanted: AsOf
    cells: Cells
    prior: "PlacedStatistic | float"
    missing: "PlacedStatistic | float | None"

    def value(
        self, places: Mapping[str, Any], now_us: Any
    ) -> Any:  # of one request, or of each row
        """What it is at these places of its keys, each an array [n] or one for all rows (then so is the value)."""
        number = self.cells.numbers(places)
        known = self.cells.of[self.wanted]
        mine = [places[key] for key in self.cells.keys]
        if all(_lowest(place) >= 0 for place in mine):
            row = self.cells.rows(number)
            if _lowest(row) >= 0 and self.wanted.statistic not in SILENT:
                return statistics.at_request(self.wanted, known[row], now_us)
        alone = [place for place in mine if isinstance(place, int) and place < 0]
        if MISSING in alone and self.missing is not None:
            return _value(self.missing, places, now_us)
        if alone and self.missing is None:  # no row has such a key
            return _value(self.prior, places, now_us)
        unknown = missing = np.zeros((), bool)
        for place in mine:
            unknown, missing = unknown | (place < 0), missing | (place == MISSING)
        row = self.cells.rows(np.where(unknown, -1, number))
        row = np.where(unknown, -1, row)
        found = known[row] if len(known) else np.full(np.shape(row), np.nan)
        found = statistics.at_request(self.wanted, found, now_us)
        absent = row < 0
        if self.wanted.statistic in SILENT:
            absent = absent | np.isnan(found)
        if not np.any(absent):
            return found
        prior = _value(self.prior, places, now_us)
        if self.missing is not None and np.any(missing):
            prior = np.where(missing, _value(self.missing, places, now_us), prior)
        return np.where(absent, prior, found)


SILENT = (Statistic.TIME_SINCE, Statistic.LAST)
"""Statistics of which a key's rows may say nothing: none had the outcome, or a value."""


def _lowest(places: Any) -> int:  # a number or an array
    if isinstance(places, int):
        return places
    return int(places.min()) if places.size else 0


def _value(
    of: "PlacedStatistic | float", places: Mapping[str, Any], now_us: Any
) -> Any:  # as PlacedStatistic.value
    return of.value(places, now_us) if isinstance(of, PlacedStatistic) else of


class Lookup:
    """The as-of values of one table; ``keys`` place what requests bring."""

    def __init__(self, line: Line, counts: FeatureCounts) -> None:
        groups = {group.name: group for group in groups_of(line)}
        tables = {
            name: counts[name]
            if group.origin is None
            else statistics.merge(counts[group.origin], group.keys)
            for name, group in groups.items()
        }
        self.keys = {
            key: _key(line, key, [t[key] for t in tables.values() if key in t.column_names])
            for key in dict.fromkeys(key for group in groups.values() for key in group.keys)
        }
        self._group_of = {
            (one.by, one.window, one.refresh): group.name
            for group in groups.values()
            for one in group.wanted
            if one.by == group.keys
        }
        self._cells: dict[str, Cells] = {}
        for group in sorted(groups.values(), key=lambda g: len(g.keys)):  # priors come first
            self._cells[group.name] = self._filled(line, group, tables[group.name])

    def placed(self, wanted: AsOf) -> PlacedStatistic:
        """The statistic over this table."""
        cells = self._cells[self._group_of[wanted.by, wanted.window, wanted.refresh]]
        missing = None if wanted.missing is None else self._other(wanted, wanted.missing)
        return PlacedStatistic(wanted, cells, self._other(wanted, wanted.prior), missing)

    def _other(self, wanted: AsOf, of: AsOf | float | None) -> PlacedStatistic | float:
        if isinstance(of, AsOf):
            return self.placed(of)
        return statistics.unseen(wanted) if of is None else float(of)

    def value(self, wanted: AsOf, places: Mapping[str, Ints], n: int) -> Floats:
        """What ``wanted`` is for rows [n] of these ``places`` of its keys."""
        return np.array(np.broadcast_to(self.placed(wanted).value(places, 0), n))

    def _filled(self, line: Line, group: Group, table: pa.Table) -> Cells:
        """The group's rows in the order of their keys, with the values of its statistics."""
        radix = tuple(max(1, len(self.keys[key])) for key in group.keys)
        places = {key: self.keys[key].places(_values(line, key, table[key])) for key in group.keys}
        number = np.broadcast_to(Cells(group.keys, radix, None, {}).numbers(places), table.num_rows)
        inside = [place >= 0 for place in places.values()]
        known = np.flatnonzero(
            np.logical_and.reduce(inside) if inside else np.ones(len(number), bool)
        )
        order = known[np.argsort(number[known], kind="stable")]
        every = int(np.prod(radix, dtype=np.float64))
        closed = all(self.keys[key].is_closed for key in group.keys) and every <= MOST_CELLS
        cells = np.arange(every) if closed else number[order]
        kept = statistics.init(statistics.state_names(table), len(cells))
        for name, values in kept.items():
            found = table[name].cast(pa.float64()).fill_null(np.nan).to_numpy()[order]
            values[number[order] if closed else slice(None)] = found
        at = Cells(group.keys, radix, cells, {}).places()
        mine = [one for one in group.wanted if one.by == group.keys]
        values_of = {
            one: statistics.finalize(one, kept, _value(self._other(one, one.prior), at, 0))
            for one in mine
        }
        return Cells(group.keys, radix, None if closed else cells, values_of)


def _key(line: Line, key: str, columns: Sequence[pa.ChunkedArray]) -> Key:
    if key in (USER, ITEM):
        return Key([value for column in columns for value in column.unique().to_pylist()])
    declared = line.column(key)
    if declared.dtype is DType.CODE and declared.upper is not None:
        return Key(size=int(declared.upper) + 1)
    numbers = [_values(line, key, column) for column in columns]
    return Key(np.concatenate([np.empty(0), *numbers]))


def _values(line: Line, key: str, column: pa.ChunkedArray) -> Any:  # strings or numbers
    """The values of a key in a table of counts: user and item as they are, others as numbers."""
    if key in (USER, ITEM):
        return np.array(column.to_pylist(), dtype=object)
    if line.column(key).dtype is DType.CATEGORY:
        return codes_of(column.to_pylist())
    numbers = column.cast(pa.float64()).fill_null(np.nan).to_numpy()
    return np.where(numbers < 0, np.nan, numbers)
