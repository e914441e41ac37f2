"""Means over lists as guardrails: declared in a line's policy, measured by its rollups."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from slipway.domain.config import check_knobs, knob
from slipway.domain.errors import BadConfig

OTHERS = ("clicks", "errors")


class PerList(StrEnum):
    """How the values of a column on one list become one amount."""

    SUM = "sum"
    MEAN = "mean"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class Mean:
    """A guardrail that is a mean over lists: what is measured, and how much of it may be lost.

    One list counts for ``cap`` at most (and no less than -``cap``), in the column's unit, so that no user
    decides by one amount. ``column`` is one of the line's features as served, or its label. Harm beyond any doubt returns
    the release; for full release a loss of ``margin`` must be excluded.
    """

    name: str
    column: str
    per_list: PerList
    margin: float = knob(
        0.05, unit="relative effect", about="0.05 means 5 % of the control's mean", above=0, below=1
    )
    more_is_better: bool = True
    cap: float | None = None

    def __post_init__(self) -> None:
        check_knobs(self, f"policy.means.{self.name}")
        if self.cap is not None and not 0 < self.cap < math.inf:
            raise BadConfig(
                f"policy.means.{self.name}.cap",
                found=self.cap,
                expected="above 0 and finite, in the column's unit, or none",
                next_step="say what one list counts at most: an amount without end decides alone",
            )


def check_means(means: Sequence[Mean]) -> None:
    """Raise BadConfig where people could not tell two members of the family apart by their labels."""
    for name, times in Counter(mean.name for mean in means).items():
        taken = name in OTHERS or name.startswith("latency") or "=" in name
        if taken or times > 1 or not name.strip():
            raise BadConfig(
                "policy.means",
                found=name,
                expected="a name of its own: not that of clicks, errors, a latency or a segment",
                next_step="rename the mean",
            )
