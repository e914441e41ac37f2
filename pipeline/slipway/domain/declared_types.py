"""Whether what somebody declared has the types that the fields of its dataclass ask for, and which in words."""

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from numbers import Integral, Real
from typing import Any

from slipway.domain.errors import BadConfig


def settle_types(values: Any, where: str, *, but: Sequence[str] = ()) -> None:
    """Make lists tuples, and words members of their enum; raise BadConfig for a field of another type.

    Fields in ``but`` are left alone.
    """
    for name, hint in _hints(type(values)).items():  # type: ignore[arg-type]  # classes have a hash
        found = value = getattr(values, name)
        words = _words(hint)
        if isinstance(found, list):
            value = tuple(found)
        elif words is not None and isinstance(found, str) and found in tuple(words):
            value = words(found)
        if name not in but and not fits(value, hint):
            plain = isinstance(found, str | Real | tuple | list | dict | None)
            raise BadConfig(
                f"{where}.{name}",
                found=found if plain else type(found).__name__,
                expected=said(hint),
                next_step=f"correct the {name}",
            )
        if value is not found:
            object.__setattr__(values, name, value)


def fits(value: Any, hint: Any) -> bool:
    """Whether ``value`` is of a declared type; whole numbers are numbers, truth values are none."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in parts)
    if origin is tuple:
        return isinstance(value, tuple) and all(fits(each, parts[0]) for each in value)
    if origin is Callable or hint is Any:
        return hint is Any or callable(value)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            fits(k, parts[0]) and fits(v, parts[1]) for k, v in value.items()
        )
    if hint in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, {int: Integral, float: Real}.get(hint, hint))


def said(hint: Any) -> str:
    """A type in words."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(said(part) for part in parts if part is not type(None))
    if origin is tuple:
        return f"a list, each {said(parts[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"a table of names, each {said(parts[1])}"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return f"one of {', '.join(hint)}"
    words = {
        bool: "true or false", int: "a whole number", float: "a number", str: "a text",
        timedelta: "a duration, as timedelta(days=1)",
    }  # fmt: skip
    return words.get(hint, f"{hint.__name__}(...) as declared in Python")


@functools.cache
def _hints(of: type) -> dict[str, Any]:
    """The type of each field of a dataclass."""
    hints = typing.get_type_hints(of)
    return {item.name: hints[item.name] for item in dataclasses.fields(of)}


def _words(hint: Any) -> type[StrEnum] | None:
    """The words of a field that holds one of them."""
    parts = typing.get_args(hint) or (hint,)
    return next((p for p in parts if isinstance(p, type) and issubclass(p, StrEnum)), None)
