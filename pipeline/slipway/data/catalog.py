"""The catalogue of a line: what is known of an item before anybody sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.line import Line


@dataclass(frozen=True, eq=False)
class Catalog:
    """Items in catalogue order; ``index`` gives an item's place.

    ``fields`` are arrays with one element per item: numbers as declared, times as int64 microseconds
    since 1970. Texts are for people, and left out.
    """

    items: tuple[str, ...]
    fields: Mapping[str, npt.NDArray[Any]]
    index: dict[str, int] = field(repr=False)

    def places(self, items: list[str]) -> list[int]:
        """Places of ``items``; raises UnknownReference for one that is not in the catalogue."""
        try:
            return [self.index[item] for item in items]
        except (KeyError, TypeError):
            unknown = next(item for item in items if str(item) not in self.index)
            raise UnknownReference(
                "item",
                found=unknown,
                expected="an item of the catalogue",
                next_step="add it to the catalogue before it is offered",
            ) from None


def schema_of(line: Line) -> pa.Schema:
    """The catalogue's columns, as the line's features read them."""
    return import_module(line.feature_provider).CATALOG


def path_of(home: Path, line: Line) -> Path:
    """Where a line's catalogue is."""
    return home / "catalog" / f"{line.name}.parquet"


def write(home: Path, line: Line, table: pa.Table) -> Path:
    """Replace the line's catalogue by ``table`` (columns of :func:`schema_of`), all or nothing.

    Raises BadInput where the table does not fit, or an item stands in it twice.
    """
    schema = schema_of(line)
    try:
        clean = table.select(schema.names).cast(schema)
    except (KeyError, pa.ArrowException) as error:
        raise _bad("schema", str(error).splitlines()[0], f"with columns {schema.names}") from error
    if len(set(clean["item"].to_pylist())) != clean.num_rows:
        raise _bad("item", "an item twice", "unique")
    path = path_of(home, line)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    pq.write_table(clean, draft)
    draft.replace(path)
    return path


def load(home: Path, line: Line) -> Catalog:
    """The line's catalogue; raises UnknownReference when there is none, BadInput when corrupt."""
    path = path_of(home, line)
    if not path.exists():
        raise UnknownReference(
            "catalog", found=str(path), expected="an existing file", next_step="write it first"
        )
    schema = schema_of(line)
    try:
        table = pq.read_table(path).select(schema.names).cast(schema)
    except (KeyError, pa.ArrowException) as error:
        raise _bad("file", f"{path}: {error}".splitlines()[0], "a whole Parquet file") from error
    items = tuple(table["item"].to_pylist())
    return Catalog(
        items=items,
        fields={
            column.name: _array(table[column.name], column.type)
            for column in schema
            if not pa.types.is_string(column.type)
        },
        index={item: place for place, item in enumerate(items)},
    )


def _array(column: pa.ChunkedArray, of: pa.DataType) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = (
        column.cast(pa.int64()) if pa.types.is_timestamp(of) else column
    ).to_numpy()
    return values


def _bad(what: str, found: str, expected: str) -> BadInput:
    return BadInput(
        f"catalog {what}", found=found, expected=expected, next_step="write the catalogue again"
    )
