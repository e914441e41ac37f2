"""LeakKind.OVERLAP: one group on two sides of the split, or sides that lie in the wrong order of time."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import WHOLE_TABLE, Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.split_sides import SidePair
from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    SHARED_GROUPS_BEGUN,
    SHARED_GROUPS_IN_ORDER,
    SHARED_GROUPS_STRAY_ROWS,
    SHARED_GROUPS_STRAY_SHARE,
)
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]


ASK_TIME = "Will the model be used on rows later than all it has learned? Then split by time."


def judge(table: Prepared, _knobs: Knobs) -> list[Finding]:
    """Groups on any two sides, and sides whose times contradict what they are for: the worst of each."""
    if table.sides is None:
        return []
    pairs = list(table.sides.pairs())
    found = worst_of(_groups(table, pair) for pair in pairs)
    if table.time is not None and table.split_name:
        found += worst_of(_times(table.time, pair) for pair in pairs)
    return found


def worst_of(findings: Iterable[Finding | None]) -> list[Finding]:
    """The gravest finding over all pairs of sides; [] if there is none."""
    some = [finding for finding in findings if finding is not None]
    return [max(some, key=lambda f: (f.grade, f.strength))] if some else []


def _groups(table: Prepared, pair: SidePair) -> Finding | None:
    if table.group is None:
        return None
    both = np.isin(table.group[pair.late], table.group[pair.early])
    share = float(both.mean())
    if share == 0:
        return None
    grade = Grade.SUSPECT if table.split_name else Grade.NOTE
    return Finding(
        WHOLE_TABLE,
        LeakKind.OVERLAP,
        grade,
        share,
        f"{share:.1%} of the {pair.late_name} rows belong to a {table.group_name} that is in"
        f" {pair.early_name}, too",
        f"Will the model meet the same {table.group_name} again? If not, split by it.",
        {"share": share},
    )


def _times(time: Floats, pair: SidePair) -> Finding | None:
    early, late = np.sort(time[pair.early]), np.sort(time[pair.late])
    below = np.searchsorted(early, late, side="left") + np.searchsorted(early, late, side="right")
    ahead = float(below.mean() / (2 * len(early)))
    begun = late[int(SHARED_GROUPS_BEGUN * len(late))]
    stray = float(np.mean(early > begun))
    early_name, late_name = pair.early_name, pair.late_name
    numbers = {"later": ahead, "stray": stray}
    if ahead <= 1 - SHARED_GROUPS_IN_ORDER:
        said = f"the {late_name} rows lie before the {early_name} rows: the model learns from their future"
        return Finding(
            WHOLE_TABLE, LeakKind.OVERLAP, Grade.SUSPECT, 1 - ahead, said, ASK_TIME, numbers
        )
    if stray * len(early) < SHARED_GROUPS_STRAY_ROWS or stray < SHARED_GROUPS_STRAY_SHARE:
        return None
    torn = ahead >= SHARED_GROUPS_IN_ORDER
    return Finding(
        WHOLE_TABLE,
        LeakKind.OVERLAP,
        Grade.SUSPECT if torn else Grade.NOTE,
        stray,
        f"{stray:.1%} of the {early_name} rows lie in the time of the {late_name} rows or after it"
        + (", though the split is one by time" if torn else ""),
        ASK_TIME,
        numbers,
    )
