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

    def __init__(self, values: Any = (), size: int | None = None) -> None:  # noqa: ANN401 - strings or numbers
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

    def place(self, value: str) -> int:
        """The place of one string."""
        return self._place.get(value, UNKNOWN)

    def places(self, values: Any) -> Ints:  # noqa: ANN401 - an array or list
        """Places of many values; NaN and None are missing."""
        values = np.asarray(values)
        missing = pd.isna(values)
        if self._size is not None:
            numbers = np.where(missing, 0, values).astype(np.int64)
            inside = (numbers >= 0) & (numbers < self._size)
            return np.where(missing, MISSING, np.where(inside, numbers, UNKNOWN))
        found = self._index.get_indexer(pd.Index(values))
        return np.where(missing, MISSING, np.where(found < 0, UNKNOWN, found)).astype(np.int64)


def _without(wanted: AsOf, found: Floats) -> npt.NDArray[np.bool_]:
    """Keys whose rows say nothing: none had the outcome, or a value."""
    if wanted.statistic in (Statistic.TIME_SINCE, Statistic.LAST):
        return np.isnan(found)
    return np.zeros(len(found), bool)


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of one group: ``cells`` int64[c] number combinations of keys, rising, each with its
    values in ``of``; every combination has a row where ``cells`` is None.
    """  # noqa: D205 - one sentence

    keys: tuple[str, ...]
    radix: tuple[int, ...]
    cells: Ints | None
    of: dict[AsOf, Floats]

    def numbers(self, places: Mapping[str, Ints], n: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """The combination of each row [n] (negative: none), and whether one of its keys is missing."""
        number, missing = np.zeros(n, np.int64), np.zeros(n, bool)
        unknown = missing
        for key, radix in zip(self.keys, self.radix, strict=True):
            place = places[key]
            number = number * radix + place
            missing = missing | (place == MISSING)
            unknown = unknown | (place < 0)
        return np.where(unknown, -1, number), missing

    def rows(self, number: Ints) -> Ints:
        """The row of each combination; -1 where it has none."""
        if self.cells is None:
            return number
        if not len(self.cells):
            return np.full(len(number), -1)
        row = np.searchsorted(self.cells, number).clip(max=len(self.cells) - 1)
        return np.where(self.cells[row] == number, row, -1)


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

    def value(
        self,
        wanted: AsOf,
        places: Mapping[str, Ints],
        n: int,
        now_us: Any = 0,  # noqa: ANN401 - of all rows, or of each
    ) -> Floats:
        """What ``wanted`` is for rows [n] of these ``places`` of its keys, asked for at ``now_us``."""
        cells = self._cells[self._group_of[wanted.by, wanted.window, wanted.refresh]]
        number, missing = cells.numbers(places, n)
        row = cells.rows(number)
        known = cells.of[wanted]
        found = (
            statistics.at_request(wanted, known[row], now_us) if len(known) else np.full(n, np.nan)
        )
        absent = (row < 0) | _without(wanted, found)
        if not absent.any():
            return found
        prior = self._prior(wanted, wanted.prior, places, n, now_us)
        if missing.any() and wanted.missing is not None:
            other = self._prior(wanted, wanted.missing, places, n, now_us)
            prior = np.where(missing, other, prior)
        return np.where(absent, prior, found)

    def _prior(
        self,
        wanted: AsOf,
        of: AsOf | float | None,
        places: Mapping[str, Ints],
        n: int,
        now_us: Any = 0,  # noqa: ANN401 - as value
    ) -> Floats:
        if isinstance(of, AsOf):
            return self.value(of, places, n, now_us)
        return np.full(n, statistics.unseen(wanted) if of is None else float(of))

    def _filled(self, line: Line, group: Group, table: pa.Table) -> Cells:
        """The group's rows in the order of their keys, with the values of its statistics."""
        radix = tuple(max(1, len(self.keys[key])) for key in group.keys)
        places = {key: self.keys[key].places(_values(line, key, table[key])) for key in group.keys}
        empty = Cells(group.keys, radix, None, {})
        number, _ = empty.numbers(places, table.num_rows)
        known = np.flatnonzero(number >= 0)
        order = known[np.argsort(number[known], kind="stable")]
        every = int(np.prod(radix, dtype=np.float64))
        closed = all(self.keys[key].is_closed for key in group.keys) and every <= MOST_CELLS
        cells = np.arange(every) if closed else number[order]
        kept = statistics.init(statistics.state_names(table), len(cells))
        for name, values in kept.items():
            found = table[name].cast(pa.float64()).fill_null(np.nan).to_numpy()[order]
            values[number[order] if closed else slice(None)] = found
        at, left = {}, cells
        for key, size in zip(reversed(group.keys), reversed(radix), strict=True):
            left, at[key] = np.divmod(left, size)
        mine = [one for one in group.wanted if one.by == group.keys]
        values_of = {
            one: statistics.finalize(one, kept, self._prior(one, one.prior, at, len(cells)))
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


def _values(line: Line, key: str, column: pa.ChunkedArray) -> Any:  # noqa: ANN401 - strings or numbers
    """The values of a key in a table of counts: user and item as they are, others as numbers."""
    if key in (USER, ITEM):
        return np.array(column.to_pylist(), dtype=object)
    if line.column(key).dtype is DType.CATEGORY:
        return codes_of(column.to_pylist())
    numbers = column.cast(pa.float64()).fill_null(np.nan).to_numpy()
    return np.where(numbers < 0, np.nan, numbers)
