"""Lines of the journal: one JSON object per request or batch of outcomes, written before it counts.

A segment begins with a header that names the features, so that a segment written before a line
gained a feature is still read right. Text after the last line feed was cut off by the death of its
writer before anything was acknowledged, and is dropped.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from slipway.data.schema import (
    OUTCOMES,
    REQUEST_FIELDS,
    TIME,
)
from slipway.data.times import micros
from slipway.domain.errors import BadInput
from slipway.domain.events import ARRIVED_AT, LISTS, NEWER_LISTS, VALUES
from slipway.domain.json_value import Json
from slipway.domain.line import Line

_LARGEST_POSITION = 32_767
_NUMBERS = (int, float)  # a union would be made again for each value
_Field = tuple[str, Callable[[Any], Any], bool, str]  # name, reader, nullable, type in words


def _refuse(what: str, found: object, expected: str) -> BadInput:
    return BadInput(what, found=found, expected=expected, next_step="nothing was logged")


def _number(value: Json) -> float | None:
    if isinstance(value, _NUMBERS) and math.isfinite(value):
        return float(value)
    return None


def _count(value: Any) -> int | None:
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
_KNOWN = {name for name, *_ in _REQUEST} | {*LISTS, *NEWER_LISTS, VALUES}
OUTCOME_NAMES = [name for name, *_ in _OUTCOME]
_OUTCOME_REQUIRED = {name for name, _, nullable, _ in _OUTCOME if not nullable}


def _floats(record: Mapping[str, Any], name: str) -> npt.NDArray[np.float64]:
    try:
        return np.ascontiguousarray(record[name], np.float64)
    except (TypeError, ValueError) as error:
        raise _refuse(f"exposure.{name}", record[name], "numbers, one per item") from error


def encode_header(line: Line) -> bytes:
    """The first line of a segment: what the lists after it hold, by name."""
    features = [column.name for column in line.features]
    return orjson.dumps({"t": "header", "features": features, "outcomes": OUTCOME_NAMES}) + b"\n"


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
    body |= _newer_lists(record, len(items))
    if values := record.get(VALUES):
        body[VALUES] = values
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


def _newer_lists(record: Mapping[str, Any], items: int) -> dict[str, Any]:
    """Places in other rankings, where they are known: 0 is below the list."""
    found = {}
    for name in NEWER_LISTS:
        if record.get(name) is not None:
            places = _floats(record, name)
            inside = (places >= 0) & (places <= _LARGEST_POSITION)
            if places.shape != (items,) or not inside.all():
                raise _refuse(f"exposure.{name}", record[name], f"{items} places, 0 below the list")
            found[name] = places.astype(np.int16)
    return found


def encode_outcomes(records: Sequence[Mapping[str, Any]], arrived_at: int) -> bytes:
    """The journal line of a batch of outcomes; raises BadInput before anything is written."""
    rows = []
    for record in records:
        wrong = sorted((record.keys() - set(OUTCOME_NAMES)) | (_OUTCOME_REQUIRED - record.keys()))
        if wrong:
            raise _refuse("outcome fields", wrong, "present exactly when declared")
        rows.append(list(_fields(record, _OUTCOME, "outcome").values()))
    return orjson.dumps({"t": "outcomes", ARRIVED_AT: arrived_at, "rows": rows}) + b"\n"
