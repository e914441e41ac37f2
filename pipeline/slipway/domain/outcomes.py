"""What may come of an exposure, as a line declares it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from slipway.domain.columns import Availability, Column, DType
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig


class OutcomeKind(StrEnum):
    """What the values of an outcome are; metrics and gates follow from it."""

    BINARY = "binary"  # it came or it did not
    COUNT = "count"  # how often, or how many
    AMOUNT = "amount"  # money or time, often 0, not negative
    CONTINUOUS = "continuous"  # any number


class Take(StrEnum):
    """Which of several outcomes of one exposure counts."""

    FIRST = "first"
    SUM = "sum"
    LAST = "last"  # a later one corrects an earlier one


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that may come of an exposure, within ``window`` of the request.

    ``event`` is the word by which it is logged (its name, unless it says another). ``exogenous``: it is
    the same whichever model answered, as a fare or the demand. ``cap`` is the most that one
    exposure counts, in the outcome's unit (``unit``, for pages).
    """

    name: str
    kind: OutcomeKind = OutcomeKind.BINARY
    window: timedelta = timedelta(hours=6)
    take: Take = Take.FIRST
    event: str = ""
    exogenous: bool = False
    primary: bool = False
    cap: float | None = None
    unit: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        settle_types(self, f"outcome {self.name}")
        object.__setattr__(self, "event", self.event or self.name)
        if self.window <= timedelta(0):
            raise self._bad("window", str(self.window), "above 0")
        if self.cap is not None and not 0 < self.cap < float("inf"):
            raise self._bad("cap", self.cap, "above 0, or none")

    @property
    def column(self) -> Column:
        """Its column in a training table."""
        binary = self.kind is OutcomeKind.BINARY
        lower = None if self.kind is OutcomeKind.CONTINUOUS else 0
        return Column(
            self.name,
            DType.NUMBER,
            available=Availability.AFTER,
            lower=lower,
            upper=1 if binary else self.cap,
            known=1 if binary else 0,
            lag=self.window,
            entity=("request", "item"),
            about=self.about,
        )

    def _bad(self, field: str, found: object, expected: str) -> BadConfig:
        return BadConfig(
            f"outcome {self.name}.{field}",
            found=found,
            expected=expected,
            next_step=f"correct the {field}",
        )
