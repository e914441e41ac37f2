"""Each exposure counts once, in however many parts of the log it stands: by its request and item.

A part that was restored or imported under a second name holds rows that are there already. The copy that
arrived first counts; of copies that arrived together the smallest by its columns, so that no order
of parts decides. Copies of other content are conflicts: one of them is not what was shown.

Doubles are rare, so they are looked for by hashes alone, and only requests that may have some are
ordered: memory and time of a log without them are those of one count by two numbers. Who keeps the
rows anyhow keeps the hashes beside them, and reads a log without doubles once.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import ibis

from slipway.data import engine
from slipway.domain.events import ARRIVED_AT
from slipway.domain.line import Line

TOP = "_top"
"""Whether a row is the one in which its request counts: its top row, and of several tops one."""
KEYS = ("request_id", "item")
HASHES = ("_exposure", "_top_request")
"""Hashes of the keys, and of a top row's request: columns that are asked whether a value is there twice."""


class Doubles(NamedTuple):
    """Rows that were there already, and exposures whose copies differ in what they say."""

    rows: int
    conflicts: int


def exposures(con: engine.Backend, rows: engine.Table, home: Path, line: Line) -> engine.Table:
    """``rows`` of the log with each exposure once, and whether it is its request's :data:`TOP`."""
    if con.name != engine.DUCKDB:  # where nothing is kept, all rows are ordered
        return _first_copies(rows, KEYS)
    return _resolved(con, rows, KEYS, home, line)[0]


def kept(
    con: engine.Backend,
    rows: engine.Table,
    ask: Callable[[engine.Table], engine.Table],
    home: Path,
    line: Line,
    keys: tuple[str, ...] = KEYS,
) -> tuple[engine.Table, Mapping[datetime, Doubles]]:
    """What ``ask`` makes of :func:`exposures`, kept; and what was left out, by the hour of the request.

    ``ask`` passes on each row and, where they are there, :data:`HASHES`. With ``request_id`` alone as
    ``keys`` rows are requests: their top rows. DuckDB alone.
    """
    found = engine.keep(con, ask(_hashed(rows, keys)), home, line)
    if _seems_single(con, found, home, line):
        return found, {}
    engine.forget(con, found)
    single, suspicious = _resolved(con, rows, keys, home, line)
    found = engine.keep(con, ask(single), home, line)
    if suspicious is None:
        return found, {}
    doubles = engine.fetch(con, _doubles(suspicious, keys), home, line).to_pylist()
    return found, {
        row["hour"].replace(tzinfo=UTC): Doubles(row["rows"], row["conflicts"]) for row in doubles
    }


def _hashed(rows: engine.Table, keys: tuple[str, ...]) -> engine.Table:
    """The rows as they are, their :data:`TOP` and :data:`HASHES`."""
    top, request = rows.position == 1, rows.request_id.hash()
    of_key = request
    for key in keys:
        of_key = of_key if key == "request_id" else of_key ^ rows[key].hash()
    exposure, top_request = HASHES
    return rows.mutate(**{TOP: top, exposure: of_key, top_request: ibis.ifelse(top, request, None)})


def _seems_single(con: engine.Backend, hashed: engine.Table, home: Path, line: Line) -> bool:
    """Whether no hash is there twice: then no key is, and no top of a request."""
    counts = {f"all{name}": hashed[name].count() for name in HASHES}
    different = {f"different{name}": hashed[name].nunique() for name in HASHES}
    (row,) = engine.fetch(con, hashed.aggregate(**counts, **different), home, line).to_pylist()
    return all(row[f"all{name}"] == row[f"different{name}"] for name in HASHES)


def _resolved(
    con: engine.Backend, rows: engine.Table, keys: tuple[str, ...], home: Path, line: Line
) -> tuple[engine.Table, engine.Table | None]:
    """The rows once each, and those of requests that may have doubles (None: there is none)."""
    hashes = engine.keep(con, _suspects(rows, keys), home, line)
    if not engine.fetch(con, hashes.count().as_table(), home, line)[0][0].as_py():
        return rows.mutate(**{TOP: rows.position == 1}), None
    hashed = rows.mutate(_request=rows.request_id.hash())
    suspicious = engine.keep(
        con, hashed.semi_join(hashes, "_request").select(*rows.columns), home, line
    )
    others = hashed.anti_join(hashes, "_request").select(*rows.columns)
    others = others.mutate(**{TOP: others.position == 1})
    return ibis.union(others, _first_copies(suspicious, keys)), suspicious


def _suspects(rows: engine.Table, keys: tuple[str, ...]) -> engine.Table:
    """Hashes of requests of which a key, or the top, seems to be there more than once."""
    hashed = {f"_{key}": rows[key].hash() for key in keys if key != "request_id"}
    narrow = rows.select(_request=rows.request_id.hash(), _place=rows.position, **hashed)
    found = narrow.group_by("_request", *hashed).having(narrow.count() > 1).aggregate()
    if not hashed:
        return found
    tops = narrow.filter(narrow._place == 1).group_by("_request")  # noqa: SLF001 - a column
    several = tops.having(ibis._.count() > 1).aggregate()
    return ibis.union(found.select("_request"), several, distinct=True)


def _order(rows: engine.Table, *first: str) -> list[engine.Table]:
    """By the columns ``first``, then by every other: two rows that are equal in it are equal."""
    names = [*first, *(name for name in rows.columns if name not in first)]
    return [rows[name].asc(nulls_first=True) for name in names]


def _first_copies(rows: engine.Table, keys: tuple[str, ...]) -> engine.Table:
    own = ibis.window(group_by=keys, order_by=_order(rows, ARRIVED_AT))
    request = ibis.window(group_by="request_id")
    ranked = rows.mutate(
        _copy=ibis.row_number().over(own),
        _has_top=(rows.position == 1).max().over(request),
    )
    first = ranked.filter(ranked._copy == 0)  # noqa: SLF001 - a column, as below
    order = _order(first, "position", ARRIVED_AT)
    place = ibis.row_number().over(ibis.window(group_by="request_id", order_by=order))
    top = (place == 0) & first._has_top  # noqa: SLF001
    return first.mutate(**{TOP: top}).select(*rows.columns, TOP)


def _doubles(rows: engine.Table, keys: tuple[str, ...]) -> engine.Table:
    """Copies and conflicts by hour; what a part was written without is no difference."""
    content = {
        name: column.fill_null(float("nan")) if column.type().is_floating() else column
        for name, column in ((name, rows[name]) for name in rows.columns)
        if name not in (ARRIVED_AT, *keys)
    }
    different = rows.select(*keys, **content).distinct().group_by(*keys)
    contents = different.aggregate(contents=ibis._.count())
    copies = rows.group_by(*keys).aggregate(
        copies=rows.count(), hour=rows.requested_at.min().truncate("h")
    )
    both = copies.filter(copies.copies > 1).inner_join(contents, keys)
    return (
        both.group_by("hour")
        .aggregate(
            rows=(both.copies - 1).sum().cast("int64"),
            conflicts=(both.contents > 1).sum().cast("int64"),
        )
        .order_by("hour")
    )
