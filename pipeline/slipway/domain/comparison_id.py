"""Which comparison of a release a number belongs to: what decisions are keyed by, never a label.

Labels are for people and may be reworded; ids are written to disk and stay.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from slipway.domain.errors import BadInput


class Compared(StrEnum):
    """What is compared; the last ones are of one segment, quantile or mean."""

    PRIMARY = "primary"
    OVER_RULES = "over_rules"
    WORKING_DAYS = "working_days"
    WEEKENDS = "weekends"
    ERRORS = "errors"
    SHADOW_ERRORS = "shadow_errors"
    SEGMENT = "segment"
    LATENCY = "latency"
    SHADOW_LATENCY = "shadow_latency"
    MEAN = "mean"


_LABELS = {
    Compared.PRIMARY: "clicks",
    Compared.OVER_RULES: "clicks over the rules",
    Compared.WORKING_DAYS: "clicks on working days",
    Compared.WEEKENDS: "clicks on weekends",
    Compared.ERRORS: "errors",
    Compared.SHADOW_ERRORS: "shadow errors",
}
_OF = (Compared.SEGMENT, Compared.LATENCY, Compared.SHADOW_LATENCY, Compared.MEAN)


@dataclass(frozen=True, slots=True, order=True)
class ComparisonId:
    """One comparison; ``of`` is the segment, the quantile or the mean that it is of.

    >>> str(latency(0.99)), latency(0.99).label
    ('latency:0.99', 'latency p99')
    >>> ComparisonId.parse("segment:device=1") == segment("device=1")
    True
    """

    what: Compared
    of: str = ""

    def __post_init__(self) -> None:
        if (self.what in _OF) != bool(self.of):
            raise _unknown(f"{self.what}:{self.of}")

    def __str__(self) -> str:
        return f"{self.what}:{self.of}" if self.of else self.what.value

    @property
    def label(self) -> str:
        """What people read."""
        match self.what:
            case Compared.SEGMENT:
                return f"clicks, {self.of}"
            case Compared.LATENCY:
                return f"latency {_percentile(self.of)}"
            case Compared.SHADOW_LATENCY:
                return f"shadow latency {_percentile(self.of)}"
            case Compared.MEAN:
                return self.of
            case _:
                return _LABELS[self.what]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id that was written as ``text``; raises BadInput where none is written so."""
        what, _, of = text.partition(":")
        if what not in tuple(Compared):
            raise _unknown(text)
        return cls(Compared(what), of)

    @classmethod
    def of_label(cls, label: str) -> Self:
        """The id of what was keyed by its label, before there were ids.

        Means had every name that no other label could be.

        >>> str(ComparisonId.of_label("clicks on weekends")), str(ComparisonId.of_label("device=3"))
        ('weekends', 'segment:device=3')
        """
        for what, known in _LABELS.items():
            if label == known:
                return cls(what)
        if "=" in label:
            return cls(Compared.SEGMENT, label)
        if label.startswith("latency p"):
            return cls(Compared.LATENCY, f"{float(label.removeprefix('latency p')) / 100:.12g}")
        return cls(Compared.MEAN, label)


PRIMARY = ComparisonId(Compared.PRIMARY)
OVER_RULES = ComparisonId(Compared.OVER_RULES)
WORKING_DAYS = ComparisonId(Compared.WORKING_DAYS)
WEEKENDS = ComparisonId(Compared.WEEKENDS)
ERRORS = ComparisonId(Compared.ERRORS)
SHADOW_ERRORS = ComparisonId(Compared.SHADOW_ERRORS)


def segment(name: str) -> ComparisonId:
    """Clicks in one segment, ``column=code``."""
    return ComparisonId(Compared.SEGMENT, name)


def latency(quantile: float) -> ComparisonId:
    """Answers slower than a quantile of the champion's."""
    return ComparisonId(Compared.LATENCY, repr(quantile))


def shadow_latency(quantile: float) -> ComparisonId:
    """The same of scores in the shadow."""
    return ComparisonId(Compared.SHADOW_LATENCY, repr(quantile))


def mean(name: str) -> ComparisonId:
    """One declared mean."""
    return ComparisonId(Compared.MEAN, name)


def _percentile(quantile: str) -> str:
    return f"p{100 * float(quantile):g}"


def _unknown(text: str) -> BadInput:
    return BadInput(
        "comparison",
        found=text,
        expected=f"one of {', '.join(Compared)}, the last four with ':' and of what",
        next_step="it was written by another version of Slipway: remove the evidence, it is made again",
    )
