"""The catalogue of a line: what is known of an item before anybody sees it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data.schema import CATALOG
from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.line import Line


@dataclass(frozen=True, eq=False)
class Catalog:
    """Items in catalogue order; arrays have one element per item.

    ``genre`` int16 codes, ``released_us`` int64 microseconds since 1970, ``editors_pick`` bool.
    ``index`` gives an item's place.
    """

    items: tuple[str, ...]
    titles: tuple[str, ...]
    genre: npt.NDArray[np.int16]
    released_us: npt.NDArray[np.int64]
    editors_pick: npt.NDArray[np.bool_]
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


def path_of(home: Path, line: Line) -> Path:
    """Where a line's catalogue is."""
    return home / "catalog" / f"{line.name}.parquet"


def write(home: Path, line: Line, table: pa.Table) -> Path:
    """Replace the line's catalogue by ``table`` (schema ``CATALOG``), all or nothing.

    Raises BadInput where the table does not fit, or an item stands in it twice.
    """
    try:
        clean = table.select(CATALOG.names).cast(CATALOG)
    except (KeyError, pa.ArrowException) as error:
        raise _bad("schema", str(error).splitlines()[0], f"with columns {CATALOG.names}") from error
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
    try:
        table = pq.read_table(path).select(CATALOG.names).cast(CATALOG)
    except (KeyError, pa.ArrowException) as error:
        raise _bad("file", f"{path}: {error}".splitlines()[0], "a whole Parquet file") from error
    items = tuple(table["item"].to_pylist())
    return Catalog(
        items=items,
        titles=tuple(table["title"].to_pylist()),
        genre=table["genre"].to_numpy(),
        released_us=table["released_at"].cast(pa.int64()).to_numpy(),
        editors_pick=table["editors_pick"].to_numpy(),
        index={item: place for place, item in enumerate(items)},
    )


def _bad(what: str, found: str, expected: str) -> BadInput:
    return BadInput(
        f"catalog {what}", found=found, expected=expected, next_step="write the catalogue again"
    )
