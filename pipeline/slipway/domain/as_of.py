"""Columns that are statistics of the log's own rows, as they were known strictly before the request."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from slipway.domain.declared_types import settle_types
from slipway.domain.origins import DAY, HOUR, ValueOrigin, bad_origin


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
        settle_types(self, "AsOf")
        object.__setattr__(self, "keys", self.by)
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
    def all_keys(self) -> tuple[str, ...]:
        """Its keys, and those of what it falls back on."""
        others = (one for one in (self.prior, self.missing) if isinstance(one, AsOf))
        return tuple(dict.fromkeys((*self.by, *(key for one in others for key in one.all_keys))))

    @property
    def is_smoothed(self) -> bool:
        """Whether the prior weighs beside the rows of a key."""
        return self.statistic in (Statistic.RATE, Statistic.MEAN)

    def _check_numbers(self) -> None:
        if len(set(self.keys)) != len(self.keys):
            raise bad_origin("AsOf.keys", list(self.keys), "different columns", "name each once")
        if self.window < self.refresh.every:
            raise bad_origin(
                "AsOf.window",
                str(self.window),
                f"at least a {self.refresh}",
                "look at more time than lies between two tables",
            )
        if self.oldest < self.refresh.every:
            raise bad_origin(
                "AsOf.oldest",
                str(self.oldest),
                f"at least a {self.refresh}",
                "an honest table may be that old",
            )
        if not 0 < self.strength < float("inf"):
            raise bad_origin(
                "AsOf.strength", self.strength, "above 0 (rows)", "1 is as one row more"
            )
        needs = self.statistic not in (Statistic.COUNT, Statistic.TIME_SINCE)
        if needs and self.of is None:
            raise bad_origin(
                "AsOf.of", None, f"an outcome or column, as it is a {self.statistic}", "name it"
            )
        if self.is_smoothed and self.prior is None:
            raise bad_origin(
                "AsOf.prior",
                None,
                f"given, as it is a {self.statistic}",
                "say what a key without rows has: a number, or the same of fewer keys",
            )

    def _check_coarser(self, other: "AsOf") -> None:
        same = (other.statistic, other.of, other.refresh) == (self.statistic, self.of, self.refresh)
        if not same or not set(other.keys) < set(self.keys):
            expected = f"the same statistic of fewer than {', '.join(self.keys) or 'no'} keys"
            raise bad_origin(
                "AsOf.prior",
                f"{other.statistic} of {other.of} by {', '.join(other.keys) or 'nothing'}",
                expected,
                "correct it",
            )
