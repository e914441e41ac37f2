"""Input tensors that a caller sends behind the JSON of an infer request, as Triton's clients do unless told not to.

The header ``Inference-Header-Content-Length`` says how many bytes of a body are JSON; what follows are
the values of the tensors with ``{"parameters": {"binary_data_size": n}}``, in their order: numbers in
little-endian layout (NaN where one is missing), of BYTES four bytes of length before each value. Source: Triton's extension
"binary tensor data". Answers are JSON whatever was sent, which every such client reads.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from slipway.domain.json_value import Json
from slipway.serving.requests import refuse

_HEAD = b"inference-header-content-length"
_SIZE = "binary_data_size"
_LENGTH = 4
_LAYOUTS = {"BOOL": "?", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8"} | {
    f"{sign}INT{bits}": f"<{'u' if sign else 'i'}{bits // 8}"
    for sign in ("", "U")
    for bits in (8, 16, 32, 64)
}


def split(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> tuple[bytes, bytes]:
    """The JSON of a body and what follows it; raises BadInput for a length that is none."""
    said = [value for name, value in headers if name == _HEAD]
    if not said:
        return body, b""
    size = int(said[0]) if said[0].isdigit() and len(said[0]) < len(str(2**63)) else -1
    if len(said) > 1 or not 0 < size <= len(body):
        found = b", ".join(said).decode("latin-1")
        raise refuse(_HEAD.decode(), found, f"a number of bytes from 1 to {len(body)}, once")
    return body[:size], body[size:]


def placed(inputs: Json, data: bytes) -> Json:
    """``inputs`` with the values that follow the JSON in their places; raises BadInput naming the tensor.

    What is no list of tensors is given back as it is, for :func:`slipway.serving.tensors.read` to name.
    """
    if not isinstance(inputs, list):
        return inputs
    found, at = [], 0
    for place, tensor in enumerate(inputs):
        size = _size(tensor)
        if size is None:
            found.append(tensor)
            continue
        where = f"inputs[{place}].parameters.{_SIZE}"
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= len(data) - at:
            raise refuse(where, size, f"at most the {len(data) - at} bytes that follow the JSON")
        values = _values(tensor.get("datatype"), data[at : at + size], where)
        found.append({k: v for k, v in tensor.items() if k != "parameters"} | {"data": values})
        at += size
    if at < len(data):
        raise refuse("inputs", f"{len(data) - at} bytes more than their sizes", "none left over")
    return found


def _size(tensor: Json) -> Json:
    """What a tensor says of its bytes; None where its data is JSON, or it says anything else."""
    said = tensor.get("parameters") if isinstance(tensor, dict) else None
    return said[_SIZE] if isinstance(said, dict) and set(said) == {_SIZE} else None


def _values(datatype: Json, data: bytes, where: str) -> list[Any]:
    """The values of one tensor; none for a datatype that the next reader refuses by name."""
    if datatype == "BYTES":
        return _words(data, where)
    layout = _LAYOUTS.get(datatype) if isinstance(datatype, str) else None
    if layout is None:
        return []
    if len(data) % np.dtype(layout).itemsize:
        raise refuse(where, len(data), f"whole values of {datatype}")
    values = np.frombuffer(data, layout).tolist()
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN alone


def _words(data: bytes, where: str) -> list[str]:
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + _LENGTH], "little")
        at += _LENGTH
        if at + size > len(data):
            raise refuse(where, len(data), "four bytes of length before each value, and all of it")
        try:
            found.append(data[at : at + size].decode())
        except UnicodeDecodeError as error:
            raise refuse(where, str(error), "texts in UTF-8") from error
        at += size
    return found
