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
_Field = tuple[
    str, Callable[[Any], Any], bool, str, type
]  # name, reader, nullable, type in words, what the journal takes as it is


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


_AS_THEY_ARE: dict[pa.DataType, type] = {pa.string(): str, pa.bool_(): bool, pa.int32(): int}


def _fields(record: Mapping[str, Any], fields: Iterable[_Field], what: str) -> dict[str, Any]:
    clean = {}
    for name, read, nullable, kind, as_it_is in fields:
        value = record.get(name)
        found = value if type(value) is as_it_is else read(value)
        if found is None and not (value is None and nullable):
            raise _refuse(f"{what}.{name}", value, f"a value of type {kind}")
        clean[name] = found
    return clean


def _readers(fields: Iterable[pa.Field]) -> tuple[_Field, ...]:
    return tuple(
        (f.name, _READERS[f.type], f.nullable, str(f.type), _AS_THEY_ARE.get(f.type, type(None)))
        for f in fields
        if f.name != ARRIVED_AT
    )


_REQUEST = _readers(REQUEST_FIELDS)
_OUTCOME = _readers(OUTCOMES)
_REQUIRED = {name for name, _, nullable, *_ in _REQUEST if not nullable} | set(LISTS)
_KNOWN = {name for name, *_ in _REQUEST} | {*LISTS, *NEWER_LISTS, VALUES}
OUTCOME_NAMES = [name for name, *_ in _OUTCOME]
_OUTCOME_REQUIRED = {name for name, _, nullable, *_ in _OUTCOME if not nullable}


def _floats(record: Mapping[str, Any], name: str) -> npt.NDArray[np.float64]:
    try:
        return np.ascontiguousarray(record[name], np.float64)
    except (TypeError, ValueError, OverflowError) as error:
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
    if not items or set(map(type, items)) != {str}:
        raise _refuse("exposure.items", items, "a non-empty list of strings")
    body |= _lists(record, items, width)
    body |= _newer_lists(record, len(items))
    if values := record.get(VALUES):
        body[VALUES] = values
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


def _lists(record: Mapping[str, Any], items: list[str], width: int) -> dict[str, Any]:
    """The lists that every exposure has; what a request makes most is taken without an array of its own."""
    positions, propensities = record["positions"], record["propensities"]
    scores, features = _floats(record, "scores"), _floats(record, "features")
    if not _all_of(int, positions):
        positions = _floats(record, "positions")
    if not _all_of(float, propensities):
        propensities = _floats(record, "propensities")
    for of in (positions, scores, propensities):
        if not (len(of) == len(items) if type(of) is list else of.shape == (len(items),)):
            raise _refuse("exposure lists", np.shape(of), "one value per item")
    low, high = _ends(positions)
    if low != 1 or not high <= _LARGEST_POSITION:
        raise _refuse("exposure.positions", list(positions), "1 for the top, then upwards")
    if not (np.isfinite(scores).all() and all(map(math.isfinite, propensities))):
        raise _refuse("exposure.scores", scores.tolist(), "finite, and so the propensities")
    if features.shape != (len(items), width) or np.isinf(features).any():
        raise _refuse("exposure.features", features.shape, f"{len(items)} x {width}, none infinite")
    if isinstance(positions, np.ndarray):
        positions = positions.astype(np.int16)
    found = {"items": items, "positions": positions, "scores": scores}
    return found | {"propensities": propensities, "features": features}


def _ends(of: Any) -> tuple[float, float]:
    """The least and largest of a list without NaN, or of an array: NaN where it holds one."""
    return (min(of), max(of)) if type(of) is list else (of.min(), of.max())


def _all_of(kind: type, values: Any) -> bool:
    """Whether it is a list of values of exactly this type, and not empty."""
    return type(values) is list and set(map(type, values)) == {kind}


def _newer_lists(record: Mapping[str, Any], items: int) -> dict[str, Any]:
    """Places in other rankings, where they are known: 0 is below the list."""
    found = {}
    for name in NEWER_LISTS:
        places: Any = record.get(name)
        if places is None:
            continue
        plain = _all_of(int, places)
        of = places if plain else _floats(record, name)
        fits = len(of) == items if plain else of.shape == (items,)
        low, high = _ends(of) if fits else (0, 0)
        if not fits or not (low >= 0 and high <= _LARGEST_POSITION):
            raise _refuse(f"exposure.{name}", places, f"{items} places, 0 below the list")
        found[name] = of if plain else of.astype(np.int16)
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
