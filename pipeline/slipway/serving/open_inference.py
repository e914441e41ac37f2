"""The Open Inference Protocol v2, said in the router's own words and back.

A model is a line. Each input is a tensor of ``[n]`` or ``[n, 1]`` (``[1]`` beside the items of a list):
``user``, ``items`` of a line that ranks, and any column of the context by its name; that of a feature
store comes with ``<column>_as_of``. What is translated is answered, drawn to an arm and logged as any
``/v1`` request: nothing is decided here. Source: the protocol of KServe and NVIDIA Triton, version 2.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import orjson

from slipway.domain.answer_shapes import Single
from slipway.domain.json_value import Json
from slipway.domain.line import Column, DType, Line, Supplied
from slipway.serving import binary_tensors, tensors
from slipway.serving.predict import MAX_ROWS
from slipway.serving.rank import LineServer
from slipway.serving.requests import MAX_ITEMS, parse_json, refuse
from slipway.serving.tensors import ITEMS, USER

_OUTPUTS = {"request_id": "BYTES", "arm": "BYTES", "version": "BYTES"}


LIVE, READY, SERVER, MODEL, MODEL_READY, INFER = (
    "live",
    "ready",
    "server",
    "model",
    "model ready",
    "infer",
)
SAID = {
    LIVE: b'{"live":true}',
    READY: b'{"ready":true}',
    SERVER: orjson.dumps({"name": "slipway", "version": version("slipway"), "extensions": []}),
}
"""What pages say that are the same for all lines."""


def page_of(parts: Sequence[str]) -> tuple[str, str]:
    """The page that a path below ``v2`` names, and its line; an empty page where there is none.

    >>> page_of(["v2", "models", "feed", "infer"]), page_of(["v2", "health", "live"])
    (('infer', 'feed'), ('live', ''))
    """
    match parts:
        case ["v2"]:
            return SERVER, ""
        case ["v2", "health", "live" | "ready" as page]:
            return page, ""
        case ["v2", "models", name]:
            return MODEL, name
        case ["v2", "models", name, "ready"]:
            return MODEL_READY, name
        case ["v2", "models", name, "infer"]:
            return INFER, name
    return "", ""


class Infer(NamedTuple):
    """A request in the router's words, and what its answer has to carry.

    ``id`` is the caller's word for it, ``wanted`` the outputs asked for (empty: all).
    """

    body: bytes
    id: str | None
    wanted: tuple[str, ...]


def request_of(line: Line, body: bytes, binary: bytes = b"") -> Infer:
    """The ``/v1`` body of an infer request; raises BadInput naming the tensor that is wrong.

    ``binary`` is what follows the JSON ``body``: values of tensors that are not in it.
    """
    raw = parse_json(body)
    for word in raw:
        if word not in ("id", "inputs", "outputs", "parameters"):
            raise refuse("body", word, "one of id, inputs, outputs, parameters")
    if others := _beyond_binary(raw.get("parameters"), "binary_data_output"):
        raise refuse("parameters", others, "none: the release decides who answers")
    if not isinstance(identity := raw.get("id"), str | None):
        raise refuse("id", identity, "a string")
    found = tensors.read(binary_tensors.placed(raw.get("inputs"), binary), line)
    asked = _rows(line, found) if isinstance(line.exposure, Single) else _list(line, found)
    return Infer(orjson.dumps(asked), identity, _wanted(raw.get("outputs"), line))


def answer_of(line: Line, answer: bytes, asked: Infer) -> bytes:
    """The infer response that says what the ``/v1`` answer says."""
    said = orjson.loads(answer)
    rows = said["answers"] if isinstance(line.exposure, Single) else [said]
    columns = {name: [row[name] for row in rows] for name in _OUTPUTS}
    if isinstance(line.exposure, Single):
        columns["answer"] = [row["answer"] for row in rows]
    else:
        columns["item"] = [shown["item"] for shown in said["items"]]
    kinds = _outputs(line)
    outputs = [
        {"name": name, "datatype": kinds[name], "shape": [len(data)], "data": data}
        for name, data in columns.items()
        if name in (asked.wanted or kinds)
    ]
    found: dict[str, Any] = {"model_name": line.name, "outputs": outputs}
    if not all(row.get("logged", True) for row in rows):
        found["parameters"] = {"logged": False}
    return orjson.dumps(found if asked.id is None else found | {"id": asked.id})


def model(server: LineServer) -> bytes:
    """What a line takes and answers, and the versions that are asked first in an arm."""
    line, served = server.line, server.served
    versions = {chain[0].version for chain in served.chains.values()} if served else set()
    single = isinstance(line.exposure, Single)
    shapes = dict.fromkeys(tensors.names_of(line), -1 if single else 1) | (
        {} if single else {ITEMS: -1}
    )
    inputs = [
        {"name": name, "datatype": _datatype(column), "shape": [shapes[name]]}
        for name, column in tensors.names_of(line).items()
    ]
    outputs = [
        {"name": n, "datatype": kind, "shape": [-1 if single or n == "item" else 1]}
        for n, kind in _outputs(line).items()
    ]
    said = {"name": line.name, "versions": sorted(versions), "platform": "slipway"}
    return orjson.dumps(said | {"inputs": inputs, "outputs": outputs})


def _outputs(line: Line) -> dict[str, str]:
    """The outputs of a line and their datatypes."""
    single = isinstance(line.exposure, Single)
    return _OUTPUTS | ({"answer": "FP64"} if single else {"item": "BYTES"})


def _datatype(column: Column | None) -> str:
    if column is None or not column.dtype.is_numeric:
        return "BYTES"
    return (
        "INT64"
        if column.dtype is DType.CODE and not column.words
        else ("BYTES" if column.dtype is DType.CODE else "FP64")
    )


def _rows(line: Line, given: Mapping[str, list[Any]]) -> dict[str, Any]:
    """A row for each user."""
    users = _required(given, USER)
    if len(users) > MAX_ROWS:
        raise refuse(f"inputs ({USER}).shape", [len(users)], f"at most {MAX_ROWS} rows")
    for name, values in given.items():
        if len(values) != len(users):
            expected = f"[{len(users)}], as {USER} has"
            raise refuse(f"inputs ({name}).shape", [len(values)], expected)
    every = range(len(users))
    return {"rows": [{USER: users[k], "context": _context(line, given, k)} for k in every]}


def _list(line: Line, given: Mapping[str, list[Any]]) -> dict[str, Any]:
    """One request for a list of all items."""
    users, items = _required(given, USER), _required(given, ITEMS)
    for name, values in given.items():
        if name != ITEMS and len(values) != 1:
            expected = "[1]: one list is asked for at a time"
            raise refuse(f"inputs ({name}).shape", [len(values)], expected)
    if len(items) > MAX_ITEMS:
        raise refuse(f"inputs ({ITEMS}).shape", [len(items)], f"at most {MAX_ITEMS} items")
    return {USER: users[0], ITEMS: items, "context": _context(line, given, 0)}


def _required(given: Mapping[str, list[Any]], name: str) -> list[Any]:
    if name not in given:
        raise refuse(f"inputs ({name})", None, "present")
    return given[name]


def _context(line: Line, given: Mapping[str, list[Any]], row: int) -> dict[str, Any]:
    """What the caller knows of one row; a missing value is left out."""
    found: dict[str, Any] = {}
    for column in line.context:
        value = given[column.name][row] if column.name in given else None
        if value is None:
            continue
        if isinstance(column.origin, Supplied):
            at = given.get(f"{column.name}_as_of")
            value = {"value": value, "as_of": at[row] if at else None}
        found[column.name] = value
    return found


def _beyond_binary(raw: Json, word: str) -> Json:
    """Parameters other than a wish for binary data: an answer in JSON is right for that, too."""
    if isinstance(raw, dict):
        return {name: raw[name] for name in raw if name != word or not isinstance(raw[name], bool)}
    return raw


def _wanted(raw: Json, line: Line) -> tuple[str, ...]:
    """Names of the outputs that are asked for."""
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise refuse("outputs", raw, "a list")
    found = []
    for place, each in enumerate(raw):
        name = each.get("name") if isinstance(each, dict) else each
        asked = each.get("parameters") if isinstance(each, dict) else None
        if others := _beyond_binary(asked, "binary_data"):
            raise refuse(f"outputs[{place}].parameters", others, "none: data is sent as JSON")
        if not isinstance(name, str) or name not in _outputs(line):
            raise refuse(f"outputs[{place}].name", name, f"one of {', '.join(_outputs(line))}")
        found.append(name)
    return tuple(found)
