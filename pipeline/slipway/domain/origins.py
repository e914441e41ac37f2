"""How the value of a column comes about: all that can be known before the answer.

From the origin follow the request's schema, the feature tables, the proofs that rebuild them, the
suites and the model's signature.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
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

    _RANGES: ClassVar = {"hour": (0, 23), "weekday": (0, 6), "day": (1, 31), "month": (1, 12),
               "time": (None, None)}  # fmt: skip

    def __post_init__(self) -> None:
        if self.part not in self._RANGES:
            raise _bad("Clock.part", self.part, f"one of {', '.join(self._RANGES)}", "correct it")
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
    """  # noqa: D205 - the two are one sentence

    path: str
    unit: str = "days"

    _UNITS: ClassVar = {"days": DAY, "hours": HOUR, "minutes": HOUR / 60, "seconds": HOUR / 3600}

    def __post_init__(self) -> None:
        _split(self.path)
        if self.unit not in self._UNITS:
            raise _bad("Age.unit", self.unit, f"one of {', '.join(self._UNITS)}", "correct it")

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
            raise _bad("Derived.function", self.function, "a function of declared columns",
                       "name a column by each parameter")  # fmt: skip

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def available(self) -> tuple[str, ...]:
        """As its latest input: the line knows which."""
        return ("request", "as_of")


class Statistic(StrEnum):
    """What is known of the rows of a key."""

    COUNT = "count"  # exposures; with ``of``, those with such an outcome
    RATE = "rate"  # share of exposures with the outcome, smoothed
    SUM = "sum"
    MEAN = "mean"  # over exposures, smoothed
    DISTINCT = "distinct"  # different values of a column
    LAST = "last"  # the value of the latest exposure
    TIME_SINCE = "time_since"  # hours since the latest exposure, or the latest with the outcome


class Refresh(StrEnum):
    """How often an as-of value is computed."""

    HOUR = "hour"
    DAY = "day"

    @property
    def every(self) -> timedelta:
        """The time between two tables."""
        return HOUR if self is Refresh.HOUR else DAY


@dataclass(frozen=True, slots=True)
class AsOf(ValueOrigin):
    """A statistic of the log's rows with the request's own keys, known strictly before the request.

    ``keys`` are ``user``, ``item`` or categories that are declared before; no key means all rows. Rows
    requested within ``window`` before the table's time count, as far as they and their outcomes had arrived. ``of`` is
    an outcome, or for sum, mean, distinct and last also a column. ``refresh`` says how often it is computed, ``oldest`` how
    old it may be when it is served.

    Rates and means are smoothed: ``(sum + strength · prior) / (rows + strength)``. ``prior`` is a
    number, or the same statistic of fewer keys; a key that was never seen has its prior. ``missing``
    stands where a key itself is missing: the prior, unless it says another.
    """

    keys: tuple[str, ...] | str
    window: timedelta
    statistic: Statistic = Statistic.RATE
    of: str | None = None
    prior: "AsOf | float | None" = None
    strength: float = 20.0
    missing: "AsOf | float | None" = None
    refresh: Refresh = Refresh.DAY
    oldest: timedelta = timedelta(weeks=1)

    def __post_init__(self) -> None:
        keys = (self.keys,) if isinstance(self.keys, str) else tuple(self.keys)
        object.__setattr__(self, "keys", keys)
        for name, words in (("statistic", Statistic), ("refresh", Refresh)):
            if getattr(self, name) not in tuple(words):
                expected = f"one of {', '.join(words)}"
                raise _bad(f"AsOf.{name}", getattr(self, name), expected, "correct the word")
            object.__setattr__(self, name, words(getattr(self, name)))
        self._check_numbers()
        for other in (self.prior, self.missing):
            if isinstance(other, AsOf):
                self._check_coarser(other)

    @property
    def available(self) -> tuple[str, ...]:
        """Before the request."""
        return ("as_of",)

    @property
    def by(self) -> tuple[str, ...]:
        """The keys, also where one was given as a word."""
        return (self.keys,) if isinstance(self.keys, str) else self.keys

    @property
    def is_smoothed(self) -> bool:
        """Whether the prior weighs beside the rows of a key."""
        return self.statistic in (Statistic.RATE, Statistic.MEAN)

    def _check_numbers(self) -> None:
        if len(set(self.keys)) != len(self.keys):
            raise _bad("AsOf.keys", list(self.keys), "different columns", "name each once")
        if self.window < self.refresh.every:
            raise _bad("AsOf.window", str(self.window), f"at least a {self.refresh}",
                       "look at more time than lies between two tables")  # fmt: skip
        if self.oldest < self.refresh.every:
            raise _bad("AsOf.oldest", str(self.oldest), f"at least a {self.refresh}",
                       "an honest table may be that old")  # fmt: skip
        if not 0 < self.strength < float("inf"):
            raise _bad("AsOf.strength", self.strength, "above 0 (rows)", "1 is as one row more")
        needs = self.statistic not in (Statistic.COUNT, Statistic.TIME_SINCE)
        if needs and self.of is None:
            raise _bad(
                "AsOf.of", None, f"an outcome or column, as it is a {self.statistic}", "name it"
            )
        if self.is_smoothed and self.prior is None:
            raise _bad("AsOf.prior", None, f"given, as it is a {self.statistic}",
                       "say what a key without rows has: a number, or the same of fewer keys")  # fmt: skip

    def _check_coarser(self, other: "AsOf") -> None:
        same = (other.statistic, other.of, other.refresh) == (self.statistic, self.of, self.refresh)
        if not same or not set(other.keys) < set(self.keys):
            expected = f"the same statistic of fewer than {', '.join(self.keys) or 'no'} keys"
            raise _bad("AsOf.prior", f"{other.statistic} of {other.of} by "
                       f"{', '.join(other.keys) or 'nothing'}", expected, "correct it")  # fmt: skip


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
        raise _bad(where, zone, "an IANA zone, as Europe/Berlin", "correct the zone") from None


def _split(path: str) -> tuple[str, str]:
    entity, dot, field = str(path).partition(".")
    if not (dot and entity.isidentifier() and field.isidentifier()):
        raise _bad("Field", path, "entity.field, as item.category", "name both")
    return entity, field


def _bad(what: str, found: object, expected: str, next_step: str) -> BadConfig:
    return BadConfig(what, found=found, expected=expected, next_step=next_step)
