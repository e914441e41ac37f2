"""Rows of the log become blocks and users: counts only, so no order or thread changes them."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from slipway.data import engine, once, users_sums
from slipway.data.schema import (
    ARRIVED_BLOCKS,
    ARRIVED_USERS,
    HISTOGRAM,
    OUTCOME_COUNTS,
    REQUEST_COUNTS,
    ROLLUP_BLOCKS,
    rollup_users,
)
from slipway.data.user_caps import Earlier, Usual, bounded
from slipway.domain.blocks import BLOCK_MINUTES
from slipway.domain.line import Line
from slipway.stats.histogram import BUCKETS, LATENCY_EDGES_MS

ALL = "all"
_KEYS = ["block_start", "epoch", "stage", "arm", "version"]
_REQUEST_COUNTS = ["requests", "fallbacks", "shadow_requests", "shadow_errors"]
_HISTOGRAMS = {"latency_hist": "latency_ms", "shadow_latency_hist": "shadow_latency_ms"}


class Sums(NamedTuple):
    """Sums of blocks and of users, and what was usual among the control's users, by day."""

    blocks: pa.Table
    users: pa.Table
    usual: Usual


def arrived(
    con: engine.Backend, kept: engine.Table, home: Path, line: Line, earlier: Earlier
) -> Sums:
    """Tables of schema ``ARRIVED_BLOCKS`` and ``ARRIVED_USERS``, ordered by their keys.

    ``kept`` is :func:`of_requests` of those of :func:`timely_requests`, each once.
    """
    users, usual = bounded(con, kept, users_sums.visits, REQUEST_COUNTS, earlier, home, line)
    counts = kept.group_by(*_KEYS).aggregate(**_totals(kept, _REQUEST_COUNTS)).order_by(*_KEYS)
    counted = engine.fetch(con, counts, home, line).to_pandas()
    columns = {name: _lists(grid) for name, grid in _grids(con, kept, counted, home, line).items()}
    plain = {
        field.name: pa.array(counted[field.name], field.type)
        for field in ARRIVED_BLOCKS
        if field.name not in columns
    }
    blocks = pa.table({**plain, **columns})
    return Sums(
        _as_schema(blocks, ARRIVED_BLOCKS),
        _as_schema(users, ARRIVED_USERS),
        usual,
    )


def timely_requests(rows: engine.Table, grace: timedelta) -> engine.Table:
    """Top rows that reached the log at most ``grace`` after the hour of their request."""
    last = ibis.interval(microseconds=(timedelta(hours=1) + grace) // engine.TICK)
    in_time = rows.arrived_at < rows.requested_at.truncate("h") + last
    return rows.filter(rows.position == 1, in_time)


def timely_exposures(rows: engine.Table, line: Line) -> engine.Table:
    """Rows that reached the log at most the line's maturity after their request."""
    delay = ibis.interval(microseconds=line.maturity // engine.TICK)
    return rows.filter(rows.arrived_at <= rows.requested_at + delay)


def of_requests(top: engine.Table) -> engine.Table:
    """What the questions need of each request; ``top`` are their top rows."""
    return top.select(
        *("epoch", "stage", "arm", "version", "requested_at"),
        *_HISTOGRAMS.values(),
        *_hashes(top),
        user=top.user.fill_null(""),
        **_times(top),
        **_request_flags(top),
    )


def matured(
    con: engine.Backend, kept: engine.Table, home: Path, line: Line, earlier: Earlier
) -> Sums:
    """Tables of schema ``ROLLUP_BLOCKS`` and ``rollup_users(line)``, ordered by their keys.

    ``kept`` is :func:`of_exposures` of those of :func:`timely_exposures`, each once, with the label:
    every question is asked to it.
    """
    ask = partial(users_sums.with_outcomes, line=line)
    users, usual = bounded(con, kept, ask, OUTCOME_COUNTS, earlier, home, line)
    counted = engine.fetch(con, _counts(kept, line), home, line).to_pandas()
    whole = counted[counted["segment"] == ALL]
    grids = _grids(con, kept, whole, home, line)
    return Sums(_blocks(counted, grids), _as_schema(users, rollup_users(line)), usual)


def _as_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return table.select(schema.names).cast(schema)


def _hashes(rows: engine.Table) -> list[str]:
    """The columns by which doubles are looked for, where they are there."""
    return [name for name in once.HASHES if name in rows.columns]


def of_exposures(timely: engine.Table, line: Line) -> engine.Table:
    """What the questions need of each exposure."""
    return timely.select(
        *("epoch", "stage", "arm", "version", "requested_at"),
        *(("request_id",) if line.policy.means else ()),
        *_HISTOGRAMS.values(),
        *line.segments,
        *_hashes(timely),
        user=timely.user.fill_null(""),
        # what was never measured is no success, and 30 rentals are one answer with any
        **{users_sums.LABEL: (timely[line.label.name].fill_null(0) > 0).cast("int8")},
        **{users_sums.value(mean): timely[mean.column] for mean in line.policy.means},
        **_times(timely),
        **_request_flags(timely),
    )


def _times(rows: engine.Table) -> dict[str, engine.Table]:
    return {
        "block_start": _floor(rows.requested_at.bucket(minutes=BLOCK_MINUTES)),
        "hour": _floor(rows.requested_at.truncate("h")),
    }


def _request_flags(rows: engine.Table) -> dict[str, engine.Table]:
    """What is counted of requests, 1 or 0; a request of many rows counts in its top row."""
    top = rows[once.TOP]
    shadow = top & engine.is_given(rows.shadow_version)
    flags = {
        "requests": top,
        "fallbacks": top & rows.fallback,
        "shadow_requests": shadow,
        "shadow_errors": shadow & ~rows.shadow_ok.fill_null(False),
    }
    return {name: flag.cast("int8") for name, flag in flags.items()}


def _totals(rows: engine.Table, names: list[str]) -> dict[str, engine.Table]:
    return {name: users_sums.total(rows[name]) for name in names}


def _floor(at: engine.Table) -> engine.Table:
    return at.cast("timestamp('UTC', 6)")


def _counts(kept: engine.Table, line: Line) -> engine.Table:
    """Trials, successes and request counts by block and segment, in a fixed order."""
    cube = kept.group_by(*_KEYS, *line.segments).aggregate(
        trials=kept.count(),
        successes=users_sums.total(kept[users_sums.LABEL]),
        **_totals(kept, _REQUEST_COUNTS),
    )
    whole = cube.group_by(*_KEYS, segment=ibis.literal(ALL)).aggregate(
        **_totals(cube, ["trials", "successes", *_REQUEST_COUNTS])
    )
    pieces = [whole]
    for segment in line.segments:
        worded = cube[segment].type().is_string()
        served = cube.filter((engine.is_given if worded else engine.is_number)(cube[segment]))
        value = served[segment] if worded else served[segment].cast("int64").cast("string")
        name = ibis.literal(f"{segment}=") + value
        part = served.group_by(*_KEYS, segment=name).aggregate(
            trials=users_sums.total(served.trials), successes=users_sums.total(served.successes)
        )
        empty = dict.fromkeys(_REQUEST_COUNTS, ibis.literal(0, "int64"))
        pieces.append(part.mutate(**empty).select(*whole.columns))
    return ibis.union(*pieces).order_by(*_KEYS, "segment")


def _cells(kept: engine.Table, column: str) -> engine.Table:
    """Requests by block and bucket of ``column`` (ms)."""
    requests = kept.filter(kept.requests == 1, engine.is_number(kept[column]))
    bucket = requests[column].bucket(
        LATENCY_EDGES_MS.tolist(), include_under=True, include_over=True, close_extreme=False
    )
    return requests.group_by(*_KEYS, bucket=bucket).aggregate(n=requests.count())


def _grids(
    con: engine.Backend, kept: engine.Table, blocks: pd.DataFrame, home: Path, line: Line
) -> dict[str, npt.NDArray[np.int64]]:
    """The histograms of ``blocks``, a row for each."""
    return {
        name: _grid(engine.fetch(con, _cells(kept, column), home, line).to_pandas(), blocks)
        for name, column in _HISTOGRAMS.items()
    }


def _grid(cells: pd.DataFrame, whole: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Counts [len(whole), 64]: a row per block of ``whole``."""
    grid = np.zeros((len(whole), BUCKETS), np.int64)
    row = pd.MultiIndex.from_frame(whole[_KEYS]).get_indexer(pd.MultiIndex.from_frame(cells[_KEYS]))
    grid[row, cells["bucket"].to_numpy(np.int64)] = cells["n"].to_numpy(np.int64)
    return grid


def _lists(grid: npt.NDArray[np.int64]) -> pa.ListArray:
    """Counts [B, 64] as a column of B lists."""
    begins = np.arange(len(grid) + 1, dtype=np.int32) * BUCKETS
    return pa.ListArray.from_arrays(pa.array(begins), pa.array(grid.ravel())).cast(HISTOGRAM)


def _blocks(counted: pd.DataFrame, grids: dict[str, npt.NDArray[np.int64]]) -> pa.Table:
    """The counts with a histogram in each row of segment ``all`` and null in the others."""
    owner = np.cumsum(counted["segment"] == ALL) - 1
    indices = pa.array(owner, mask=(counted["segment"] != ALL).to_numpy())
    columns = {name: _lists(grid).take(indices) for name, grid in grids.items()}
    plain = {
        field.name: pa.array(counted[field.name], field.type)
        for field in ROLLUP_BLOCKS
        if field.name not in grids
    }
    return _as_schema(pa.table({**plain, **columns}), ROLLUP_BLOCKS)
