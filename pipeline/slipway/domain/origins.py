"""How the value of a column comes about: all that can be known before the answer.

From the origin follow the request's schema, the feature tables, the proofs that rebuild them, the
suites and the model's signature.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from slipway.domain.errors import BadConfig

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USER, ITEM, REQUEST = "user", "item", "request"
"""The keys that every log has, and what an entity may be besides."""


class ValueOrigin:
    """One of the ways in which a value that models may read comes about."""

    __slots__ = ()

    @property
    def available(self) -> tuple[str, ...]:
        """When the value may be known; the first unless the line says another."""
        return ("request",)


@dataclass(frozen=True, slots=True)
class Sent(ValueOrigin):
    """The caller sends it with the request, in its context; ``of`` is whose value it is."""

    of: str = REQUEST


@dataclass(frozen=True, slots=True)
class Clock(ValueOrigin):
    """A part of the request's own time, in the zone: hour, weekday (0 is Monday), day, or time."""

    part: str = "hour"
    zone: str = "UTC"

    _RANGES: ClassVar = {
        "hour": (0, 23),
        "weekday": (0, 6),
        "day": (1, 31),
        "month": (1, 12),
        "time": (None, None),
    }

    def __post_init__(self) -> None:
        if self.part not in self._RANGES:
            raise bad_origin(
                "Clock.part", self.part, f"one of {', '.join(self._RANGES)}", "correct it"
            )
        check_zone(self.zone, "Clock.zone")

    @property
    def range(self) -> tuple[int | None, int | None]:
        """The least and the largest value."""
        return self._RANGES[self.part]


@dataclass(frozen=True, slots=True)
class Field(ValueOrigin):
    """A field of an entity, as ``item.category``: known before anybody asks."""

    path: str

    def __post_init__(self) -> None:
        _split(self.path)

    @property
    def entity(self) -> str:
        """The entity's name."""
        return _split(self.path)[0]

    @property
    def field(self) -> str:
        """The field's name."""
        return _split(self.path)[1]


@dataclass(frozen=True, slots=True)
class Age(ValueOrigin):
    """The time since a field that is a time, as ``item.published_at``; in days, hours, minutes or
    seconds, never below 0.
    """

    path: str
    unit: str = "days"

    _UNITS: ClassVar = {"days": DAY, "hours": HOUR, "minutes": HOUR / 60, "seconds": HOUR / 3600}

    def __post_init__(self) -> None:
        _split(self.path)
        if self.unit not in self._UNITS:
            raise bad_origin(
                "Age.unit", self.unit, f"one of {', '.join(self._UNITS)}", "correct it"
            )

    @property
    def source(self) -> Field:
        """The field whose age it is."""
        return Field(self.path)

    @property
    def microseconds(self) -> int:
        """Microseconds in one unit."""
        return self._UNITS[self.unit] // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Derived(ValueOrigin):
    """A function of columns that are declared before: its parameters are their names.

    It gets an array of each, float64 or of strings (missing is NaN or None), all of one length, and gives
    an array of that length. It may read nothing else: no clock, no file, no chance.
    """

    function: Callable[..., Any]

    def __post_init__(self) -> None:
        if not callable(self.function) or not self.inputs:
            raise bad_origin(
                "Derived.function",
                self.function,
                "a function of declared columns",
                "name a column by each parameter",
            )

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def available(self) -> tuple[str, ...]:
        """As its latest input: the line knows which."""
        return ("request", "as_of")


@dataclass(frozen=True, slots=True)
class Supplied(ValueOrigin):
    """The caller sends it from a feature store, with its own as-of time.

    ``source`` names it there, for people. In a request it is ``{"value": ..., "as_of": ...}``; both
    are logged, and ``oldest`` is how old it may be.
    """

    source: str
    of: str = REQUEST
    oldest: timedelta = timedelta(days=1)

    @property
    def available(self) -> tuple[str, ...]:
        """Before the request."""
        return ("as_of",)


def check_zone(zone: str, where: str) -> None:
    """Raise BadConfig for a zone that the IANA database does not name."""
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError, TypeError):
        raise bad_origin(
            where, zone, "an IANA zone, as Europe/Berlin", "correct the zone"
        ) from None


def _split(path: str) -> tuple[str, str]:
    entity, dot, field = str(path).partition(".")
    if not (dot and entity.isidentifier() and field.isidentifier()):
        raise bad_origin("Field", path, "entity.field, as item.category", "name both")
    return entity, field


def bad_origin(what: str, found: object, expected: str, next_step: str) -> BadConfig:
    """The error of an origin that says what cannot be."""
    return BadConfig(what, found=found, expected=expected, next_step=next_step)
