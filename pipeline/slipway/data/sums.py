"""Labelled exposures become blocks and users: counts only, so no order or thread changes them."""

from pathlib import Path

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from slipway.data import engine
from slipway.data.schema import HISTOGRAM, MICRO, ROLLUP_BLOCKS, amount_column, rollup_users
from slipway.domain.line import Line
from slipway.domain.mean import Mean, PerList
from slipway.stats.histogram import BUCKETS, LATENCY_EDGES_MS

BLOCK_MINUTES = 5
ALL = "all"
_KEYS = ["block_start", "epoch", "stage", "arm", "version"]
_USER_KEYS = ["hour", "arm", "version", "epoch", "user"]
_REQUEST_COUNTS = ["requests", "fallbacks", "shadow_requests", "shadow_errors"]
_HISTOGRAMS = {"latency_hist": "latency_ms", "shadow_latency_hist": "shadow_latency_ms"}


def blocks_and_users(
    con: engine.Backend, rows: engine.Table, home: Path, line: Line
) -> tuple[pa.Table, pa.Table]:
    """Tables of schema ``ROLLUP_BLOCKS`` and ``rollup_users(line)``, ordered by their keys.

    The log's files are read once; every question is asked to what was kept of them. Rows that
    arrived later than the line's maturity after their request do not count.
    """
    kept = engine.keep(con, _narrow(rows, line), home, line)
    counted = engine.fetch(con, _counts(kept, line), home, line).to_pandas()
    whole = counted[counted["segment"] == ALL]
    grids = {
        name: _grid(engine.fetch(con, _cells(kept, column), home, line).to_pandas(), whole)
        for name, column in _HISTOGRAMS.items()
    }
    schema = rollup_users(line)
    ordered = engine.fetch(con, _users(kept, line).order_by(*_USER_KEYS), home, line)
    return _blocks(counted, grids), ordered.select(schema.names).cast(schema)


def _users(kept: engine.Table, line: Line) -> engine.Table:
    """Trials, successes and lists of each user, and the amounts of the declared means."""
    shown = {"trials": kept.count(), "successes": _sum(kept.clicked)}
    if not line.policy.means:
        return kept.group_by(*_USER_KEYS).aggregate(**shown, lists=_sum(kept.requests))
    amounts = {amount_column(mean.name): _amount(kept, mean) for mean in line.policy.means}
    lists = kept.group_by(*_USER_KEYS, "request_id").aggregate(**shown, **amounts)
    summed = {name: _sum(lists[name]) for name in (*shown, *amounts)}
    return lists.group_by(*_USER_KEYS).aggregate(lists=lists.count(), **summed)


def _value(mean: Mean) -> str:
    """A name of its own: a line's column may be called as one of the rollup's."""
    return f"value_{mean.name}"


def _amount(kept: engine.Table, mean: Mean) -> engine.Table:
    """What a mean's column comes to on one list, in whole millionths."""
    column = kept[_value(mean)].cast("float64")
    there = engine.is_number(column)
    found = {
        PerList.SUM: column.sum(where=there),
        PerList.MEAN: column.mean(where=there),
        PerList.DISTINCT: column.nunique(where=there),
    }[mean.per_list]
    return (found.cast("float64").fill_null(0.0) * MICRO).round().cast("int64")


def _sum(column: engine.Table) -> engine.Table:
    return column.sum().cast("int64")


def _narrow(rows: engine.Table, line: Line) -> engine.Table:
    """What the questions need of each exposure."""
    delay = ibis.interval(microseconds=line.maturity // engine.TICK)
    timely = rows.filter(rows.arrived_at <= rows.requested_at + delay)
    top = timely.position == 1  # one row for each request
    shadow = top & engine.is_given(timely.shadow_version)
    flags = {
        "requests": top,
        "fallbacks": top & timely.fallback,
        "shadow_requests": shadow,
        "shadow_errors": shadow & ~timely.shadow_ok.fill_null(False),
    }
    return timely.select(
        *("epoch", "stage", "arm", "version", "user", "clicked"),
        *(("request_id",) if line.policy.means else ()),
        *_HISTOGRAMS.values(),
        *line.segments,
        **{_value(mean): timely[mean.column] for mean in line.policy.means},
        block_start=_floor(timely.requested_at.bucket(minutes=BLOCK_MINUTES)),
        hour=_floor(timely.requested_at.truncate("h")),
        **{name: flag.cast("int8") for name, flag in flags.items()},
    )


def _floor(at: engine.Table) -> engine.Table:
    return at.cast("timestamp('UTC', 6)")


def _counts(kept: engine.Table, line: Line) -> engine.Table:
    """Trials, successes and request counts by block and segment, in a fixed order."""
    cube = kept.group_by(*_KEYS, *line.segments).aggregate(
        trials=kept.count(),
        successes=_sum(kept.clicked),
        **{name: _sum(kept[name]) for name in _REQUEST_COUNTS},
    )
    whole = cube.group_by(*_KEYS, segment=ibis.literal(ALL)).aggregate(
        **{name: _sum(cube[name]) for name in ("trials", "successes", *_REQUEST_COUNTS)}
    )
    pieces = [whole]
    for segment in line.segments:
        served = cube.filter(engine.is_number(cube[segment]))
        name = ibis.literal(f"{segment}=") + served[segment].cast("int64").cast("string")
        part = served.group_by(*_KEYS, segment=name).aggregate(
            trials=_sum(served.trials), successes=_sum(served.successes)
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


def _grid(cells: pd.DataFrame, whole: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Counts [len(whole), 64]: a row per block of ``whole``."""
    grid = np.zeros((len(whole), BUCKETS), np.int64)
    row = pd.MultiIndex.from_frame(whole[_KEYS]).get_indexer(pd.MultiIndex.from_frame(cells[_KEYS]))
    grid[row, cells["bucket"].to_numpy(np.int64)] = cells["n"].to_numpy(np.int64)
    return grid


def _blocks(counted: pd.DataFrame, grids: dict[str, npt.NDArray[np.int64]]) -> pa.Table:
    """The counts with a histogram in each row of segment ``all`` and null in the others."""
    owner = np.cumsum(counted["segment"] == ALL) - 1
    indices = pa.array(owner, mask=(counted["segment"] != ALL).to_numpy())
    columns = {name: pa.array(list(grid), HISTOGRAM).take(indices) for name, grid in grids.items()}
    plain = {
        field.name: pa.array(counted[field.name], field.type)
        for field in ROLLUP_BLOCKS
        if field.name not in grids
    }
    return pa.table({**plain, **columns}).select(ROLLUP_BLOCKS.names).cast(ROLLUP_BLOCKS)
