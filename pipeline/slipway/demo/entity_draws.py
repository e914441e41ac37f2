"""Tables of a line's entities, drawn: what there is to choose from, and what is known of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from slipway.data.catalog import schema_of
from slipway.demo.column_draws import drawn, seed_of, words_of
from slipway.domain.entities import VALID_FROM
from slipway.domain.line import Column, DType, Entity, Line, Supplied
from slipway.domain.origins import ITEM, USER, Age, Field

OLDEST_DAYS = 300
"""Before the world's start: times of entities."""


def entity_table(
    line: Line, entity: Entity, names: Mapping[str, tuple[str, ...]], start: datetime, seed: int
) -> pa.Table:
    """The table of an entity; ``names`` are those of the world's items and users."""
    keys = _keys(line, entity, names)
    rng = np.random.default_rng(seed_of(seed, line.name, entity.name))
    columns: dict[str, object] = {entity.name: keys}
    for name, dtype in entity.fields.items():
        columns[name] = _field_values(rng, line, f"{entity.name}.{name}", DType(dtype), start, keys)
    if entity.history:
        columns[VALID_FROM] = [start - timedelta(days=OLDEST_DAYS)] * len(keys)
    schema = schema_of(line, entity.name)
    return pa.table(
        [pa.array(columns[f.name], f.type, from_pandas=True) for f in schema], schema=schema
    )


def _keys(line: Line, entity: Entity, names: Mapping[str, tuple[str, ...]]) -> list[str]:
    key = ITEM if entity.name == ITEM else entity.key
    return list(names[key] if key in (ITEM, USER) else words_of(line.column(entity.key)))


def _field_values(
    rng: np.random.Generator, line: Line, path: str, dtype: DType, start: datetime, keys: list[str]
) -> object:
    """The values of an entity's field, as the column that reads it declares them."""
    if dtype is DType.TEXT:
        return [f"{key} {path.partition('.')[2]}" for key in keys]
    if dtype is DType.TIME:
        return [start - timedelta(days=float(d)) for d in rng.uniform(1, OLDEST_DAYS, len(keys))]
    reads = [c for c in line.columns if isinstance(c.origin, Field | Age) and c.origin.path == path]
    column = replace(reads[0], known=1.0) if reads else Column("unread", dtype, Supplied(path))
    values = drawn(rng, column, np.full(len(keys), start.timestamp()))
    return values.tolist() if dtype is DType.CATEGORY else values.astype(np.float64)
