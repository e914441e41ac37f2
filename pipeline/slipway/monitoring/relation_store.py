"""Where the sums of residuals are kept: days beside the rollups, in parts that never change."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from slipway.data import part_chain
from slipway.data.part_chain import PartChain
from slipway.data.schema import TIME
from slipway.domain.line import Line
from slipway.monitoring.relation import Place, Sums
from slipway.monitoring.relation_rows import Bins
from slipway.monitoring.store import DAY
from slipway.stats.residual_change import SUMS

DAYS_LAYOUT, WEEKS_LAYOUT = 1, 2
"""Weeks are made again from the days where their layout is another."""

RESIDUALS = pa.schema(
    [
        pa.field("hour", TIME, nullable=False),  # the day's first
        pa.field("version", pa.string(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field(
            "sums", pa.list_(pa.float64()), nullable=False
        ),  # of each bin, one after the other
    ]
)
DIVIDED = pa.schema(
    [
        pa.field("hour", TIME, nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("edges", pa.list_(pa.float64()), nullable=False),
        pa.field("values", pa.list_(pa.string()), nullable=False),
    ]
)


def chain(home: Path, line: Line) -> PartChain:
    """The chain of days with their residuals."""
    return PartChain(home / "rollups" / line.name / f"watch-residual-days-{DAYS_LAYOUT}")


def weeks(home: Path, line: Line) -> PartChain:
    """The chain of weeks with their changes, in the form of :mod:`slipway.monitoring.store`."""
    return PartChain(home / "rollups" / line.name / f"watch-residual-weeks-{WEEKS_LAYOUT}")


def commit_day(of: PartChain, day: datetime, sums: Sums, bins: Mapping[str, Bins]) -> None:
    """Keep the sums of a day, also of one without rows, and how columns are divided from it on."""
    rows = [
        {"hour": day, "version": place.version, "column": place.column, "sums": part.ravel()}
        for place, part in sums.items()
    ]
    divided = [
        {"hour": day, "column": column, "edges": own.edges, "values": own.values}
        for column, own in bins.items()
    ]
    tables = {
        "residuals": pa.Table.from_pylist(rows, RESIDUALS),
        "divided": pa.Table.from_pylist(divided, DIVIDED),
    }
    of.commit(of.part(day, day + DAY), tables)


def read_days(of: PartChain, begin: datetime, end: datetime) -> dict[datetime, Sums]:
    """The sums of each committed day in ``[begin, end)``; raises BadInput naming a damaged part."""
    wanted = of.between(begin, end)
    found: dict[datetime, dict[Place, np.ndarray]] = {part.begin: {} for part in wanted}
    for row in part_chain.read(wanted, "residuals", RESIDUALS).to_pylist():
        sums = np.array(row["sums"]).reshape(-1, len(SUMS))
        found[row["hour"]][Place(row["version"], row["column"])] = sums
    return dict(found)


def bins_of(of: PartChain) -> dict[str, Bins]:
    """How columns are divided by now; nothing before the first day. Raises BadInput as :func:`read_days`."""
    end = of.end
    if end is None:
        return {}
    rows = part_chain.read(of.between(end - DAY, end), "divided", DIVIDED).to_pylist()
    return {row["column"]: Bins(tuple(row["edges"]), tuple(row["values"])) for row in rows}
