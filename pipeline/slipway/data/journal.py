"""Lines of the journal: one JSON object per request or batch of outcomes, written before it counts.

A segment begins with a header that names the features, so that a segment written before a line
gained a feature is still read right. Text after the last line feed was cut off by the death of its
writer before anything was acknowledged, and is dropped.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data.parts import micros
from slipway.data.schema import (
    ITEM_FIELDS,
    OUTCOMES,
    REQUEST_FIELDS,
    TIME,
    as_of_columns,
    exposure_schema,
    type_of,
)
from slipway.domain.errors import BadInput
from slipway.domain.events import ARRIVED_AT, LISTS, OF_ITEMS, VALUES
from slipway.domain.line import DType, Line

_LARGEST_POSITION = 32_767
_LATEST = (
    221_845_392_000_000_000  # the year 9000, in microseconds: what columns and folders can hold
)
_Field = tuple[str, Callable[[Any], Any], bool, str]  # name, reader, nullable, type in words


def _refuse(what: str, found: object, expected: str) -> BadInput:
    return BadInput(what, found=found, expected=expected, next_step="nothing was logged")


def _number(value: Any) -> float | None:  # noqa: ANN401 - JSON values, here and below
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _count(value: Any) -> int | None:  # noqa: ANN401
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# by Arrow type: the value as the journal holds it, or None where it is of another type
_READERS: dict[pa.DataType, Callable[[Any], Any]] = {
    TIME: lambda value: micros(value) if isinstance(value, datetime) else None,
    pa.string(): lambda value: value if isinstance(value, str) else None,
    pa.bool_(): lambda value: value if isinstance(value, bool) else None,
    pa.float64(): _number,
    pa.int32(): _count,
}


def _fields(record: Mapping[str, Any], fields: Iterable[_Field], what: str) -> dict[str, Any]:
    clean = {}
    for name, read, nullable, kind in fields:
        value = record.get(name)
        found = read(value)
        if found is None and not (value is None and nullable):
            raise _refuse(f"{what}.{name}", value, f"a value of type {kind}")
        clean[name] = found
    return clean


def _readers(fields: Iterable[pa.Field]) -> tuple[_Field, ...]:
    return tuple(
        (f.name, _READERS[f.type], f.nullable, str(f.type)) for f in fields if f.name != ARRIVED_AT
    )


_REQUEST = _readers(REQUEST_FIELDS)
_OUTCOME = _readers(OUTCOMES)
_REQUIRED = {name for name, _, nullable, _ in _REQUEST if not nullable} | set(LISTS)
_KNOWN = {name for name, *_ in _REQUEST} | {*LISTS, VALUES}
_OUTCOME_NAMES = [name for name, *_ in _OUTCOME]
_OUTCOME_REQUIRED = {name for name, _, nullable, _ in _OUTCOME if not nullable}
_FIRST_OUTCOME_NAMES = ["request_id", "item", "kind", "value", "happened_at"]
"""What a row of outcomes held before headers named it."""


def _floats(record: Mapping[str, Any], name: str) -> npt.NDArray[np.float64]:
    try:
        return np.ascontiguousarray(record[name], np.float64)
    except (TypeError, ValueError) as error:
        raise _refuse(f"exposure.{name}", record[name], "numbers, one per item") from error


def encode_header(line: Line) -> bytes:
    """The first line of a segment: what the lists after it hold, by name."""
    features = [column.name for column in line.features]
    return orjson.dumps({"t": "header", "features": features, "outcomes": _OUTCOME_NAMES}) + b"\n"


def encode_exposure(record: Mapping[str, Any], arrived_at: int, width: int) -> bytes:
    """The journal line of one request; ``arrived_at`` in microseconds, ``width`` features an item.

    Raises BadInput for a record that could not be read back, before anything is written.
    """
    if record.keys() != _KNOWN and (record.keys() - _KNOWN or _REQUIRED - record.keys()):
        wrong = sorted((record.keys() - _KNOWN) | (_REQUIRED - record.keys()))
        raise _refuse("exposure fields", wrong, "present exactly when declared")
    body: dict[str, Any] = {"t": "exposure", ARRIVED_AT: arrived_at}
    body |= _fields(record, _REQUEST, "exposure")
    items = list(record["items"])
    if not items or not all(isinstance(item, str) for item in items):
        raise _refuse("exposure.items", items, "a non-empty list of strings")
    positions = _floats(record, "positions")
    scores, propensities = _floats(record, "scores"), _floats(record, "propensities")
    features = _floats(record, "features")
    if any(a.shape != (len(items),) for a in (positions, scores, propensities)):
        raise _refuse("exposure lists", [len(p) for p in (positions, scores)], "one value per item")
    if positions.min() != 1 or positions.max() > _LARGEST_POSITION:
        raise _refuse("exposure.positions", positions.tolist(), "1 for the top, then upwards")
    if not (np.isfinite(scores).all() and np.isfinite(propensities).all()):
        raise _refuse("exposure.scores", scores.tolist(), "finite, and so the propensities")
    if features.shape != (len(items), width) or np.isinf(features).any():
        raise _refuse("exposure.features", features.shape, f"{len(items)} x {width}, none infinite")
    body |= {"items": items, "positions": positions.astype(np.int16), "scores": scores}
    body |= {"propensities": propensities, "features": features}
    if values := record.get(VALUES):
        body[VALUES] = values
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


def encode_outcomes(records: Sequence[Mapping[str, Any]], arrived_at: int) -> bytes:
    """The journal line of a batch of outcomes; raises BadInput before anything is written."""
    rows = []
    for record in records:
        wrong = sorted((record.keys() - set(_OUTCOME_NAMES)) | (_OUTCOME_REQUIRED - record.keys()))
        if wrong:
            raise _refuse("outcome fields", wrong, "present exactly when declared")
        rows.append(list(_fields(record, _OUTCOME, "outcome").values()))
    return orjson.dumps({"t": "outcomes", ARRIVED_AT: arrived_at, "rows": rows}) + b"\n"


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
    LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError,
    pa.ArrowException,
)  # fmt: skip
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


def _names(found: Any) -> list[str]:  # noqa: ANN401 - JSON
    _require(isinstance(found, list) and all(isinstance(name, str) for name in found))
    return list(found)


def _check_lists(body: Mapping[str, Any]) -> None:
    """Words are lists of letters to Python, and one list more would shift those after it."""
    lists = [body[name] for name in LISTS]
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
        flat = list(chain.from_iterable(record[name] for record in records))
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
    return pa.table(columns, schema=exposure_schema(line))


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
