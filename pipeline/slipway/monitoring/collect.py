"""The sketches of days of a line's log: every column, what was predicted, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data import engine, labels, once, rollup, times
from slipway.domain.columns import Column, DType
from slipway.domain.line import Line
from slipway.domain.origins import ITEM
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.release import Arm
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.sketch import Asked, CountedAs, Ints, Sketch, centre_of, coded, sketches
from slipway.monitoring.store import DAY, Watermark
from slipway.monitoring.streams import ALL

SCORE = "score"
"""The log's column of what was predicted."""
AT_ONCE = 12
"""Columns that are read together: memory does not grow with how many a line has."""
MOST_SEGMENTS = 50
"""Values of a segment's column that are followed: the most frequent of the day."""

_READINGS = {
    DType.NUMBER: CountedAs.NUMBER,
    DType.TIME: CountedAs.NUMBER,  # seconds before the request
    DType.CODE: CountedAs.VALUE,
    DType.CATEGORY: CountedAs.VALUE,
    DType.TEXT: CountedAs.WORDS,
}


class Wanted(NamedTuple):
    """A column to be sketched; of one that belongs to the request a request counts once."""

    name: str
    reading: CountedAs
    of_request: bool
    is_time: bool = False


def wanted(line: Line, known: Watermark) -> tuple[Wanted, ...]:
    """What is sketched of a line's days."""
    if known is Watermark.MATURED:
        binary = line.primary.kind is OutcomeKind.BINARY
        reading = CountedAs.VALUE if binary else CountedAs.NUMBER
        return (Wanted(line.label.name, reading, of_request=False),)
    columns = (_wanted(column) for column in line.columns)
    return (*columns, Wanted(SCORE, CountedAs.NUMBER, of_request=False))


def _wanted(column: Column) -> Wanted:
    reading = _READINGS[DType(column.dtype)]
    return Wanted(column.name, reading, ITEM not in column.entity, column.dtype == DType.TIME)


def sketch_days(
    home: Path,
    line: Line,
    days: Sequence[datetime],
    known: Watermark,
    centres: Mapping[str, float],
    policy: WatchPolicy,
) -> list[dict[tuple[str, str], Sketch]]:
    """The sketches of the rows requested on each of ``days`` (UTC, one after the other), but the candidate's.

    Raises BadInput for a log that cannot be read.
    """
    con = engine.connect()
    try:
        rows = day_rows(con, home, line, days, known)
        asked = wanted(line, known)
        segments = tuple(dict.fromkeys((*line.segments, *line.live_segments)))
        always = (*segments, "requested_at", once.TOP)
        names = dict.fromkeys((*always, *(each.name for each in asked)))
        kept = engine.keep(con, rows.select(*names), home, line)
        found: list[dict[tuple[str, str], Sketch]] = [{} for _ in days]
        for at in range(0, len(asked), AT_ONCE):
            some = asked[at : at + AT_ONCE]
            read = dict.fromkeys((*always, *(each.name for each in some)))
            table = engine.fetch(con, kept.select(*read), home, line)
            for day, place, sketch in sketch_table(table, days, some, segments, centres, policy):
                found[day][place] = sketch
        return found
    finally:
        con.disconnect()


def day_rows(
    con: engine.Backend,
    home: Path,
    line: Line,
    days: Sequence[datetime],
    known: Watermark,
    *,
    candidates: bool = False,
) -> engine.Table:
    """What counts of the days, whenever it is asked: what came later than is waited for does not.

    The candidate's rows are left out unless ``candidates`` are wanted.
    """
    wait = line.maturity if known is Watermark.MATURED else rollup.GRACE
    window = {"requested_from": days[0], "requested_to": days[-1] + DAY}
    cut = days[-1] + DAY + wait + engine.TICK
    rows = engine.exposures(con, home, line, arrived_before=cut, **window)
    late = ibis.interval(microseconds=(DAY + wait) // engine.TICK)
    rows = rows.filter(rows.arrived_at <= rows.requested_at.truncate("D") + late)
    rows = once.exposures(con, rows, home, line)
    if known is Watermark.MATURED:
        rows = labels.labelled_by(con, home, line, line.primary, rows, cut=cut, **window)
    return rows if candidates else rows.filter(rows.arm != Arm.CANDIDATE.value)


def sketch_table(
    table: pa.Table,
    days: Sequence[datetime],
    asked: Sequence[Wanted],
    segments: Sequence[str],
    centres: Mapping[str, float],
    policy: WatchPolicy,
) -> Iterator[tuple[int, tuple[str, str], Sketch]]:
    """The sketches of rows that have :data:`once.TOP`: number of the day, column and segment, sketch."""
    for of_request in (True, False):
        chosen = [each for each in asked if each.of_request is of_request]
        part = table.filter(table[once.TOP]) if of_request else table
        if chosen and part.num_rows:
            part = ages(part, chosen)
            known = [
                Asked(each.name, each.reading, _centre(part, each, centres)) for each in chosen
            ]
            day = day_of(part["requested_at"], days[0])
            for segment, group, names in _groups(part, segments):
                width = max(1, len(names))
                both = np.where(group < 0, -1, day * width + group)
                for place, sketch in sketches(
                    part,
                    known,
                    both,
                    width * len(days),
                    most=policy.table,
                    word_rows=policy.word_rows,
                ):
                    at, value = divmod(place, width)
                    name = f"{segment}={names[value]}" if segment else ALL
                    yield at, (sketch.asked.name, name), sketch


def day_of(at: pa.ChunkedArray, first: datetime) -> Ints:
    """The number of the day of each time, from the ``first`` midnight."""
    came = at.cast(pa.int64()).to_numpy()
    found: Ints = (came - times.micros(first)) // (DAY // engine.TICK)
    return found


def ages(table: pa.Table, asked: Sequence[Wanted]) -> pa.Table:
    """Times as seconds before the request."""
    for each in asked:
        if each.is_time:
            age = pc.subtract(table["requested_at"], table[each.name]).cast(pa.int64())
            seconds = pc.divide(age.cast(pa.float64()), 1e6)
            table = table.set_column(table.schema.get_field_index(each.name), each.name, seconds)
    return table


def _centre(table: pa.Table, each: Wanted, centres: Mapping[str, float]) -> float:
    if each.reading is not CountedAs.NUMBER:
        return 0.0
    return centres[each.name] if each.name in centres else centre_of(table[each.name])


def _groups(table: pa.Table, segments: Sequence[str]) -> Iterator[tuple[str, Ints, list[str]]]:
    """All rows as one group, then those of each segment's most frequent values; -1: in none."""
    yield "", np.zeros(table.num_rows, np.int64), []
    for segment in segments:
        codes, names = coded(table[segment])
        count = np.bincount(codes[codes >= 0], minlength=len(names))
        chosen = np.sort(np.argsort(-count, kind="stable")[:MOST_SEGMENTS])
        number = np.full(len(names) + 1, -1)
        number[chosen] = np.arange(len(chosen))
        if len(chosen):
            yield segment, number[codes], [str(name) for name in names[chosen]]
