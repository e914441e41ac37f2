"""What an audit says about a column, or about the table as a whole."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from typing import Any

from slipway.domain.leak import LeakKind

WHOLE_TABLE = ""


class Grade(IntEnum):
    """How far the rows go; LEAK and SUSPECT are accusations, NOTE is none."""

    CLEAR = 0
    NOTE = 1  # worth knowing: a time proxy, a softer trace
    SUSPECT = 2  # ask before training
    LEAK = 3  # cannot be known at inference, unless the owner explains it

    @property
    def accuses(self) -> bool:
        """Whether a person has to answer before this column is trained on."""
        return self >= Grade.SUSPECT


@dataclass(frozen=True, slots=True)
class Finding:
    """One probe's evidence: which column ("" for the table), which kind, how grave.

    ``strength`` in [0, 1] orders findings of one grade; 0 is no suspicion. ``evidence`` says in plain words what the
    rows show, ``question`` what to ask the data owner; ``numbers`` are behind the sentence. ``partners`` are
    the columns without which it shows nothing: any of them may be the leak.
    """

    column: str
    kind: LeakKind
    grade: Grade
    strength: float
    evidence: str
    question: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    partners: tuple[str, ...] = ()

    def worse_than(self, other: "Finding") -> bool:
        """Whether this one is graver, or as grave and stronger."""
        return (self.grade, self.strength) > (other.grade, other.strength)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self) | {"grade": self.grade.name}


@dataclass(frozen=True, slots=True)
class Power:
    """How well a column alone predicts the label: AUC over all rows, and within time blocks."""

    auc: float
    within: float
    within_se: float


@dataclass(frozen=True, slots=True)
class Audit:
    """A whole audit: the table's facts, findings from worst to least, and each column's power.

    ``reservations`` say what a clear answer does not cover, ``readings`` how each column was read.
    """

    facts: Mapping[str, str]
    findings: tuple[Finding, ...]
    powers: Mapping[str, Power]
    remarks: tuple[str, ...] = ()
    reservations: tuple[str, ...] = ()
    readings: Mapping[str, str] = field(default_factory=dict)

    def of(self, column: str) -> tuple[Finding, ...]:
        """The findings of one column, worst first."""
        return tuple(f for f in self.findings if f.column == column)

    def grade(self, column: str) -> Grade:
        """The worst grade of a column; CLEAR without findings."""
        return max((f.grade for f in self.of(column)), default=Grade.CLEAR)

    @property
    def ranking(self) -> tuple[str, ...]:
        """All columns, the most suspicious first: by grade, strength, then power alone."""

        def key(name: str) -> tuple[float, float, float]:
            graded = [(f.grade, f.strength) for f in self.of(name) if f.strength]
            worst = max(graded, default=(Grade.CLEAR, 0.0))
            return (-worst[0], -worst[1], -abs(self.powers[name].within - 0.5))

        return tuple(sorted(self.powers, key=key))

    @property
    def accusations(self) -> tuple[Finding, ...]:
        """Findings that somebody has to answer for, worst first."""
        return tuple(f for f in self.findings if f.grade.accuses)

    @property
    def accused(self) -> tuple[str, ...]:
        """Columns (and "" for the table) that somebody has to answer for."""
        return tuple(dict.fromkeys(f.column for f in self.accusations))


def ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings from worst to least, in an order that does not depend on how they were found.

    Notes on the table (how its file is sorted, how often rows repeat) stand after questions about columns.
    """

    def key(f: Finding) -> tuple[int, bool, float, str, str]:
        about_table = f.column == WHOLE_TABLE and not f.grade.accuses
        return -f.grade, about_table, -f.strength, f.column, f.kind

    return tuple(sorted(findings, key=key))


def pardoned(findings: list[Finding]) -> list[Finding]:
    """Findings, where one of two that tell only together is accused of more: then the other is rather honest, and asked about."""
    alone = {f.column for f in findings if f.grade.accuses and not f.partners}
    return [
        replace(f, grade=Grade.NOTE, strength=f.strength / 2)
        if f.grade.accuses and alone.intersection(f.partners) and f.column not in alone
        else f
        for f in findings
    ]


def squash(value: float) -> float:
    """A value from 0 up as a strength in [0, 1).

    >>> squash(0.0), round(squash(4.0), 2)
    (0.0, 0.76)
    """
    return math.tanh(max(0.0, value) / 4)
