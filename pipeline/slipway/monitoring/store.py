"""Where sketches of days and distances of weeks are kept: beside the rollups, in parts that never change.

``arrived`` days are sketched as soon as the log is sealed beyond them, ``matured`` ones once every outcome
of theirs has arrived. A week begins on Monday (UTC) and is made of whole days.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from slipway.data import part_chain
from slipway.data.part_chain import PartChain
from slipway.data.schema import TIME
from slipway.domain.line import Line
from slipway.monitoring.sketch import Asked, CountedAs, Sketch
from slipway.monitoring.slots import Distances, Places
from slipway.monitoring.streams import Sense, Stream
from slipway.stats.distribution_shift import Shift

LAYOUT, WEEKS_LAYOUT = 1, 2
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
_NUMBERS = ("rows", "missing", "cut", "rest")

SKETCHES = pa.schema(
    [
        pa.field("hour", TIME, nullable=False),  # the day's first
        pa.field("column", pa.string(), nullable=False),
        pa.field("segment", pa.string(), nullable=False),
        pa.field("reading", pa.string(), nullable=False),
        pa.field("centre", pa.float64(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in _NUMBERS),
        pa.field("cells", pa.list_(pa.int32())),  # of numbers
        pa.field("values", pa.list_(pa.string())),  # of categories and texts
        pa.field("counts", pa.list_(pa.int64()), nullable=False),
    ]
)
DISTANCES = pa.schema(
    [
        pa.field("hour", TIME, nullable=False),  # the week's first
        pa.field("column", pa.string(), nullable=False),
        pa.field("segment", pa.string(), nullable=False),
        pa.field("sense", pa.string(), nullable=False),
        pa.field("part", pa.string(), nullable=False),  # a bin of the column; "": all of it
        pa.field("value", pa.float64(), nullable=False),
        pa.field("error", pa.float64(), nullable=False),
    ]
)


class Watermark(StrEnum):
    """What must be known of a day before it is sketched."""

    ARRIVED = "arrived"
    MATURED = "matured"


def days(home: Path, line: Line, known: Watermark) -> PartChain:
    """The chain of days with their sketches (table ``sketches``)."""
    return PartChain(home / "rollups" / line.name / f"watch-{known}-days-{LAYOUT}")


def weeks(home: Path, line: Line, known: Watermark) -> PartChain:
    """The chain of weeks with their distances (table ``distances``)."""
    return PartChain(home / "rollups" / line.name / f"watch-{known}-weeks-{WEEKS_LAYOUT}")


def monday(at: datetime) -> datetime:
    """The first midnight of a Monday (UTC) at or after a midnight."""
    return at + timedelta(days=-at.weekday() % 7)


def names_of(days: Iterable[datetime]) -> tuple[str, ...]:
    """What periods are called: the day on which each begins."""
    return tuple(f"{day:%Y-%m-%d}" for day in days)


def commit_day(chain: PartChain, day: datetime, places: Places) -> None:
    """Keep the sketches of a day, also of one without rows."""
    rows = [_row(day, place, sketch) for place, sketch in places.items()]
    chain.commit(chain.part(day, day + DAY), {"sketches": pa.Table.from_pylist(rows, SKETCHES)})


def commit_week(chain: PartChain, begin: datetime, found: Distances) -> None:
    """Keep the distances of a week, also of one that has none."""
    rows = [
        {
            "hour": begin,
            "column": s.column,
            "segment": s.segment,
            "sense": s.sense.value,
            "part": s.part,
            "value": shift.value,
            "error": shift.se,
        }
        for s, shift in found.items()
    ]
    table = pa.Table.from_pylist(rows, DISTANCES)
    chain.commit(chain.part(begin, begin + WEEK), {"distances": table})


def read_days(chain: PartChain, begin: datetime, end: datetime) -> dict[datetime, Places]:
    """The sketches of each day in ``[begin, end)``; raises BadInput naming a damaged part."""
    table = part_chain.read(chain.between(begin, end), "sketches", SKETCHES)
    found: dict[datetime, dict[tuple[str, str], Sketch]] = {}
    for row in table.to_pylist():
        if begin <= row["hour"] < end:
            found.setdefault(row["hour"], {})[row["column"], row["segment"]] = _sketch(row)
    return dict(found)


def read_weeks(chain: PartChain, begin: datetime, end: datetime) -> dict[datetime, Distances]:
    """The distances of each committed week in ``[begin, end)``; raises BadInput as :func:`read_days`."""
    wanted = chain.between(begin, end)
    found: dict[datetime, dict[Stream, Shift]] = {part.begin: {} for part in wanted}
    for row in part_chain.read(wanted, "distances", DISTANCES).to_pylist():
        stream = Stream(row["column"], row["segment"], Sense(row["sense"]), row["part"])
        found[row["hour"]][stream] = Shift(row["value"], row["error"])
    return dict(found)


def centres(places: Iterable[Places]) -> dict[str, float]:
    """Where the numbers of each column were told apart most closely: it stays, so that counts add up."""
    return {sketch.asked.name: sketch.asked.centre for slot in places for sketch in slot.values()}


def _row(day: datetime, place: tuple[str, str], sketch: Sketch) -> Mapping[str, Any]:
    number = sketch.asked.reading is CountedAs.NUMBER
    return {
        "hour": day,
        "column": place[0],
        "segment": place[1],
        "reading": sketch.asked.reading.value,
        "centre": sketch.asked.centre,
        **{name: getattr(sketch, name) for name in _NUMBERS},
        "cells": sketch.keys if number else None,
        "values": None if number else sketch.keys,
        "counts": sketch.counts,
    }


def _sketch(row: Mapping[str, Any]) -> Sketch:
    reading = CountedAs(row["reading"])
    number = reading is CountedAs.NUMBER
    keys = np.array(row["cells"], np.int64) if number else np.array(row["values"], object)
    return Sketch(
        Asked(row["column"], reading, row["centre"]),
        row["rows"],
        row["missing"],
        keys,
        np.array(row["counts"], np.int64),
        row["cut"],
        row["rest"],
    )
