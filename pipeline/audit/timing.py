"""Kinds b and i: values dated after their row, and labels that had no time to mature."""

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.finding import WHOLE_TABLE, Finding, Grade
from pipeline.audit.knobs import Knobs
from pipeline.audit.table import Prepared

Floats = NDArray[np.float64]
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
WINDOWS = (0.01, 0.02, 0.05)
"""Shares of the rows, at the end, in which labels may be immature."""

NORMAL_MAD = 1.4826


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Dates after the row's own time, and a label that fades towards the end."""
    if table.time is None:
        return []
    found = [_after(table, name, knobs) for name in table.coded if table.kinds[name] == "time"]
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
        name, "b", Grade.LEAK if share >= knobs.after_leak else Grade.SUSPECT, share,
        f"{rows:,} of {int(known.sum()):,} rows ({share:.1%}) carry a time after the row's own, the"
        " others one before it: the value is updated later",
        "Which columns are written together with this time? Join them as they stood at the row's"
        " time.",
        {"rows": rows, "share": share},
    )  # fmt: skip


def _immature(table: Prepared, knobs: Knobs) -> Finding | None:
    """Whether the label's rate falls at the very end as it never fell before."""
    assert table.time is not None
    target = table.design.targets[0]
    yes = target.yes[np.argsort(table.time, kind="stable")].astype(float)
    worst = (0.0, 1.0, 0.0)
    # what fell as deep before is no news
    for window in WINDOWS:
        width = int(window * len(yes))
        if width * yes.mean() < knobs.immature_hits:
            continue
        z, ratio, deepest = fading(yes, width)
        if ratio > deepest**knobs.immature_depth:
            continue
        worst = min(worst, (z, ratio, window))
    z, ratio, window = worst
    if z > -knobs.immature_z or ratio > knobs.immature_ratio:
        return None
    return Finding(
        WHOLE_TABLE, "i", Grade.LEAK if ratio < knobs.immature_leak else Grade.SUSPECT, 1 - ratio,
        f"in the newest {window:.0%} of the rows, {target.name} {ratio:.2f} times as often as before"
        f" ({-z:.0f} times the usual change): their outcomes may not have come yet",
        "How long after a row may its outcome arrive? End the table that much earlier.",
        {"ratio": ratio, "z": z},
    )  # fmt: skip


def fading(yes: Floats, width: int) -> tuple[float, float, float]:
    """Change of the rate in the last ``width`` rows: robust z, ratio, and the lowest ratio before.

    Each stretch of ``width`` rows is compared with the four before it; what the earlier ends of the
    history did says what is usual. Counts get one half, so that no rate is 0.
    """
    parts = len(yes) // width
    hits = yes[len(yes) - parts * width :].reshape(parts, width).sum(axis=1)
    before = np.array([hits[k - BEFORE : k].mean() for k in range(BEFORE, parts)])
    change = np.log((hits[BEFORE:] + 0.5) / (before + 0.5))
    usual, last = change[:-1], float(change[-1])
    if len(usual) < BEFORE:
        return 0.0, 1.0, 0.0
    middle = float(np.median(usual))
    chance = np.sqrt((1 + 1 / BEFORE) / max(float(np.median(hits)), 1.0))
    spread = max(NORMAL_MAD * float(np.median(np.abs(usual - middle))), float(chance))
    return (last - middle) / spread, float(np.exp(last)), float(np.exp(usual.min()))


BEFORE = 4
