"""Tables of entities by key: what is known of an item, a user or a store before anybody asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data.schema import TIME
from slipway.data.words import codes_of
from slipway.domain.entities import VALID_FROM
from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.line import DType, Entity, Field, Line, Single
from slipway.domain.origins import ITEM

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ANSWER = "answer"
"""The one item of a single answer: it is in no request and in no reply."""

_TYPES = {
    DType.NUMBER: pa.float64(),
    DType.CODE: pa.int64(),
    DType.CATEGORY: pa.string(),
    DType.TEXT: pa.string(),
    DType.TIME: TIME,
}


@dataclass(frozen=True, eq=False)
class Catalog:
    """One entity's table: n keys in the order of the file, and m rows of their fields, m ≥ n.

    ``index`` gives a key's place in ``items``. ``fields`` float64[m] hold numbers as declared, strings
    as :func:`slipway.data.words.codes_of`, times as microseconds since 1970, NaN where one is missing;
    texts that no column reads are left out. Rows of one key stand together, from ``first`` int64[n + 1] on,
    in the order of ``valid_from`` int64[m] (microseconds).
    """

    items: tuple[str, ...]
    fields: Mapping[str, Floats]
    index: dict[str, int] = field(repr=False)
    first: Ints = field(repr=False)
    valid_from: Ints | None = field(repr=False, default=None)

    def places(self, items: list[str]) -> list[int]:
        """Places of ``items``; raises UnknownReference for one that is not in the catalogue."""
        try:
            return list(map(self.index.__getitem__, items))
        except (KeyError, TypeError):
            unknown = next(item for item in items if str(item) not in self.index)
            raise UnknownReference(
                "item",
                found=unknown,
                expected="an item of the catalogue",
                next_step="add it to the catalogue before it is offered",
            ) from None

    def field_at(self, name: str, places: Ints, now_us: Any) -> Floats:  # a number or an array
        """A field of the keys at ``places`` [k] (-1: unknown) as it stood at ``now_us``; NaN: not known."""
        values = self.fields[name]
        if not len(values):
            return np.full(len(places), np.nan)
        if self.valid_from is None:
            return np.where(places < 0, np.nan, values[places])
        now = np.broadcast_to(now_us, len(places))
        low, high = self.first[places], self.first[np.minimum(places + 1, len(self.items))]
        row = np.array(
            [
                a + np.searchsorted(self.valid_from[a:b], at, "right") - 1
                for a, b, at in zip(low.tolist(), high.tolist(), now.tolist(), strict=True)
            ],
            np.int64,
        ).reshape(len(places))
        return np.where((places < 0) | (row < low), np.nan, values[row])


def entity_of(line: Line, name: str = ITEM) -> Entity:
    """The line's entity of that name; raises UnknownReference where none is declared."""
    for entity in line.entities:
        if entity.name == name:
            return entity
    raise UnknownReference(
        f"entity of {line.name}",
        found=name,
        expected=f"one of {', '.join(e.name for e in line.entities) or '(none)'}",
        next_step="declare it with its fields in the line",
    )


def schema_of(line: Line, name: str = ITEM) -> pa.Schema:
    """The columns of an entity's table: its key, its fields, and from when they hold."""
    entity = entity_of(line, name)
    fields = [pa.field(n, _TYPES[DType(dtype)]) for n, dtype in entity.fields.items()]
    since = [pa.field(VALID_FROM, TIME, nullable=False)] if entity.history else []
    return pa.schema([pa.field(name, pa.string(), nullable=False), *fields, *since])


def path_of(home: Path, line: Line, name: str = ITEM) -> Path:
    """Where an entity's table is."""
    file = line.name if name == ITEM else f"{line.name}.{name}"
    return home / "catalog" / f"{file}.parquet"


def write(home: Path, line: Line, table: pa.Table, name: str = ITEM) -> Path:
    """Replace an entity's table by ``table`` (columns of :func:`schema_of`), all or nothing.

    Raises BadInput where the table does not fit, or a key stands in it twice.
    """
    schema = schema_of(line, name)
    try:
        clean = table.select(schema.names).cast(schema)
    except (KeyError, pa.ArrowException) as error:
        raise _bad("schema", str(error).splitlines()[0], f"with columns {schema.names}") from error
    keys = [name, VALID_FROM] if VALID_FROM in schema.names else [name]
    for key in keys:
        if clean[key].null_count:
            raise _bad(key, "missing in a row", "given")
    if clean.group_by(keys).aggregate([]).num_rows != clean.num_rows:
        raise _bad(
            name, f"an {name} twice" if len(keys) == 1 else f"a time of an {name} twice", "unique"
        )
    path = path_of(home, line, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    pq.write_table(clean, draft)
    draft.replace(path)
    return path


def load(home: Path, line: Line, name: str = ITEM) -> Catalog:
    """An entity's table; raises UnknownReference when there is none, BadInput when corrupt."""
    path = path_of(home, line, name)
    if not path.exists():
        raise UnknownReference(
            "catalog", found=str(path), expected="an existing file", next_step="write it first"
        )
    schema = schema_of(line, name)
    try:
        table = pq.read_table(path).select(schema.names).cast(schema)
    except (KeyError, pa.ArrowException) as error:
        raise _bad("file", f"{path}: {error}".splitlines()[0], "a whole Parquet file") from error
    if VALID_FROM in schema.names:
        table = table.sort_by([(name, "ascending"), (VALID_FROM, "ascending")])
    keys = table[name].to_pylist()
    first = [at for at, key in enumerate(keys) if at == 0 or keys[at - 1] != key]
    items = tuple(keys[at] for at in first)
    since = VALID_FROM in schema.names
    return Catalog(
        items=items,
        fields={
            column.name: _array(table[column.name])
            for column in schema
            if column.name in _read_by(line, name)
        },
        index={item: place for place, item in enumerate(items)},
        first=np.array([*first, len(keys)], np.int64),
        valid_from=_micros(table[VALID_FROM]) if since else None,
    )


def _read_by(line: Line, name: str) -> set[str]:
    """Fields of an entity that features may be made of: a text only where a column asks for it."""
    typed = entity_of(line, name).fields
    origins = [column.origin for column in line.columns]
    asked = {o.field for o in origins if isinstance(o, Field) and o.entity == name}
    return {n for n, dtype in typed.items() if dtype != DType.TEXT or n in asked}


def load_items(home: Path, line: Line) -> Catalog:
    """The table of what is ranked; of a line that ranks nothing its one answer. Raises as :func:`load`."""
    if isinstance(line.exposure, Single):
        return Catalog((ANSWER,), {}, {ANSWER: 0}, np.array([0, 1]))
    return load(home, line)


def load_others(home: Path, line: Line) -> dict[str, Catalog]:
    """The tables of the line's entities but its items, by name."""
    return {e.name: load(home, line, e.name) for e in line.entities if e.name != ITEM}


def _array(column: pa.ChunkedArray) -> Floats:
    if pa.types.is_string(column.type):
        return codes_of(column.to_pylist())
    whole = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    values: Floats = whole.cast(pa.float64()).fill_null(np.nan).to_numpy()
    return values


def _micros(column: pa.ChunkedArray) -> Ints:
    values: Ints = column.cast(pa.int64()).to_numpy()
    return values


def _bad(what: str, found: str, expected: str) -> BadInput:
    return BadInput(
        f"catalog {what}", found=found, expected=expected, next_step="write the catalogue again"
    )
