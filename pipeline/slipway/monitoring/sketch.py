"""Sketches of columns: counts that add up, made in bulk from Arrow tables.

A number is counted by :mod:`slipway.stats.ordered_cells`, a category by value in a table of bounded
size, a text by its words. Missing (null, NaN) is counted apart. Nothing here loops over rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array

from slipway.stats.ordered_cells import CELLS, MISSING, cells_of

Ints = npt.NDArray[np.int64]

DENSE = 16_000_000
"""Cells of a table of counts above which only those that occur are held."""


class CountedAs(StrEnum):
    """How the values of a column are counted."""

    NUMBER = "number"
    VALUE = "value"
    WORDS = "words"


class Asked(NamedTuple):
    """A column to be counted; ``centre`` is where numbers are told apart most closely."""

    name: str
    reading: CountedAs
    centre: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Counts of one column in one group of rows.

    ``keys`` [k] are cells of numbers (int64) or values (str), ``counts`` int64[k] theirs, ``missing`` rows have none of ``rows``. Values that occur ``cut`` times
    or less may have been left out: ``rest`` of the counted ones.
    """

    asked: Asked
    rows: int
    missing: int
    keys: npt.NDArray[Any]
    counts: Ints
    cut: int = 0
    rest: int = 0
    ids: npt.NDArray[Any] = field(init=False)
    """What ``keys`` are told apart by: strings are slow to look for, so values have hashes (uint64)."""

    def __post_init__(self) -> None:
        number = self.asked.reading is CountedAs.NUMBER
        ids = self.keys if number else hash_array(self.keys.astype(object), categorize=False)
        object.__setattr__(self, "ids", ids)

    def dense(self) -> Ints:
        """Counts int64[CELLS] of numbers."""
        full = np.zeros(CELLS, np.int64)
        full[self.keys.astype(np.int64)] = self.counts
        return full


def added(sketches: Sequence[Sketch]) -> Sketch:
    """The sketch of all rows of several groups; raises ValueError for none, or of several columns."""
    if len({(one.asked.name, one.asked.reading) for one in sketches}) != 1:
        raise ValueError("sketches of one column are added, and there must be one")
    if len(sketches) == 1:
        return sketches[0]
    _, first, place = np.unique(
        np.concatenate([one.ids for one in sketches]), return_index=True, return_inverse=True
    )
    counts = np.bincount(
        place, weights=np.concatenate([one.counts for one in sketches]), minlength=len(first)
    ).astype(np.int64)
    return Sketch(
        sketches[0].asked,
        sum(one.rows for one in sketches),
        sum(one.missing for one in sketches),
        np.concatenate([one.keys for one in sketches])[first],
        counts,
        max(one.cut for one in sketches),
        sum(one.rest for one in sketches),
    )


def sketches(
    table: pa.Table,
    asked: Sequence[Asked],
    group: Ints,
    groups: int,
    *,
    most: int,
    word_rows: int = 1,
) -> Iterator[tuple[int, Sketch]]:
    """Each asked column of ``table`` in each group of rows that has any, with the group's number.

    ``group`` int64[n] is below ``groups``, or -1: in none. Tables of values hold the ``most`` frequent, those
    of a text's words what at least ``word_rows`` rows of a group hold.
    """
    inside = group >= 0
    whole = bool(inside.all())
    own = group if whole else group[inside]
    rows = np.bincount(own, minlength=groups)
    for column in asked:
        values = table[column.name]
        values = values if whole else values.filter(pa.array(inside))
        if column.reading is CountedAs.NUMBER:
            yield from _numbers(column, values, own, rows)
        else:
            least = word_rows if column.reading is CountedAs.WORDS else 1
            yield from _values(column, values, own, rows, (most, least))


def _numbers(
    asked: Asked, values: pa.ChunkedArray, group: Ints, rows: Ints
) -> Iterator[tuple[int, Sketch]]:
    kind = values.type
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind):
        values = values.cast(pa.int64() if pa.types.is_timestamp(kind) else pa.float64())
    numbers = values.to_numpy()  # an integer column with nulls becomes floats with NaN
    width = CELLS + 1
    if len(rows) == 1:
        counted = np.bincount(cells_of(numbers, asked.centre), minlength=width)[None, :]
    else:
        cells = cells_of(numbers, asked.centre) + group * width
        counted = np.bincount(cells, minlength=width * len(rows)).reshape(len(rows), width)
    for place in np.flatnonzero(rows).tolist():
        own = counted[place, :CELLS]
        keys = np.flatnonzero(own)
        missing = int(counted[place, MISSING])
        yield place, Sketch(asked, int(rows[place]), missing, keys, own[keys])


def _values(
    asked: Asked, values: pa.ChunkedArray, group: Ints, rows: Ints, kept_of: tuple[int, int]
) -> Iterator[tuple[int, Sketch]]:
    most, least = kept_of
    if asked.reading is CountedAs.WORDS:
        values, group, missing = _split(values, group, len(rows))
        codes, names = coded(values)
    else:
        codes, names = coded(values)
        missing = np.bincount(group[codes < 0], minlength=len(rows))
        given = codes >= 0
        codes, group = (codes, group) if given.all() else (codes[given], group[given])
    for place, own_codes, counts in _counted(codes, group, len(names), len(rows)):
        if not rows[place]:
            continue
        order = np.lexsort((own_codes, -counts))
        end = min(most, int((counts >= least).sum()))
        kept, left = order[:end], order[end:]
        yield (
            place,
            Sketch(
                asked,
                int(rows[place]),
                int(missing[place]),
                names[own_codes[kept]],
                counts[kept],
                int(counts[left].max(initial=0)),
                int(counts[left].sum()),
            ),
        )


def coded(values: pa.ChunkedArray) -> tuple[Ints, npt.NDArray[Any]]:
    """Codes int64[n] of values in their order as text, -1 where missing, and the texts."""
    if pa.types.is_floating(values.type):  # codes of a category in the log are floats
        values = pc.if_else(pc.is_nan(values), None, values).cast(pa.int64(), safe=False)
    if not pa.types.is_dictionary(values.type):
        values = pc.dictionary_encode(values)
    one = values.unify_dictionaries().combine_chunks()
    one = one.chunk(0) if isinstance(one, pa.ChunkedArray) else one
    names = np.array([str(name) for name in one.dictionary.to_pylist()], dtype=object)
    order = np.argsort(names, kind="stable") if len(names) else np.zeros(0, np.int64)
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    places = one.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(names):
        return np.full(len(places), -1), names
    return np.where(places < 0, -1, rank[places]), names[order]


def _counted(codes: Ints, group: Ints, names: int, groups: int) -> Iterator[tuple[int, Ints, Ints]]:
    """Of each group the codes that occur, ascending, and how often."""
    if names * groups <= DENSE:
        counted = np.bincount(codes + group * names, minlength=names * groups)
        for place, own in enumerate(counted.reshape(groups, names)):
            found = np.flatnonzero(own)
            yield place, found, own[found]
        return
    both, counts = np.unique(group * names + codes, return_counts=True)
    edges = np.searchsorted(both, np.arange(groups + 1) * names)
    for place in range(groups):
        part = slice(edges[place], edges[place + 1])
        yield place, both[part] - place * names, counts[part]


def _split(values: pa.ChunkedArray, group: Ints, groups: int) -> tuple[pa.ChunkedArray, Ints, Ints]:
    """The words of texts, each once a row, with the group of its row; and rows without any."""
    texts = pc.fill_null(values.cast(pa.string()), "")
    parts = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.utf8_lower(texts)))
    parts = parts.combine_chunks()
    parts = parts.chunk(0) if isinstance(parts, pa.ChunkedArray) else parts
    words, parent = pc.list_flatten(parts), pc.list_parent_indices(parts).to_numpy()
    there = pc.not_equal(words, "").to_numpy(zero_copy_only=False)
    words, parent = words.filter(pa.array(there)), parent[there]
    some = np.zeros(len(group), bool)
    some[parent] = True
    missing = np.bincount(group[~some], minlength=groups)
    codes = words.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    _, once = np.unique(parent * (codes.max(initial=0) + 1) + codes, return_index=True)
    return pa.chunked_array([words.take(pa.array(once))]), group[parent[once]], missing


def centre_of(values: pa.ChunkedArray) -> float:
    """Where numbers are told apart most closely: their median; 0 without any."""
    given = values.cast(pa.float64())
    given = pc.drop_null(pc.if_else(pc.is_nan(given), None, given))
    middle = pc.quantile(given, 0.5, interpolation="lower")[0].as_py() if len(given) else None
    return float(middle) if middle is not None and np.isfinite(middle) else 0.0
