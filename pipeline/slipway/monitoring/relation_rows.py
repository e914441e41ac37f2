"""The residuals of a line's matured days, summed by version and by bins of every column."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data import engine
from slipway.domain.line import Line
from slipway.monitoring.collect import AT_ONCE, SCORE, Wanted, ages, day_of, day_rows, wanted
from slipway.monitoring.relation import Place, Sums
from slipway.monitoring.sketch import CountedAs, Ints, coded
from slipway.monitoring.store import Watermark
from slipway.stats.residual_change import Floats, sums_of

BINS = 5
"""Bins of a number, of about equal weight when it was first seen; the rows without it are one more."""
NAMED = 5
"""Values of a category that have a bin each, the most frequent when it was first seen; others share one."""
KEYS = ("version", "requested_at", "arm")


class Bins(NamedTuple):
    """How a column is divided: ``edges`` of a number, or the ``values`` of a category."""

    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bins, with the last one of what is in no other."""
        return len(self.edges) + 2 if self.edges else len(self.values) + 1

    def name(self, at: int) -> str:
        """What a page calls a bin, after the name of its column."""
        if self.values or not self.edges:
            return f"= {self.values[at]}" if at < len(self.values) else "= any other"
        if at > len(self.edges):
            return "missing"
        low = f"{self.edges[at - 1]:.4g}" if at else ""
        high = f"{self.edges[at]:.4g}" if at < len(self.edges) else ""
        return (
            f"from {low} to {high}" if low and high else f"below {high}" if high else f"from {low}"
        )


def columns_of(line: Line) -> tuple[Wanted, ...]:
    """The columns whose relation is followed: all that models may read but texts, and the score."""
    return tuple(c for c in wanted(line, Watermark.ARRIVED) if c.reading is not CountedAs.WORDS)


def sum_days(
    home: Path, line: Line, days: Sequence[datetime], known: Mapping[str, Bins]
) -> tuple[list[Sums], dict[str, Bins]]:
    """The sums of each of ``days`` (UTC, one after the other), and how columns were divided.

    ``known`` divides as before. Rows without a score, and those whose outcome is not known, are in none.
    Raises BadInput for a log that cannot be read.
    """
    con = engine.connect()
    try:
        rows = day_rows(con, home, line, days, Watermark.MATURED, candidates=True)
        asked = columns_of(line)
        names = dict.fromkeys((*KEYS, line.label.name, *(each.name for each in asked)))
        rows = rows.filter(rows[SCORE].notnull() & rows[line.label.name].notnull())
        kept = engine.keep(con, rows.select(*names), home, line)
        bins, found = dict(known), [dict[Place, Floats]() for _ in days]
        for at in range(0, len(asked), AT_ONCE):
            some = asked[at : at + AT_ONCE]
            read = dict.fromkeys((*KEYS, line.label.name, SCORE, *(each.name for each in some)))
            table = engine.fetch(con, kept.select(*read), home, line)
            if table.num_rows:
                _add(table, days, some, line.label.name, bins, found)
        return [dict(day) for day in found], bins
    finally:
        con.disconnect()


def _add(
    table: pa.Table,
    days: Sequence[datetime],
    asked: Sequence[Wanted],
    label: str,
    bins: dict[str, Bins],
    found: Sequence[dict[Place, Floats]],
) -> None:
    """Sum a table's rows into ``found``, by day, version and bin; ``bins`` takes what is new."""
    table = ages(table, asked)
    score, outcome = (table[name].cast(pa.float64()).to_numpy() for name in (SCORE, label))
    day = day_of(table["requested_at"], days[0])
    code, versions = coded(table["version"])
    for each in asked:
        own = bins.setdefault(each.name, divided(table[each.name], each.reading))
        place = (day * len(versions) + code) * own.size + placed(table[each.name], own)
        inside = np.where((code < 0) | (day < 0) | (day >= len(days)), -1, place)
        sums = sums_of(score, outcome, inside, len(days) * len(versions) * own.size)
        for (at, version), part in _parts(sums, len(days), versions.tolist(), own.size):
            if part[:, 0].any():
                found[at][Place(version, each.name)] = part


def _parts(
    sums: Floats, days: int, versions: Sequence[str], bins: int
) -> list[tuple[tuple[int, str], Floats]]:
    shaped = sums.reshape(days, len(versions), bins, -1)
    return [((at, v), shaped[at, k]) for at in range(days) for k, v in enumerate(versions)]


def divided(values: pa.ChunkedArray, reading: CountedAs) -> Bins:
    """How a column is divided by the rows in which it is first seen."""
    if reading is CountedAs.NUMBER:
        given = _numbers(values)
        given = given[np.isfinite(given)]
        if not len(given):
            return Bins(values=())
        edges = np.unique(np.quantile(given, np.arange(1, BINS) / BINS))
        return Bins(edges=tuple(edges.tolist()))
    codes, names = coded(values)
    count = np.bincount(codes[codes >= 0], minlength=len(names))
    return Bins(values=tuple(names[np.argsort(-count, kind="stable")[:NAMED]].tolist()))


def placed(values: pa.ChunkedArray, bins: Bins) -> Ints:
    """The bin of each value int64[n]."""
    if bins.edges:
        numbers = _numbers(values)
        at = np.searchsorted(bins.edges, numbers, side="right").astype(np.int64)
        return np.where(np.isfinite(numbers), at, len(bins.edges) + 1)
    codes, names = coded(values)
    number = {name: at for at, name in enumerate(bins.values)}
    of = np.array([*(number.get(name, len(number)) for name in names.tolist()), len(number)])
    return of[codes]


def _numbers(values: pa.ChunkedArray) -> Floats:
    kind = values.type
    if pa.types.is_timestamp(kind):
        values = values.cast(pa.int64())
    found: Floats = pc.cast(values, pa.float64(), safe=False).to_numpy()
    return found
