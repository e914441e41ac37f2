"""The features of one line as of a time: what its columns' origins say, for one request or many rows.

Both ways go through the same code, so what is served is what a rebuild of logged rows gives, bit for bit.
Strings travel as numbers (:mod:`slipway.data.words`), times as microseconds since 1970.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from slipway.data import catalog as catalogue
from slipway.data import feature_files
from slipway.data.catalog import Catalog, entity_of
from slipway.data.clock import part_of
from slipway.data.derived import derived
from slipway.data.feature_files import FeatureCounts
from slipway.data.lookup import Lookup
from slipway.data.parts import micros
from slipway.data.schema import as_of_columns, type_of
from slipway.data.sent import coded
from slipway.data.words import code_of, codes_of, words_of
from slipway.domain.line import Age, AsOf, Clock, Column, Derived, DType, Field, Line, Statistic
from slipway.domain.origins import ITEM, USER

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class AskedRows:
    """Rows [n] on their way: who asked for which item when, and the columns found so far.

    ``values`` are float64[n] by column. What is the same in all rows of one request is computed once.
    """

    def __init__(self, items: Ints, now_us: Any, user: Any, sent: Mapping[str, Floats]) -> None:  # noqa: ANN401 - of one request, or of each row
        self.n, self.items, self.now_us, self.user = len(items), items, now_us, user
        self.values: dict[str, Floats] = dict(sent)
        self.sent: Mapping[float, str] = {}
        self.places: dict[str, Ints] = {}


class FeatureTable:
    """The features of one line as of ``as_of``; read one with :func:`load`."""

    def __init__(
        self,
        as_of: datetime,
        line: Line,
        catalog: Catalog,
        counts: FeatureCounts,
        others: Mapping[str, Catalog] | None = None,
    ) -> None:
        self.as_of, self.line, self.catalog = as_of, line, catalog
        self._others = others or {}
        self._lookup = Lookup(line, counts)
        self._place = {column.name: at for at, column in enumerate(line.columns)}
        self._default = {
            c.name: code_of(c.default) if isinstance(c.default, str) else float(c.default)
            for c in line.columns
            if c.default is not None
        }
        codes_of([c.default for c in line.columns if isinstance(c.default, str)])
        self._stamps = as_of_columns(line)
        self._worded = [
            (at, c.name) for at, c in enumerate(line.columns) if type_of(c) == pa.string()
        ]
        late = [c for c in line.columns if isinstance(c.origin, AsOf | Derived)]
        early = [c for c in line.columns if c not in late]
        self._item_places = self._places_of_items()
        static = [c for c in (*early, *late) if self._is_static(c)]
        every = AskedRows(np.arange(len(catalog.items)), 0, "", {})
        every.places = dict(self._item_places)
        self._block = np.zeros((len(catalog.items), len(line.columns)))
        for column in static:
            self._block[:, self._place[column.name]] = self._found(column, every)
        self._static = {c.name for c in static}
        self._rest = [c for c in (*early, *late) if c.name not in self._static]

    def matrix(
        self, user: str, context: Mapping[str, Any], items: list[str], now: datetime
    ) -> Floats:
        """Features [len(items), len(line.features)] of one request, in declared order.

        A column that is missing in ``context``, and an unknown user, are no error. Raises
        UnknownReference for an unknown item and BadInput for a context that does not fit.
        """
        places = np.array(self.catalog.places(items), np.int64)
        n = len(places)
        sent = {c.name: np.full(n, coded(c, context.get(c.name))) for c in self.line.context}
        rows = AskedRows(places, micros(now), user, sent)
        rows.sent = self._sent_words(context)
        return self._filled(rows)

    def words(self, matrix: Floats, context: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of ``matrix`` [k, F] that are no numbers, as the log takes them: a string for all rows
        or one for each, and of what a feature store supplied its time (microseconds).
        """  # noqa: D205 - one sentence
        found: dict[str, Any] = {}
        sent = self._sent_words(context)
        for place, name in self._worded:
            words = words_of(matrix[:, place].tolist(), sent)
            found[name] = words[0] if len(set(words)) == 1 else words
        for name in self._stamps:
            found[name] = micros(context[name]) if name in context else None
        return found

    def _sent_words(self, context: Mapping[str, Any]) -> dict[float, str]:
        return {code_of(value): value for value in context.values() if isinstance(value, str)}

    def rows(
        self,
        users: Sequence[str],
        context: Mapping[str, Floats],
        items: Ints,
        requested_us: Ints,
    ) -> Floats:
        """Features [n, len(line.features)] of n exposures at once; equal to :meth:`matrix`.

        ``context`` holds each sent column of the requests as it was served, NaN where it was missing;
        ``items`` are places in the catalogue, ``requested_us`` microseconds since 1970.
        """
        sent = {c.name: np.asarray(context[c.name], np.float64) for c in self.line.context}
        who = np.asarray(users, dtype=object)
        return self._filled(AskedRows(np.asarray(items), np.asarray(requested_us), who, sent))

    def _filled(self, rows: AskedRows) -> Floats:
        out: Floats = self._block[rows.items]
        for name in self._static & self._read:
            rows.values[name] = out[:, self._place[name]]
        for column in self._rest:
            values = self._found(column, rows)
            rows.values[column.name] = values
            out[:, self._place[column.name]] = values
        return out

    @property
    def _read(self) -> set[str]:
        return {n for c in self._rest if isinstance(c.origin, Derived) for n in c.origin.inputs}

    def _found(self, column: Column, rows: AskedRows) -> Floats:
        """The values of one column; a key's missing value has its default already."""
        values = self._value(column, rows)
        if column.name in self._default and (column.dtype.is_category or column.is_sent):
            values = np.where(np.isnan(values), self._default[column.name], values)
        return values

    def _value(self, column: Column, rows: AskedRows) -> Floats:
        match column.origin:
            case Clock() as origin:
                return np.asarray(np.broadcast_to(part_of(origin, rows.now_us), rows.n), np.float64)
            case Field() as origin:
                return self._field(origin, rows)
            case Age() as origin:
                since = self._field(origin.source, rows)
                age = (rows.now_us - since) / origin.microseconds
                return np.asarray(np.maximum(age, 0.0), np.float64)
            case AsOf() as origin:
                places = {key: self._key(key, rows) for key in _keys(origin)}
                return self._lookup.value(origin, places, rows.n, rows.now_us)
            case Derived() as origin:
                given = {n: self._declared(n, rows) for n in origin.inputs}
                return derived(column, origin, given, rows.n)
            case _:
                return rows.values[column.name]

    def _declared(self, name: str, rows: AskedRows) -> npt.NDArray[Any]:
        """A column as its function expects it: numbers, or an array of strings."""
        values = rows.values[name]
        if type_of(self.line.column(name)) != pa.string():
            return values
        return np.array(words_of(values.tolist(), rows.sent), dtype=object)

    def _field(self, origin: Field, rows: AskedRows) -> Floats:
        if origin.entity == ITEM:
            return self.catalog.field_at(origin.field, rows.items, rows.now_us)
        table = self._others[origin.entity]
        key = entity_of(self.line, origin.entity).key
        places = self._entity_places(table, key, rows)
        return table.field_at(origin.field, places, rows.now_us)

    def _entity_places(self, table: Catalog, key: str, rows: AskedRows) -> Ints:
        if key == USER:
            users = [rows.user] if isinstance(rows.user, str) else rows.user
            found = np.array([table.index.get(user, -1) for user in users], np.int64)
            return np.broadcast_to(found, rows.n)
        numbers = {code_of(name): at for name, at in table.index.items()}
        if self.line.column(key).dtype is DType.CODE:
            numbers = {float(name): at for name, at in table.index.items()}
        return np.array([numbers.get(value, -1) for value in rows.values[key].tolist()], np.int64)

    def _key(self, key: str, rows: AskedRows) -> Ints:
        """Where the rows' values of a key stand in the tables of counts."""
        if key not in rows.places:
            rows.places[key] = self._key_places(key, rows)
        return rows.places[key]

    def _key_places(self, key: str, rows: AskedRows) -> Ints:
        if key in self._item_places:
            return self._item_places[key][rows.items]
        known = self._lookup.keys[key]
        if key == USER:
            if isinstance(rows.user, str):
                return np.full(rows.n, known.place(rows.user))
            return known.places(rows.user)
        return known.places(rows.values[key])

    def _places_of_items(self) -> dict[str, Ints]:
        """For each key that an item alone decides, the place of each item's value."""
        found, n = {}, len(self.catalog.items)
        for key, known in self._lookup.keys.items():
            if key == ITEM:
                found[key] = known.places(np.array(self.catalog.items, dtype=object))
            elif key != USER and self._is_static(self.line.column(key)):
                rows = AskedRows(np.arange(n), 0, "", {})
                found[key] = known.places(self._found(self.line.column(key), rows))
        return found

    def _is_static(self, column: Column) -> bool:
        """Whether the item alone decides the value, whenever it is asked for."""
        origin = column.origin
        match origin:
            case Field():
                return origin.entity == ITEM and self.catalog.valid_from is None
            case AsOf():
                fixed = all(
                    key == ITEM or (key != USER and self._is_static(self.line.column(key)))
                    for key in _keys(origin)
                )
                return fixed and origin.statistic is not Statistic.TIME_SINCE
            case _:
                return False


def _keys(origin: AsOf) -> tuple[str, ...]:
    """Its keys, and those of what it falls back on."""
    others = (one for one in (origin.prior, origin.missing) if isinstance(one, AsOf))
    return tuple(dict.fromkeys((*origin.by, *(key for one in others for key in _keys(one)))))


def load(
    home: Path, line: Line, as_of: datetime | None = None, *, now: datetime | None = None
) -> FeatureTable:
    """The table of ``as_of``, or else the newest not after ``now``; with today's catalogue.

    Raises UnknownReference where no such table was computed and BadInput where one is corrupt.
    """
    latest = now or datetime.max.replace(tzinfo=UTC)
    wanted = as_of or feature_files.latest(home, line, latest)
    counts = feature_files.read(home, line, wanted)
    items, others = catalogue.load(home, line), catalogue.load_others(home, line)
    return FeatureTable(wanted or latest, line, items, counts, others)
