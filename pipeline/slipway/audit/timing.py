"""LeakKind.LATER and IMMATURE: values dated after their row, and labels that had no time to mature."""

import numpy as np
from numpy.typing import NDArray

from slipway.audit.design import Target
from slipway.audit.digest import mix
from slipway.audit.finding import WHOLE_TABLE, Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.domain.leak import LeakKind
from slipway.stats.label_maturity import Fall, fall

Floats = NDArray[np.float64]
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
WINDOWS = ((0.01, 4), (0.02, 4), (0.03, 4), (0.05, 4), (0.07, 4), (0.1, 4), (0.15, 3))
"""Shares of the rows, at the end, in which labels may be immature, and how many times as many rows
before them they are compared with."""


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Dates after the row's own time, and a label that fades towards the end."""
    if table.time is None:
        return []
    dates = [name for name in table.coded if table.dated and table.kinds[name] == "time"]
    found = [_after(table, name, knobs) for name in dates]
    found.append(_immature(table, knobs))
    return [finding for finding in found if finding is not None]


def _after(table: Prepared, name: str, knobs: Knobs) -> Finding | None:
    """Dates that mostly lie before their row, and sometimes after it, were written later.

    Dates that always lie after it may be plans (a due date), and their power is judged elsewhere.
    """
    assert table.time is not None
    grain = DAY_US if not (table.time % DAY_US).any() else MINUTE_US
    gap = table.values[name] - table.time
    known = np.isfinite(gap)
    rows = int((gap[known] >= grain).sum())
    share = rows / max(int(known.sum()), 1)
    if rows < knobs.after_rows or not knobs.after_share <= share <= 1 / 2:
        return None
    return Finding(
        name,
        LeakKind.LATER,
        Grade.LEAK if share >= knobs.after_leak else Grade.SUSPECT,
        share,
        f"{rows:,} of {int(known.sum()):,} rows ({share:.1%}) carry a time after the row's own, the"
        " others one before it: the value is updated later",
        "Which columns are written together with this time? Join them as they stood at the row's"
        " time.",
        {"rows": rows, "share": share},
    )


def _immature(table: Prepared, knobs: Knobs) -> Finding | None:
    """Whether the label's rate falls at the very end as it never fell before."""
    assert table.time is not None
    target = _waited_for(table)
    # rows of one time may stand in any order in the file
    order = np.lexsort((mix(table.row.astype(np.uint64)), table.time))
    window, found = _deepest(target.yes[order].astype(float), knobs)
    if not window:
        return None
    leak = found.ratio < knobs.immature_leak and found.z < -knobs.immature_sure
    return Finding(
        WHOLE_TABLE,
        LeakKind.IMMATURE,
        Grade.LEAK if leak else Grade.SUSPECT,
        1 - found.ratio,
        f"in the newest {window:.0%} of the rows, {target.name} {found.ratio:.2f} times as often as before"
        f" ({-found.z:.0f} times the usual change): their outcomes may not have come yet",
        "How long after a row may its outcome arrive? End the table that much earlier.",
        {"ratio": found.ratio, "z": found.z},
    )


def _waited_for(table: Prepared) -> Target:
    """The outcome that immature rows lack; of a number, that there is more than its lowest values.

    A season moves all values of a number; what has not come yet is missing, or 0.
    """
    asked = table.design.targets
    number = table.label_values is not None and len(asked) > 1
    return max(asked, key=lambda t: float(t.yes.mean())) if number else asked[0]


def _deepest(yes: Floats, knobs: Knobs) -> tuple[float, Fall]:
    """The window with the worst unusual fall; (0, no fall) where nothing is unusual."""
    worst, at = Fall(0.0, 1.0, 1.0), 0.0
    for window, before in WINDOWS:
        width = int(window * len(yes))
        if width * yes.mean() < knobs.immature_hits:
            continue
        seen = fall(yes, width, before)
        # what fell nearly as deep before is no news
        news = seen.ratio <= min(knobs.immature_ratio, seen.deepest**knobs.immature_depth)
        if news and seen.z <= -knobs.immature_z and seen.z < worst.z:
            worst, at = seen, window
    return at, worst
