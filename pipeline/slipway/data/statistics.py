"""The algebra of as-of statistics: what is kept of a key's rows, and what is said of it.

Each statistic keeps a few whole numbers per key. :func:`init` is what an unseen key has, ``counted``
updates with all rows of a key at once inside the query engine, :func:`merge` joins the sums of keys into
those of fewer keys, and :func:`finalize` makes the value. Whole numbers only, so that neither order nor
threads nor merging change a bit; ``last`` and ``distinct`` cannot be merged.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from slipway.data import engine
from slipway.data.schema import MICRO
from slipway.domain.as_of import AsOf, Statistic

Floats = npt.NDArray[np.float64]

EXPOSURES = "exposures"
"""Rows of a key, kept for every group."""
HOUR_US = 3_600_000_000
_ORDER = ("requested_at", "request_id", "position")


def states(wanted: AsOf) -> tuple[str, ...]:
    """Names of what is kept for ``wanted`` of each key.

    >>> from datetime import timedelta
    >>> states(AsOf("item", timedelta(days=1), "sum", of="price"))
    ('exposures', 'sum_price')
    """
    of = wanted.of
    match wanted.statistic:
        case Statistic.RATE:
            return (EXPOSURES, str(of))
        case Statistic.COUNT:
            return (EXPOSURES,) if of is None else (EXPOSURES, of)
        case Statistic.SUM | Statistic.MEAN:
            return (EXPOSURES, f"sum_{of}")
        case Statistic.TIME_SINCE:
            return (EXPOSURES, "latest" if of is None else f"latest_{of}")
        case _:
            return (EXPOSURES, f"{wanted.statistic}_{of}")


def counted(rows: engine.Table, wanted: Sequence[AsOf]) -> dict[str, engine.Table]:
    """What is kept of each key, by name, as expressions over ``rows``: exposures with their outcomes."""
    kept = {EXPOSURES: rows.count()}
    for one in wanted:
        if (name := states(one)[-1]) != EXPOSURES:
            kept[name] = _counted(rows, one)
    return kept


def _counted(rows: engine.Table, wanted: AsOf) -> engine.Table:
    if wanted.of is None:
        return rows.requested_at.max()
    column = rows[wanted.of]
    there = (
        engine.is_number(column.cast("float64")) if column.type().is_numeric() else column.notnull()
    )
    match wanted.statistic:
        case Statistic.RATE | Statistic.COUNT:
            return (column > 0).sum(where=there).fill_null(0).cast("int64")
        case Statistic.SUM | Statistic.MEAN:
            whole = (column.cast("float64") * MICRO).round().cast("int64")
            return whole.sum(where=there).fill_null(0).cast("int64")
        case Statistic.DISTINCT:
            return column.nunique(where=there)
        case Statistic.LAST:
            return column.cast("float64").last(where=there, order_by=[rows[n] for n in _ORDER])
        case _:
            return rows.requested_at.max(where=there & (column > 0))


def is_mergeable(wanted: AsOf) -> bool:
    """Whether the states of keys can be joined into those of fewer keys."""
    return wanted.statistic not in (Statistic.DISTINCT, Statistic.LAST)


def merge(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The states of ``keys``, joined from those of more keys; ordered by nothing."""
    kept = state_names(table)
    how = [(name, "max" if name.startswith("latest") else "sum") for name in kept]
    joined = table.group_by(list(keys)).aggregate(how) if keys else _whole(table, how)
    return joined.rename_columns([*(keys), *kept]) if keys else joined


def state_names(table: pa.Table) -> list[str]:
    """The columns of a table of counts that are no keys."""
    return list(table.column_names[table.column_names.index(EXPOSURES) :])


def _whole(table: pa.Table, how: Sequence[tuple[str, str]]) -> pa.Table:
    empty = {"sum": 0, "max": None}
    found = {
        name: getattr(pa.compute, of)(table[name]).as_py() if table.num_rows else empty[of]
        for name, of in how
    }
    return pa.table({name: pa.array([value], pa.int64()) for name, value in found.items()})


def init(names: Sequence[str], n: int) -> dict[str, Floats]:
    """What ``n`` keys without a row have."""
    nothing = ("latest", "last_")
    return {name: np.full(n, np.nan if name.startswith(nothing) else 0.0) for name in names}


def finalize(wanted: AsOf, kept: Mapping[str, Floats], prior: Floats | float) -> Floats:
    """The value of each key float64[n]; of a time since, when the latest row was (µs since 1970).

    ``kept`` are the states by name, ``prior`` what each key would have without rows.
    """
    *_, name = states(wanted)
    value = kept[name]
    if wanted.is_smoothed:
        if wanted.statistic is Statistic.MEAN:
            value = value / MICRO
        return (value + wanted.strength * prior) / (kept[EXPOSURES] + wanted.strength)
    return value / MICRO if wanted.statistic is Statistic.SUM else value


def unseen(wanted: AsOf) -> float:
    """What a key without rows has where no prior is declared."""
    empty = (Statistic.COUNT, Statistic.SUM, Statistic.DISTINCT)
    return 0.0 if wanted.statistic in empty else np.nan


def at_request(wanted: AsOf, value: Floats, now_us: Any) -> Floats:  # a number or an array
    """``value`` as a request at ``now_us`` sees it: a time since grows until then (hours)."""
    if wanted.statistic is not Statistic.TIME_SINCE:
        return value
    return np.asarray((now_us - value) / HOUR_US, np.float64)
