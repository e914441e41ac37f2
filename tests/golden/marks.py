"""Results as JSON that keeps every bit, and what differs between two of them."""

import hashlib
import math
from fnmatch import fnmatchcase

import numpy as np

CLOSE = 1e-9
"""Relative; asked for only where the processor itself computes other last bits."""


def kept(value):
    """``value`` as JSON: floats in hexadecimal, arrays by digest, shape, type, sum and first values."""
    if isinstance(value, dict):
        return {str(name): kept(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, list | tuple):
        return [kept(part) for part in value]
    return _single(value.item() if isinstance(value, np.generic) else value)


def _single(value):
    if isinstance(value, float):
        return value.hex()
    return value if value is None or isinstance(value, int) else str(value)


def _array(array):
    flat = array.ravel()
    if array.dtype.kind in "OUT":
        words = ["\0" if word is None else str(word) for word in flat]
        body = "\1".join(words).encode()
        return {"of": "words", "shape": list(array.shape), "sha256": _sha256(body)}
    if array.dtype.kind == "f":
        flat = np.where(np.isnan(flat), np.nan, flat).astype("<f8")
        total = math.fsum(flat[np.isfinite(flat)])
    else:
        flat = flat.astype("<i8")
        total = int(flat.sum())
    return {
        "of": "floats" if array.dtype.kind == "f" else "whole",
        "shape": list(array.shape),
        "sha256": _sha256(flat.tobytes()),
        "sum": kept(total),
        "first": kept(flat[:3].tolist()),
    }


def _sha256(body):
    return hashlib.sha256(body).hexdigest()


def processor():
    """Digest of what this machine computes for exponentials, logarithms and products of matrices."""
    x = np.linspace(-8, 8, 4001)
    square = np.outer(x[:64], x[-64:])
    found = np.concatenate((np.exp(x), np.log1p(np.abs(x)), (square @ square.T).ravel()))
    alone = [math.exp(part) + math.log(part + 9) for part in x.tolist()]
    return _sha256(found.tobytes() + np.array(alone).tobytes())


def differences(before, now, *, exact=True, where=""):
    """Paths at which two kept results differ, each with both values."""
    if isinstance(before, dict) and isinstance(now, dict):
        names = sorted({*before, *now})
        if not exact and {"of", "shape"} <= set(before) and before["of"] == "floats":
            names = ["of", "shape", "sum"]
        missing = "(nothing)"
        parts = [
            differences(
                before.get(n, missing), now.get(n, missing), exact=exact, where=f"{where}.{n}"
            )
            for n in names
        ]
        return [one for part in parts for one in part]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        parts = [differences(a, b, exact=exact, where=f"{where}.{k}") for k, (a, b) in pairs]
        return [one for part in parts for one in part]
    if before == now and type(before) is type(now):
        return []
    if not exact and _close(before, now):
        return []
    return [(where.lstrip("."), before, now)]


def _close(before, now):
    try:
        one, other = float.fromhex(before), float.fromhex(now)
    except (TypeError, ValueError):
        return False
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-12)


def paths(value, where=""):
    """The paths of all single values."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in parts:
        here = f"{where}.{name}".lstrip(".")
        if isinstance(part, dict | list) and part:
            yield from paths(part, here)
        else:
            yield here


def matches(path, pattern):
    """Whether ``path`` is what ``pattern`` names, or a part of it; ``*`` stands for anything."""
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}.*")
