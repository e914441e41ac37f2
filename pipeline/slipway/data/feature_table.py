"""The features of one line as of a time: what its columns' origins say, for one request or many rows.

Both ways go through the same code, so what is served is what a rebuild of logged rows gives, bit for bit.
Strings travel as numbers (:mod:`slipway.data.words`), times as microseconds since 1970.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from slipway.data import catalog as catalogue
from slipway.data import feature_files
from slipway.data.asked_rows import AskedRows
from slipway.data.catalog import Catalog
from slipway.data.clock import part_of
from slipway.data.derived import derived
from slipway.data.entity_fields import EntityFields
from slipway.data.feature_files import FeatureCounts
from slipway.data.groups import has_tables
from slipway.data.lookup import Lookup
from slipway.data.request_statistic import RequestStatistic
from slipway.data.schema import as_of_columns, type_of
from slipway.data.sent import coded
from slipway.data.times import micros
from slipway.data.words import words_of
from slipway.domain.as_of import AsOf, Statistic
from slipway.domain.columns import Column, DType
from slipway.domain.line import Line
from slipway.domain.origins import ITEM, USER, Age, Clock, Derived, Field, Sent, Supplied

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


_TURN = {Field: 1, Age: 1, AsOf: 2, Derived: 2}
"""What is sent comes first, then what tables say of it, then what is made of both."""


Step = Callable[[AskedRows], Any]
"""From rows to the values of one column: float64[n], or one for all."""


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
        self._fields = EntityFields(line, catalog, others or {})
        self._lookup = Lookup(line, counts)
        self._place = {column.name: at for at, column in enumerate(line.columns)}
        self._default = {c.name: coded(c, c.default) for c in line.columns if c.default is not None}
        self._sent = line.context
        self._stamps = as_of_columns(line)
        self._worded = [
            (at, c.name) for at, c in enumerate(line.columns) if type_of(c) == pa.string()
        ]
        order = sorted(line.columns, key=lambda c: _TURN.get(type(c.origin), 0))
        self._item_places = self._places_of_items()
        static = [c for c in order if self._is_static(c)]
        every = AskedRows(np.arange(len(catalog.items)), 0, "", {})
        every.places = dict(self._item_places)
        self._block = np.zeros((len(catalog.items), len(line.columns)))
        for column in static:
            self._block[:, self._place[column.name]] = self._step(column)(every)
        self._static = {c.name for c in static}
        self._rest = [
            (c.name, self._place[c.name], self._step(c))
            for c in order
            if c.name not in self._static
        ]
        inputs = [c.origin.inputs for c in order if isinstance(c.origin, Derived)]
        self._needed = self._static & {name for names in inputs for name in names}

    def matrix(
        self, user: str, context: Mapping[str, Any], items: list[str], now: datetime
    ) -> Floats:
        """Features [len(items), len(line.features)] of one request, in declared order.

        A column that is missing in ``context``, and an unknown user, are no error. Raises
        UnknownReference for an unknown item and BadInput for a context that does not fit.
        """
        places = np.array(self.catalog.places(items))
        sent = {c.name: coded(c, context.get(c.name)) for c in self._sent}
        return self._filled(AskedRows(places, micros(now), user, sent))

    def words(self, matrix: Floats, context: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of ``matrix`` [k, F] that are no numbers, as the log takes them: a string for all rows
        or one for each, and of what a feature store supplied its time (microseconds).
        """
        found: dict[str, Any] = {}
        for place, name in self._worded:
            words = words_of(matrix[:, place].tolist())
            found[name] = words[0] if len(set(words)) == 1 else words
        for name in self._stamps:
            found[name] = micros(context[name]) if name in context else None
        return found

    def rows(
        self, users: Sequence[str], context: Mapping[str, Floats], items: Ints, requested_us: Ints
    ) -> Floats:
        """Features [n, len(line.features)] of n exposures at once; equal to :meth:`matrix`.

        ``context`` holds each sent column of the requests as it was served, NaN where it was missing;
        ``items`` are places in the catalogue, ``requested_us`` microseconds since 1970.
        """
        sent = {c.name: np.asarray(context[c.name], np.float64) for c in self._sent}
        who = np.asarray(users, dtype=object)
        return self._filled(AskedRows(np.asarray(items), np.asarray(requested_us), who, sent))

    def _filled(self, rows: AskedRows) -> Floats:
        out: Floats = self._block.take(rows.items, axis=0)
        for name in self._needed:
            rows.values[name] = out[:, self._place[name]]
        for name, place, step in self._rest:
            values = rows.values[name] = step(rows)
            out[:, place] = values
        return out

    def _step(self, column: Column) -> Step:
        """How rows get the values of one column."""
        step = self._plain_step(column)
        own = column.dtype is not DType.NUMBER or column.is_sent  # others fall with their range
        if not own or column.name not in self._default:
            return step
        default = self._default[column.name]

        def filled(rows: AskedRows) -> Any:
            values = step(rows)
            return np.where(np.isnan(values), default, values)

        return filled

    def _plain_step(self, column: Column) -> Step:
        match column.origin:
            case Clock() as clock:
                return lambda rows: part_of(clock, rows.now_us)
            case Field() as field:
                return self._fields.step(field)
            case Age() as age:
                born, unit = self._fields.step(age.source), age.microseconds
                return lambda rows: np.maximum((rows.now_us - born(rows)) / unit, 0.0)
            case AsOf() as origin:
                return self._statistic_step(origin)
            case Derived() as origin:
                return lambda rows: derived(
                    column, origin, {n: self._declared(n, rows) for n in origin.inputs}, rows.n
                )
            case _:
                return lambda rows: rows.values[column.name]

    def _statistic_step(self, origin: AsOf) -> Step:
        """The same of a statistic: one request looks up what is laid out, where it can be."""
        keys, statistic = origin.all_keys, self._lookup.placed(origin)

        def of_rows(rows: AskedRows) -> Any:  # float64[n], or one for all
            return statistic.value({key: self._key(key, rows) for key in keys}, rows.now_us)

        others = [key for key in statistic.cells.keys if key not in self._item_places]
        alike = all(self._is_of_request(key) for key in others)
        if not alike or not RequestStatistic.fits(statistic, self._item_places):
            return of_rows
        own = RequestStatistic(statistic, self._item_places, self._lookup.keys)

        def of_request(rows: AskedRows) -> Any:
            if not rows.is_one_request:
                return of_rows(rows)
            places = tuple([self._key(key, rows) for key in own.of_request])
            return own.of(rows.items, places)

        return of_request

    def _declared(self, name: str, rows: AskedRows) -> npt.NDArray[Any]:
        """A column as its function expects it: numbers, or an array of strings."""
        values = np.array(np.broadcast_to(rows.values[name], rows.n))
        if type_of(self.line.column(name)) != pa.string():
            return values
        return np.array(words_of(values.tolist()), dtype=object)

    def _key(self, key: str, rows: AskedRows) -> Any:  # int64[n], or one for all
        """Where the rows' values of a key stand in the tables of counts."""
        if key not in rows.places:
            rows.places[key] = self._key_places(key, rows)
        return rows.places[key]

    def _key_places(self, key: str, rows: AskedRows) -> Any:  # int64[n], or one for all
        if key in self._item_places:
            return self._item_places[key][rows.items]
        known = self._lookup.keys[key]
        if key == USER:
            alone = isinstance(rows.user, str)
            return known.place(rows.user) if alone else known.places(rows.user)
        values = rows.values[key]
        return known.places(values) if np.ndim(values) else known.place(float(values))

    def _places_of_items(self) -> dict[str, Ints]:
        """For each key that an item alone decides, the place of each item's value."""
        found, n = {}, len(self.catalog.items)
        for key, known in self._lookup.keys.items():
            if key == ITEM:
                found[key] = known.places(np.array(self.catalog.items, dtype=object))
            elif key != USER and self._is_static(self.line.column(key)):
                rows = AskedRows(np.arange(n), 0, "", {})
                found[key] = known.places(self._step(self.line.column(key))(rows))
        return found

    def _is_of_request(self, key: str) -> bool:
        """Whether a key has one value for all items of a request."""
        return key == USER or isinstance(self.line.column(key).origin, Sent | Supplied | Clock)

    def _is_static(self, column: Column) -> bool:
        """Whether the item alone decides the value, whenever it is asked for."""
        origin = column.origin
        match origin:
            case Field():
                return self._fields.stands_still(origin)
            case AsOf():
                fixed = all(
                    key == ITEM or (key != USER and self._is_static(self.line.column(key)))
                    for key in origin.all_keys
                )
                return fixed and origin.statistic is not Statistic.TIME_SINCE
            case _:
                return False


def load(
    home: Path, line: Line, as_of: datetime | None = None, *, now: datetime | None = None
) -> FeatureTable:
    """The table of ``as_of``, or else the newest not after ``now``; with today's catalogue.

    A line that counts nothing and has no tables has one at any time. Raises UnknownReference where
    no such table was computed and BadInput where one is corrupt.
    """
    latest = now or datetime.max.replace(tzinfo=UTC)
    wanted = as_of or feature_files.latest(home, line, latest)
    counts = feature_files.read(home, line, wanted) if has_tables(line) else {}
    items, others = catalogue.load_items(home, line), catalogue.load_others(home, line)
    return FeatureTable(wanted or latest, line, items, counts, others)
