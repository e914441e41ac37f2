"""The input tensors of the Open Inference Protocol, checked one by one: each way to be wrong is named."""

from collections.abc import Mapping
from typing import Any

from slipway.domain.answer_shapes import Single
from slipway.domain.json_value import Json
from slipway.domain.line import Column, Line, Supplied
from slipway.serving.requests import refuse

USER, ITEMS = "user", "items"
_FLOATS = ("FP16", "FP32", "FP64")
_WHOLE = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "BOOL": bool,
    "BYTES": str,
    **dict.fromkeys(_FLOATS, (int, float)),
    **dict.fromkeys(_WHOLE, int),
}


def names_of(line: Line) -> dict[str, Column | None]:
    """The inputs of a line; None for one that is no column: a word."""
    found: dict[str, Column | None] = {USER: None}
    if not isinstance(line.exposure, Single):
        found[ITEMS] = None
    for column in line.context:
        found[column.name] = column
        if isinstance(column.origin, Supplied):
            found[f"{column.name}_as_of"] = None
    return found


def read(raw: Json, line: Line) -> dict[str, list[Any]]:
    """The values of each input by its name, flat."""
    if not isinstance(raw, list) or not raw:
        raise refuse("inputs", raw, "a list of tensors")
    found: dict[str, list[Any]] = {}
    known = names_of(line)
    for place, tensor in enumerate(raw):
        where = f"inputs[{place}]"
        if not isinstance(tensor, dict):
            raise refuse(where, tensor, "an object")
        for word in tensor:
            if word not in ("name", "shape", "datatype", "data"):
                raise refuse(f"{where}.{word}", tensor[word], "absent")
        name = tensor.get("name")
        if not isinstance(name, str) or name not in known:
            raise refuse(f"{where}.name", name, f"one of {', '.join(known)}")
        if name in found:
            raise refuse(f"{where}.name", name, "in inputs once")
        found[name] = _values(tensor, f"{where} ({name})")
    return found


def _values(tensor: Mapping[str, Any], where: str) -> list[Any]:
    """The data of one tensor, flat, each value of the datatype it says or null."""
    datatype, data, size = tensor.get("datatype"), tensor.get("data"), _size(tensor, where)
    if not isinstance(datatype, str) or datatype not in _KINDS:
        raise refuse(f"{where}.datatype", datatype, f"one of {', '.join(_KINDS)}")
    if not isinstance(data, list):
        raise refuse(f"{where}.data", data, "a list")
    flat = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in data]
    if len(flat) != size:
        raise refuse(f"{where}.data", len(flat), f"{size} values, as its shape says")
    for value in flat:
        if value is not None and not _is_of(datatype, value):
            raise refuse(f"{where}.data", value, f"values of {datatype}, or null for a missing one")
    return flat


def _size(tensor: Mapping[str, Any], where: str) -> int:
    """How many values the shape says."""
    shape = tensor.get("shape")
    if isinstance(shape, list) and shape and shape[1:] in ([], [1]):
        size = shape[0]
        if isinstance(size, int) and not isinstance(size, bool) and size > 0:
            return size
    raise refuse(f"{where}.shape", shape, "[n] or [n, 1] with n > 0")


def _is_of(datatype: str, value: Json) -> bool:
    """Whether a value is one of the datatype: a whole number that its bits hold, and no truth as a number."""
    if not isinstance(value, _KINDS[datatype]) or isinstance(value, bool) != (datatype == "BOOL"):
        return False
    if datatype not in _WHOLE or not isinstance(value, int):
        return True
    sign, _, bits = datatype.partition("INT")
    least, beyond = (0, 1 << int(bits)) if sign else (-(1 << int(bits) - 1), 1 << int(bits) - 1)
    return least <= value < beyond
