"""Segments of the journal as tables of the log; what :mod:`slipway.data.journal` wrote, by any version."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data.schema import (
    ITEM_FIELDS,
    OUTCOMES,
    REQUEST_FIELDS,
    TIME,
    as_of_columns,
    log_schema,
    type_of,
)
from slipway.domain.errors import BadInput
from slipway.domain.events import ARRIVED_AT, LISTS, NEWER_LISTS, OF_ITEMS, VALUES
from slipway.domain.json_value import Json
from slipway.domain.line import DType, Line

_LATEST = (
    221_845_392_000_000_000  # the year 9000, in microseconds: what columns and folders can hold
)
_FIRST_OUTCOME_NAMES = ["request_id", "item", "kind", "value", "happened_at"]
"""What a row of outcomes held before headers named it."""


def decode(data: bytes, source: Path, line: Line) -> tuple[pa.Table, pa.Table]:
    """Exposures and outcomes of a segment's bytes, in the order they were written.

    A word that an older version did not write yet is null where it may be. Raises BadInput naming
    file and line where a complete line cannot be read, or would be read as something else.
    """
    lines = data.split(b"\n")[:-1]
    try:
        return _tables(lines, line)
    except _STRANGE as error:
        raise _strange(lines, source, line, error) from error


_STRANGE = (
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    pa.ArrowException,
)
"""What reading JSON of another shape may raise, here and in Arrow."""


def _tables(lines: Sequence[bytes], line: Line) -> tuple[pa.Table, pa.Table]:
    features = [column.name for column in line.features]
    words = _FIRST_OUTCOME_NAMES
    exposures: list[dict[str, Any]] = []
    outcomes: list[list[Any]] = []
    for text in lines:
        body = orjson.loads(text)
        if body["t"] == "exposure":
            _check_lists(body)
            exposures.append(body)
        elif body["t"] == "outcomes":
            _require(all(isinstance(r, list) and len(r) == len(words) for r in body["rows"]))
            outcomes += [[*row, body[ARRIVED_AT]] for row in body["rows"]]
        else:
            _require(body["t"] == "header" and not (exposures or outcomes))
            features, words = _names(body["features"]), _names(body.get("outcomes", words))
    return _exposure_table(exposures, features, line), _outcome_table(outcomes, words)


def _names(found: Json) -> list[str]:
    _require(isinstance(found, list) and all(isinstance(name, str) for name in found))
    return list(found)


def _check_lists(body: Mapping[str, Any]) -> None:
    """Words are lists of letters to Python, and one list more would shift those after it."""
    lists = [body[name] for name in LISTS] + [body[name] for name in NEWER_LISTS if name in body]
    _require(all(isinstance(each, list) and len(each) == len(lists[0]) for each in lists))
    values = body.get(VALUES, {}).values()
    _require(all(not isinstance(each, list) or len(each) == len(lists[0]) for each in values))


def _require(held: bool) -> None:
    if not held:
        raise ValueError("another shape")


def _strange(lines: Sequence[bytes], source: Path, line: Line, error: Exception) -> BadInput:
    """Names the first line that cannot be read after the header; the whole where each one can."""
    found, number = str(error), 0
    head: list[bytes] = []
    for place, text in enumerate(lines, start=1):
        try:
            _tables([*head, text], line)
        except _STRANGE:
            found, number = text[:60].decode(errors="replace"), place
            break
        head = [text] if place == 1 else head
    return BadInput(
        f"journal {source.name}" + (f" line {number}" if number else ""),
        found=found,
        expected="JSON objects of the journal",
        next_step="repair the line and move the file back into the journal",
    )


def _typed(values: Sequence[Any], field: pa.Field) -> pa.Array:
    kind = pa.int64() if field.type == TIME else field.type
    found = pa.array(values, kind)
    _require(field.nullable or not found.null_count)
    if field.type == TIME and len(found):
        span = pc.min_max(found).as_py()
        _require((span["min"] or 0) >= 0 and (span["max"] or 0) < _LATEST)
    return found.cast(field.type)


def _exposure_table(records: list[dict[str, Any]], names: list[str], line: Line) -> pa.Table:
    sizes = [len(record["items"]) for record in records]
    owner = pa.array(np.repeat(np.arange(len(records)), sizes))
    columns = {
        field.name: _typed([r.get(field.name) for r in records], field).take(owner)
        for field in REQUEST_FIELDS
    }
    for field, name in zip(ITEM_FIELDS, OF_ITEMS, strict=True):
        flat = list(
            chain.from_iterable(
                record.get(name) or [None] * size
                for record, size in zip(records, sizes, strict=True)
            )
        )
        columns[field.name] = _typed(flat, field)
    rows = list(chain.from_iterable(record["features"] for record in records))
    matrix = np.asarray(rows, np.float64).reshape(len(rows), len(names))
    for column in line.features:
        known = column.name in names
        values = matrix[:, names.index(column.name)] if known else np.full(len(rows), np.nan)
        if type_of(column) == pa.string():
            columns[column.name] = _worded(records, sizes, column.name)
        else:
            found = pa.array(values, from_pandas=column.dtype is DType.TIME)
            columns[column.name] = (
                found if column.dtype.is_numeric else found.cast(pa.int64()).cast(TIME)
            )
    for name in as_of_columns(line):
        stamps = [record.get(VALUES, {}).get(name) for record in records]
        columns[name] = pa.array(stamps, pa.int64()).cast(TIME).take(owner)
    return pa.table(columns, schema=log_schema(line))


def _worded(records: list[dict[str, Any]], sizes: list[int], name: str) -> pa.Array:
    """A column of strings: one for all items of a request, or a list of one each."""
    found: list[str | None] = []
    for record, size in zip(records, sizes, strict=True):
        value = record.get(VALUES, {}).get(name)
        found += value if isinstance(value, list) else [value] * size
    return pa.array(found, pa.string())


def _outcome_table(rows: list[list[Any]], words: list[str]) -> pa.Table:
    """``words`` names the places of a row before its arrival, which comes last."""
    place_of = {word: place for place, word in enumerate([*words, ARRIVED_AT])}
    columns = []
    for field in OUTCOMES:
        place = place_of.get(field.name)
        values = [None if place is None else row[place] for row in rows]
        columns.append(_typed(values, field))
    return pa.table(columns, schema=OUTCOMES)
