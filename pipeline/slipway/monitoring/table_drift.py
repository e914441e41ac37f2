"""The drift of any table with times: its columns by period, judged as a line's own log is.

Nothing is declared: numbers, categories and texts are told apart by the table itself, periods by its span.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from slipway.audit import table_errors
from slipway.domain.errors import BadInput
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring import table_periods, table_source
from slipway.monitoring.drift import judge
from slipway.monitoring.notes import DriftReport, report
from slipway.monitoring.sketch import Asked, CountedAs, Ints, Sketch, centre_of, coded, sketches
from slipway.monitoring.slots import followed, gaps, period_distances
from slipway.monitoring.streams import ALL, VOLUME
from slipway.monitoring.table_periods import Periods
from slipway.monitoring.table_source import NO_TIME, Read, Source

MOST_SEGMENTS = 50
"""Values of a segment's column that are followed: the most frequent."""
ROWS = re.compile(r"\s*(\d+)\s*(rows?)?\s*")


class Wish(NamedTuple):
    """What is asked of a table: the column ``at`` of its times (empty: its order), periods ``every`` so long.

    ``segments`` are columns whose values are followed apart, ``words`` are columns of texts, ``left_out`` are
    watched by nobody.
    """

    at: str = ""
    every: str = ""
    segments: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class EmptySlot(NamedTuple):
    """A slot of a period with next to none of its usual rows."""

    period: str
    slot: int
    rows: int
    usual: float


@dataclass(frozen=True, slots=True)
class TableDrift:
    """What is known of a table: its periods, how its columns were read, what moved, and what is not there."""

    every: str
    rows: int
    without_time: int
    outside: int
    columns: dict[str, str]
    drift: DriftReport
    gaps: tuple[EmptySlot, ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self) | {"gaps": [gap._asdict() for gap in self.gaps]}

    @property
    def is_quiet(self) -> bool:
        """Whether nothing moved, ever, and no rows are missing."""
        return not (self.drift.notes or self.gaps or self.drift.unseen)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said of it, one line each, the oldest first."""
        told = [
            f"{note.since}: {note.words}{f' (until {note.closed})' if note.closed else ''}"
            for note in sorted(self.drift.notes, key=lambda note: _place(self.drift, note.since))
        ]
        told += [
            f"{gap.period}: {gap.rows} rows in slot {gap.slot + 1} of the period, usual are {gap.usual:g}"
            for gap in self.gaps
        ]
        told += [f"{period}: too few rows to compare" for period in self.drift.unseen]
        if self.drift.not_known:
            told.append(f"not known yet: {', '.join(self.drift.not_known)}")
        if self.without_time:
            told.append(
                f"{self.without_time} of {self.rows} rows have no time and are in no period"
            )
        periods = len(self.drift.periods)
        return tuple(told) or (
            f"nothing moved beyond its own noise in {periods} periods of {self.every}",
        )


def _place(drift: DriftReport, period: str) -> int:
    return drift.periods.index(period)


def watch_table(table: table_source.Table, wish: Wish, policy: WatchPolicy) -> TableDrift:
    """Judge every whole period of a table; raises BadInput for what cannot be read or divided.

    Memory is that of a few columns, whatever their number.
    """
    source = table_source.opened(table)
    periods, without_time = _periods(source, wish, policy)
    out = [name for name in (wish.at, *wish.left_out) if name]
    read = table_source.columns(source, out, wish.words)
    slots, seen = _sketched(source, read, wish, periods, policy), len(read) + 1
    numbered = dict(enumerate(slots))
    length = periods.calendar.length
    starts = range(0, periods.slots, length)
    streams = followed([period_distances(at, numbered, policy, periods.calendar) for at in starts])
    names = {(name, ALL): name for name in (VOLUME, *(column.name for column in read))}
    inside = int((periods.slot >= 0).sum())
    return TableDrift(
        periods.every,
        source.rows,
        without_time,
        source.rows - without_time - inside,
        {column.name: column.reading.value for column in read},
        report(source.name, judge(streams, policy, columns=seen), periods.begins, names),
        tuple(
            EmptySlot(periods.begins[at // length], slot - at, rows, usual)
            for at in starts
            for slot, rows, usual in gaps(at, numbered, policy, periods.calendar)
        ),
    )


def _periods(source: Source, wish: Wish, policy: WatchPolicy) -> tuple[Periods, int]:
    rows = ROWS.fullmatch(wish.every)
    if wish.at:
        at = table_source.times(source, wish.at)
        if at is not None and not rows:
            known = at != NO_TIME
            if not known.any():
                raise _no_times(source)
            return table_periods.of_times(at, wish.every, known, policy), int((~known).sum())
    if wish.every and not rows:
        raise BadInput(
            "--every",
            found=wish.every,
            expected="a number of rows where there are no times",
            next_step="name the column of times with --at",
        )
    rank = table_source.order(source, wish.at)
    ordered = int((rank >= 0).sum())
    if not ordered:
        raise _no_times(source)
    count = int(rows[1]) if rows else max(policy.least_rows, ordered // BLOCKS)
    return table_periods.of_rows(rank, max(1, count)), source.rows - ordered


def _no_times(source: Source) -> BadInput:
    return BadInput(
        f"times of {source.name}",
        found="none",
        expected="a time in some row",
        next_step="name another column with --at",
    )


BLOCKS = 52
"""Blocks that a table without times is divided into."""


def _sketched(
    source: Source, read: Sequence[Read], wish: Wish, periods: Periods, policy: WatchPolicy
) -> list[dict[tuple[str, str], Sketch]]:
    """The sketches of each slot, by column and segment; one column is read at a time."""
    table_errors.require(source.name, source.types, wish.segments)
    found: list[dict[tuple[str, str], Sketch]] = [{} for _ in range(periods.slots)]
    segments = list(_segments(source, wish.segments))
    for column in read:
        values = source.values(column)
        centre = centre_of(values) if column.reading is CountedAs.NUMBER else 0.0
        asked = Asked(column.name, column.reading, centre)
        for segmented, group, names in segments:
            if column.name == segmented:
                continue  # a segment is one value of itself
            for slot, segment, sketch in _grouped(values, asked, group, names, periods, policy):
                found[slot][column.name, segment] = sketch
    return found


def _grouped(
    values: pa.ChunkedArray,
    asked: Asked,
    group: Ints | None,
    names: Sequence[str],
    periods: Periods,
    policy: WatchPolicy,
) -> Iterator[tuple[int, str, Sketch]]:
    width = len(names)
    place, groups = periods.slot, periods.slots * width
    if group is not None:
        place = np.where((periods.slot < 0) | (group < 0), -1, periods.slot * width + group)
    made = sketches(
        pa.table({asked.name: values}),
        [asked],
        place,
        groups,
        most=policy.table,
    )
    for at, sketch in made:
        slot, name = divmod(at, width)
        yield slot, names[name], sketch


def _segments(
    source: Source, wanted: Sequence[str]
) -> Iterator[tuple[str | None, Ints | None, list[str]]]:
    """All rows, then the most frequent values of each segment's column: the column, rows' groups, and labels."""
    yield None, None, [ALL]
    for name in wanted:
        codes, values = coded(source.column(f"CAST({table_source.quoted(name)} AS VARCHAR)"))
        count = np.bincount(codes[codes >= 0], minlength=len(values))
        chosen = np.sort(np.argsort(-count, kind="stable")[:MOST_SEGMENTS])
        number = np.full(len(values) + 1, -1)
        number[chosen] = np.arange(len(chosen))
        if len(chosen):
            yield name, number[codes], [f"{name}={values[k]}" for k in chosen.tolist()]
