"""Kinds of leak, and one that was found: what a model would learn and nobody knows at inference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class LeakKind(StrEnum):
    """How something that is unknown at inference gets into a training table."""

    ABSENT = "absent at serving"
    LATER = "written after the prediction"
    PROXY = "stands in for the label"
    DECISION = "set by the ranking itself"
    OVERLAP = "on both sides of the split"
    SKEW = "served otherwise than trained on"
    LOOK_AHEAD = "looks ahead of the request"
    FITTED = "fitted on the test period"
    IMMATURE = "label not mature"
    HIDDEN = "outcome hidden in order, ids or constants"


NEXT_STEP = {
    LeakKind.ABSENT: "take it out of the inputs, or have it sent and logged with each request",
    LeakKind.LATER: "take it out of the inputs, or join the value as it stood at the request",
    LeakKind.PROXY: "ask its owner when it is filled in, and from what",
    LeakKind.DECISION: "take it out of the inputs; it may only debias",
    LeakKind.OVERLAP: "split by time or by group, and drop rows that repeat",
    LeakKind.SKEW: "compare the router's code with the rebuild's; train on values as served",
    LeakKind.LOOK_AHEAD: "count only rows that had arrived before the request",
    LeakKind.FITTED: "fit every transformation on the training rows alone",
    LeakKind.IMMATURE: "end the interval earlier, so that every outcome has had its time",
    LeakKind.HIDDEN: "drop the column; shuffle the rows before they are split",
}
"""What a person does about each kind."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One leak: its kind, the column, ``rows`` of ``of`` rows looked at, and why in plain words.

    ``examples`` are a few of the rows.
    """

    kind: LeakKind
    column: str
    reason: str
    rows: int = 0
    of: int = 0
    examples: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)

    @property
    def next_step(self) -> str:
        """What to do about it."""
        return NEXT_STEP[self.kind]

    def __str__(self) -> str:
        share = f" ({self.rows} of {self.of} rows)" if self.of else ""
        return f"{self.column} is {self.kind}: {self.reason}{share}"
