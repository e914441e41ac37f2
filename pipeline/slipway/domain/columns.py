"""A declared column: what it is, how its value comes about, and when it is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from slipway.domain.as_of import AsOf, Statistic
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig
from slipway.domain.origins import Age, Clock, Sent, Supplied, ValueOrigin


class Availability(StrEnum):
    """When the value of a column becomes known, relative to the request."""

    REQUEST = "request"  # comes with the request, the clock or a table of entities
    AS_OF = "as_of"  # computed from rows that arrived strictly before the request
    DECISION = "decision"  # set by the answer itself: position, arm, propensity
    AFTER = "after"  # known later: an outcome

    @property
    def may_be_input(self) -> bool:
        """Whether a model may read such a column at inference."""
        return self in (Availability.REQUEST, Availability.AS_OF)


class DType(StrEnum):
    """What the values of a column are, in the log and for a model."""

    NUMBER = "number"
    CATEGORY = "category"  # one of many strings
    CODE = "code"  # a category as a whole number from 0; ``words`` name the codes
    TEXT = "text"  # words of people
    TIME = "time"  # UTC

    @property
    def is_category(self) -> bool:
        """Whether equal values are the same thing, and nothing lies between two."""
        return self in (DType.CATEGORY, DType.CODE)

    @property
    def is_numeric(self) -> bool:
        """Whether the log holds a float64."""
        return self in (DType.NUMBER, DType.CODE)


class Unfit(StrEnum):
    """What serving does with a value outside the column's range."""

    REFUSE = "refuse"  # the caller gets an error; only what the caller sent can be refused
    DEFAULT = "default"  # the column's default takes its place


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column of a line: what it is, how it comes about, and when it is known.

    ``origin`` says how the value comes about; of a column that models may read it decides
    ``available`` and ``lag``. Columns that the answer or time itself brings (positions, outcomes)
    have none, and say when they are known. ``lag`` lies between the request and what the value speaks
    of: the most that an as-of value may be behind, the window of an outcome, nothing for the others.

    ``lower`` and ``upper`` are the closed range of plausible values (where they are left out the
    origin gives them), ``known`` the least share of rows in which a value stands, ``tolerance`` the
    relative difference allowed between a value as served and as rebuilt (``None``: its past cannot
    be rebuilt). ``default`` is what serving uses where the value is missing (``None``: it reaches
    the model as missing); ``unfit`` says what it does with a value that is out of range. ``words``
    name the codes of a category, in order, or are all its strings. ``entity`` is whose value it is.
    Raises BadConfig where the declaration contradicts itself.
    """

    name: str
    dtype: DType = DType.NUMBER
    origin: ValueOrigin | None = None
    available: Availability | None = None
    lower: float | None = None
    upper: float | None = None
    default: float | str | None = None
    about: str = ""
    known: float = 0.0
    tolerance: float | None = 0.0
    unfit: Unfit = Unfit.DEFAULT
    words: tuple[str, ...] = ()
    lag: timedelta = timedelta(0)
    entity: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        settle_types(self, f"column {self.name}", but=("origin",))
        self._check_words()
        self._settle_time()
        self._check_origin()
        self._settle_range()
        self._check_values()

    @classmethod
    def decided(
        cls,
        name: str,
        about: str,
        dtype: DType = DType.NUMBER,
        lower: float | None = None,
        upper: float | None = None,
    ) -> Self:
        """A column that the answer itself sets: no model may read it."""
        return cls(
            name,
            dtype,
            available=Availability.DECISION,
            lower=lower,
            upper=upper,
            about=about,
            entity=("request", "item"),
        )

    @property
    def may_be_input(self) -> bool:
        """Whether a model may read the column at inference."""
        return self.available is not None and Availability(self.available).may_be_input

    @property
    def is_sent(self) -> bool:
        """Whether the caller sends the value with the request."""
        return isinstance(self.origin, Sent | Supplied)

    def _check_words(self) -> None:
        if not self.name.isidentifier() or self.name[0] == "_":
            expected = "letters, digits and _, a letter first"
            raise self._bad("name", self.name, expected, "rename the column")
        if len(set(self.words)) != len(self.words):
            raise self._bad("words", list(self.words), "different strings", "name each value once")
        if self.words and not DType(self.dtype).is_category:
            raise self._bad(
                "words",
                list(self.words),
                "none, as it is no category",
                "leave them out, or declare a code or category",
            )
        if self.origin is not None and not isinstance(self.origin, ValueOrigin):
            expected = "Sent(), Clock(), Field(), Age(), Derived(), AsOf() or Supplied()"
            raise self._bad("origin", self.origin, expected, "say how its value comes about")

    def _settle_time(self) -> None:
        """What the origin says of ``available`` and ``lag``; what was declared must not contradict it."""
        own = (Availability.DECISION, Availability.AFTER)
        allowed = own if self.origin is None else tuple(map(Availability, self.origin.available))
        if self.origin is None and self.available not in own:
            raise self._bad("origin", None, "given", "say how its value comes about")
        available = allowed[0] if self.available is None else self.available
        if available not in allowed:
            raise self._bad(
                "available",
                self.available,
                f"{' or '.join(allowed)}, as its origin is {type(self.origin).__name__}",
                "leave it out",
            )
        lag = self.origin.oldest if isinstance(self.origin, AsOf | Supplied) else self.lag
        delayed = available in (Availability.AS_OF, Availability.AFTER)
        if delayed != (lag > timedelta(0)):
            expected = "above 0 for as_of and after, and 0 for the others"
            raise self._bad("lag", str(self.lag), expected, "say how far it is from the request")
        self._set(available=Availability(available), lag=lag)

    def _check_origin(self) -> None:
        """What an origin gives is of its own type: an hour is no word, and a rate is no time."""
        given: tuple[DType, ...] = tuple(DType)
        match self.origin:
            case Clock(part="time"):
                given = (DType.NUMBER, DType.TIME)
            case Clock() | AsOf():
                given = (DType.NUMBER, DType.CODE)
            case Age():
                given = (DType.NUMBER,)
        if self.dtype not in given:
            expected = f"{' or '.join(given)}, as its origin is {type(self.origin).__name__}"
            raise self._bad("dtype", str(self.dtype), expected, "correct the dtype")

    def _settle_range(self) -> None:
        low, high = _range(self)
        lower = low if self.lower is None else self.lower
        upper = high if self.upper is None else self.upper
        if lower is not None and upper is not None and not lower <= upper:
            raise self._bad("upper", self.upper, f"at least {lower:g}", "correct the range")
        self._set(lower=lower, upper=upper)

    def _check_values(self) -> None:
        numeric = DType(self.dtype).is_numeric
        if not numeric and (self.lower is not None or self.upper is not None):
            raise self._bad(
                "lower", self.lower, f"none, as {self.name} is no number", "leave it out"
            )
        fits = self.default is None or isinstance(self.default, str) != numeric
        if not fits or isinstance(self.default, bool) or not self._is_timely():
            raise self._bad("default", self.default, f"a {self.dtype}", "correct the default")
        if isinstance(self.default, str) and self.words and self.default not in self.words:
            raise self._bad("default", self.default, "one of its words", "correct the default")
        if not 0 <= self.known <= 1:
            raise self._bad("known", self.known, "a share from 0 to 1", "correct the share")
        if self.unfit == Unfit.REFUSE and not self.is_sent:
            words = "default, unless the caller sends the value"
            raise self._bad("unfit", self.unfit, words, "declare a default")

    def _is_timely(self) -> bool:
        """Whether the default of a time is one, with its zone."""
        if self.dtype is not DType.TIME or self.default is None:
            return True
        try:
            return datetime.fromisoformat(str(self.default)).tzinfo is not None
        except ValueError:
            return False

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _bad(self, field: str, found: object, expected: str, next_step: str) -> BadConfig:
        return BadConfig(
            f"column {self.name}.{field}", found=found, expected=expected, next_step=next_step
        )


def _range(column: Column) -> tuple[float | None, float | None]:
    """The range that follows from the column's words or origin."""
    if column.dtype == DType.CODE:
        return 0, (len(column.words) - 1 if column.words else None)
    if column.dtype != DType.NUMBER:
        return None, None
    if isinstance(column.origin, Clock):
        return column.origin.range
    if isinstance(column.origin, Age):
        return 0, None
    if isinstance(column.origin, AsOf):
        statistic = column.origin.statistic
        counted = (Statistic.RATE, Statistic.COUNT, Statistic.DISTINCT, Statistic.TIME_SINCE)
        return (0 if statistic in counted else None), (1 if statistic == Statistic.RATE else None)
    return None, None
