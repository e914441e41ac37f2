"""LeakKind.LOOK_AHEAD: one event in several rows, of which each takes the one before for an earlier event."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit import digest
from slipway.audit.finding import WHOLE_TABLE, Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    REPEATED_EVENTS_BEYOND,
    REPEATED_EVENTS_FEW_VALUES,
    REPEATED_EVENTS_FEWEST,
    REPEATED_EVENTS_HELD,
    REPEATED_EVENTS_LEAST_SHARE,
    REPEATED_EVENTS_MORE,
    REPEATED_EVENTS_ONE_LABEL,
)
from slipway.domain.leak import LeakKind

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


ASK = "Does a join repeat each event, once per item of it? Take one row per event before the past is computed."


class Events(NamedTuple):
    """Events in several rows: ``rows`` in file order within each event, ``event`` their codes, ``by`` the entity.

    ``alone`` are the rows of all other events.
    """

    by: str
    rows: Codes
    event: Codes
    alone: Codes

    @property
    def many(self) -> int:
        """How many there are."""
        return int(self.event[-1]) + 1

    def sums(self, values: NDArray[np.bool_] | Floats) -> Floats:
        """Sums over each event's rows of ``values`` [rows of the table]."""
        found: Floats = np.bincount(self.event, values[self.rows].astype(float), self.many).astype(
            float
        )
        return found


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Events that stand in several rows (a note), and features of the past that are their own label there."""
    events = next(_events(table), None)
    if events is None:
        return []
    names = [n for n in table.coded if n not in (table.group_name, events.by)]
    found = [finding for name in names if (finding := _own_label(table, events, name, knobs))]
    return [_several(table, events, found), *found]


def _events(table: Prepared) -> Iterator[Events]:
    """Rows of one entity, time and label; the entity is the named group, or a column that makes them one."""
    if table.time is None:
        return
    _, time, count = np.unique(table.time, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(count[time] > 1)
    if len(shared) < REPEATED_EVENTS_LEAST_SHARE * table.rows:
        return
    if table.group is not None:
        codes = {table.group_name: table.group}
    else:
        codes = {n: c.code.astype(np.int64) for n, c in table.coded.items() if not c.ordered}
    for name, code in codes.items():
        events = _grouped(
            name, digest.of_rows([code[shared], time[shared]], len(shared)), shared, table
        )
        if events is not None and _one_label(table, events, code):
            yield events


def _grouped(name: str, key: digest.Digest, shared: Codes, table: Prepared) -> Events | None:
    """Events of equal ``key`` [m] among the rows ``shared`` [m] whose time is not theirs alone."""
    _, event, count = np.unique(key, return_inverse=True, return_counts=True)
    several = shared[count[event] > 1]
    if (
        np.count_nonzero(count > 1) < REPEATED_EVENTS_FEWEST
        or len(several) < REPEATED_EVENTS_LEAST_SHARE * table.rows
    ):
        return None
    event = event[count[event] > 1]
    order = np.lexsort((table.row[several], event))
    _, dense = np.unique(event[order], return_inverse=True)
    alone = np.ones(table.rows, dtype=bool)
    alone[several] = False
    return Events(name, several[order], dense.astype(np.int64), np.flatnonzero(alone))


def _one_label(table: Prepared, events: Events, code: Codes) -> bool:
    """Whether rows of an event hold one label, as those of neighbouring events do not."""
    assert table.time is not None
    yes = table.design.targets[0].yes
    hits, size = events.sums(yes), np.bincount(events.event)
    within = float(np.mean((hits == 0) | (hits == size)))
    if within < REPEATED_EVENTS_ONE_LABEL:
        return False
    order = np.lexsort((table.time, code))
    here, there = order[:-1], order[1:]
    near = (code[here] == code[there]) & (table.time[here] != table.time[there])
    rate = float(yes.mean())
    across = float(np.mean(yes[here] == yes[there], where=near)) if near.any() else 0.0
    across = max(across, rate**2 + (1 - rate) ** 2)
    return within - across >= REPEATED_EVENTS_BEYOND * (1 - across)


def _several(table: Prepared, events: Events, found: list[Finding]) -> Finding:
    share = len(events.rows) / table.rows
    differ = [n for n in table.coded if _differs(table, events, n) >= REPEATED_EVENTS_HELD]
    torn = 0
    if table.sides is not None:
        side = table.sides.code[events.rows]
        first = np.searchsorted(events.event, np.arange(events.many))
        torn = int(np.count_nonzero(np.bincount(events.event, side != side[first][events.event])))
    names = ", ".join(differ[:3]) or "little"
    grade = Grade.SUSPECT if found or torn else Grade.NOTE
    return Finding(
        WHOLE_TABLE,
        LeakKind.OVERLAP,
        grade,
        share,
        f"{events.many:,} events stand in several rows ({share:.1%} of the rows): of one {events.by},"
        f" time and label, and differ in {names}"
        + (f"; {torn:,} of them lie on both sides of the split" if torn else ""),
        ASK,
        {"events": events.many, "share": share, "torn": torn},
    )


def _differs(table: Prepared, events: Events, name: str) -> float:
    """Share of events whose rows differ in a column."""
    code = table.coded[name].code[events.rows]
    moves = (events.event[1:] == events.event[:-1]) & (code[1:] != code[:-1])
    return float(np.mean(np.bincount(events.event[1:], moves, events.many) > 0))


def _own_label(table: Prepared, events: Events, name: str, knobs: Knobs) -> Finding | None:
    share, usual = max(_as_label(table, events, name), _as_sum(table, events, name))
    errors = knobs.z_power * float(np.sqrt(max(usual * (1 - usual), 1e-4) / events.many))
    if share < REPEATED_EVENTS_HELD or share < usual + max(REPEATED_EVENTS_MORE, errors):
        return None
    return Finding(
        name,
        LeakKind.LOOK_AHEAD,
        Grade.LEAK,
        share,
        f"where an event stands in several rows, it holds the row's own label in {share:.1%} of them"
        f" ({usual:.1%} elsewhere): each row takes the one before for an earlier {events.by}'s event",
        ASK,
        {"share": share, "usual": usual},
    )


def _as_label(table: Prepared, events: Events, name: str) -> tuple[float, float]:
    """Share of events in which all rows but one hold a value that stands for their label; rows alone that do."""
    coded, yes = table.coded[name], table.design.targets[0].yes
    if coded.size > REPEATED_EVENTS_FEW_VALUES or not _differs(table, events, name):
        return 0.0, 1.0
    n = np.bincount(coded.code[events.rows], minlength=coded.size)
    hits = np.bincount(coded.code[events.rows], yes[events.rows], coded.size)
    same = (hits * 2 > n)[coded.code] == yes
    held = events.sums(same) >= np.bincount(events.event) - 1
    return float(held.mean()), float(same[events.alone].mean()) if len(events.alone) else 0.5


def _as_sum(table: Prepared, events: Events, name: str) -> tuple[float, float]:
    """Share of events in which a number rises from row to row where the label is yes, and not where it is no."""
    if name not in table.values or table.kinds[name] == "time":
        return 0.0, 1.0
    value, yes = table.values[name][events.rows], table.design.targets[0].yes[events.rows]
    inside = events.event[1:] == events.event[:-1]
    step, outcome = np.diff(value)[inside], yes[1:][inside]
    step, outcome = step[np.isfinite(step)], outcome[np.isfinite(step)]
    if not (step > 0).any() or len(step) < REPEATED_EVENTS_FEWEST:
        return 0.0, 1.0
    moved = float(np.mean((step > 0) == outcome))
    spread = float(np.mean((step != 0) == outcome))
    return max(moved, spread), max(float(outcome.mean()), 1 - float(outcome.mean()))
