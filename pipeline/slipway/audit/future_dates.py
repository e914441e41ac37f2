"""LeakKind.LATER: dates that lie after their row, and numbers that measure the time until them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.related_columns import explained
from slipway.audit.table import Prepared
from slipway.audit.thresholds import FUTURE_DATES_DELAYS, FUTURE_DATES_PLANNED_US, FUTURE_DATES_ROWS
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 1_440 * MINUTE_US
GRAINS = (DAY_US, 60 * MINUTE_US, 15 * MINUTE_US, 5 * MINUTE_US, MINUTE_US, SECOND_US)
"""How finely times are written: the coarsest of these that all of them are multiples of."""

UNITS = {
    "milliseconds": 1_000,
    "seconds": SECOND_US,
    "minutes": MINUTE_US,
    "hours": 60 * MINUTE_US,
    "days": DAY_US,
}


ASK = (
    "Was it foreseen at the row's time, or seen afterwards? Then neither it nor what is written with"
    " it may be used."
)


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Dates after the row's own time, and numbers that measure the time until one.

    A plan (full five minutes, one of a few delays) is a note. What lies after the row at odd times was
    written when it happened; a number that says when is no earlier known than it.
    """
    if not table.dated:
        return []
    rows = np.linspace(0, table.rows - 1, min(FUTURE_DATES_ROWS, table.rows)).astype(np.int64)
    found: dict[str, Finding] = {}
    for name in table.coded:
        if table.kinds[name] == "time":
            for finding in _later(table, name, rows, knobs):
                known = found.setdefault(finding.column, finding)
                if finding.worse_than(known):
                    found[finding.column] = finding
    return list(found.values())


def _later(table: Prepared, name: str, rows: NDArray[np.int64], knobs: Knobs) -> Iterator[Finding]:
    assert table.time is not None
    when, time = table.values[name][rows], table.time[rows]
    gap = when - time
    known = np.isfinite(gap)
    grain = max(_grain(when[known]), _grain(time))
    after = known & (gap >= grain)
    share = float(after.sum() / max(known.sum(), 1))
    if after.sum() < knobs.after_rows or share <= 1 / 2:
        return
    planned = _planned(when[after], gap[after], knobs)
    kept = (
        "at full five minutes or after delays that a rule sets, as plans do"
        if planned
        else "at odd times"
    )
    grade = Grade.NOTE if planned else Grade.SUSPECT
    yield Finding(
        name,
        LeakKind.LATER,
        grade,
        share / 2,
        f"{share:.1%} of its times lie after the row's own, {kept}",
        ASK,
        {"share": share},
    )
    for other in table.values:
        if other in table.coded and table.kinds[other] == "number":
            yield from _span(table, other, (name, grade), gap, rows, grain, knobs)


def _planned(when: Floats, gap: Floats, knobs: Knobs) -> bool:
    """Whether times [n], or delays ``gap`` after their rows, keep to full five minutes or are few."""
    full = max(float(np.mean(times % FUTURE_DATES_PLANNED_US == 0)) for times in (when, gap))
    _, rows = np.unique(gap // SECOND_US, return_counts=True)
    few = float(np.sort(rows)[-FUTURE_DATES_DELAYS:].sum() / len(gap))
    return max(full, few) >= knobs.plan_share


def _grain(times: Floats) -> int:
    return next((grain for grain in GRAINS if not (times % grain).any()), 1)


def _span(
    table: Prepared,
    name: str,
    date: tuple[str, Grade],
    gap: Floats,
    rows: NDArray[np.int64],
    grain: int,
    knobs: Knobs,
) -> Iterator[Finding]:
    """The number of the units until the date, to rounding: as late as the date. Else related: a note."""
    values, (until, grade) = table.values[name][rows], date
    known = np.isfinite(gap) & np.isfinite(values)
    if known.sum() < knobs.after_rows:
        return
    x, span = values[known], gap[known]
    for said, unit in UNITS.items():
        near = grain + unit
        share = float(np.mean(np.abs(x * unit - span) <= near))
        by_chance = float(np.mean(np.abs(np.roll(x, len(x) // 2) * unit - span) <= near))
        if share >= knobs.span_share and by_chance <= 1 / 2:
            yield Finding(
                name,
                LeakKind.LATER,
                grade,
                share / 2,
                f"it counts the {said} from the row to {until}, to rounding, in {share:.1%} of the rows:"
                " it is known no earlier",
                ASK,
                {"share": share},
            )
            return
    part = explained(gap, table.coded[name].taken(rows))
    if part >= knobs.related_share:
        yield Finding(
            name,
            LeakKind.LATER,
            Grade.NOTE,
            part / 2,
            f"it gives {part:.0%} of the spread of the time until {until}, which lies after the row",
            f"Is it measured together with {until}, or foreseen?",
            {"share": part},
        )
