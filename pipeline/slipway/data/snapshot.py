"""The frozen training table of one data interval: what was known as of its cut, and no more.

The interval's rows are those whose outcomes are mature at its end: requested from ``start -
maturity`` to ``end - maturity``. They are held out; what the line's schedule trains on lies
before them. Only rows that had arrived before ``end`` count, so a snapshot made again a year later is
the same one.
"""

import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa

from slipway.data import deliveries, engine, labels, log, once, outcome_values, parts, set_aside
from slipway.data.frozen_tables import Snapshot, describe_table, write_beside
from slipway.data.schema import as_of_columns, log_schema
from slipway.domain.answer_shapes import Single
from slipway.domain.errors import BadInput
from slipway.domain.line import Line, ModelRecipe, OutcomeKind
from slipway.domain.run import HOLDOUT, TRAIN

HOLDOUT_ROWS = 60_000
_KEPT = (
    "request_id",
    "user",
    "requested_at",
    "features_as_of",
    "arm",
    "version",
    "item",
    "position",
    "propensity",
    "score",
)


def schema(line: Line) -> pa.Schema:
    """Columns of a snapshot: who saw what where, features as served, what came of it and ``split``."""
    served = log_schema(line)
    fields = [
        served.field(name)
        for name in (*_kept(line), *(c.name for c in line.features), *as_of_columns(line))
    ]
    return pa.schema([*fields, _label(line), pa.field("split", pa.string())])


def _kept(line: Line) -> tuple[str, ...]:
    """Of the log; with the place in the model's ranking where it alone tells what chance chose."""
    return (*_KEPT, "model_position") if line.exposure.slot_only else _KEPT


def _label(line: Line) -> pa.Field:
    """The primary outcome by its own name; of lists a binary one is kept as whole numbers."""
    listed = not isinstance(line.exposure, Single)
    binary = listed and line.primary.kind is OutcomeKind.BINARY
    return pa.field(line.primary.name, pa.int8() if binary else pa.float64())


def freeze(
    home: Path, line: Line, start: datetime, end: datetime, *, now: datetime, recipe: ModelRecipe
) -> Snapshot:
    """Freeze the interval ``[start, end)``; the same interval and recipe give the same snapshot.

    Whole requests are sampled by a hash of their id, down to ``recipe.max_rows`` rows to train on
    and 60,000 held out. Raises LogIncomplete where the cut is not reached or rows are still in the
    journal, BadInput for an empty week, a week of one class, and an unreadable part.
    """
    log.require_complete(home, line, end, now)
    start = start if line.schedule.holdout is None else end - line.schedule.holdout
    con = engine.connect()
    shown = engine.exposures(
        con,
        home,
        line,
        arrived_before=end,
        requested_from=start - line.maturity - line.schedule.train,
        requested_to=end - line.maturity,
    )
    shown = once.exposures(con, shown, home, line)
    shown = shown.mutate(
        split=ibis.ifelse(shown.requested_at < start - line.maturity, TRAIN, HOLDOUT)
    )
    picked = engine.keep(con, _picked(shown, recipe.max_rows), home, line)
    sizes = engine.fetch(
        con, picked.group_by("split").aggregate(n=picked.available.max()), home, line
    )
    available = dict(zip(sizes["split"].to_pylist(), sizes["n"].to_pylist(), strict=True))
    table = _table(con, home, line, shown.semi_join(picked, "request_id"), (start, end))
    unknown = engine.unknown_outcomes(con, home, line, arrived_from=start, arrived_before=end)
    earliest = start - line.maturity - line.schedule.train
    impossible = _impossible(con, home, line, earliest, end)
    con.disconnect()
    _check(table, line, start, end)
    found = describe_table(table, line.name, start, end)
    missing = tuple(segment.name for segment in set_aside.unread(home, line, earliest, end))
    found = replace(
        found,
        available=available,
        unknown_outcomes=unknown,
        missing=missing,
        impossible_outcomes=impossible,
    )
    return _write(home, table, found)


def _impossible(con: engine.Backend, home: Path, line: Line, start: datetime, end: datetime) -> int:
    """How many outcomes that arrived have a value that they cannot have; they are said aloud."""
    found = sum(deliveries.impossible(con, home, line, start, end).values())
    if found:
        words = deliveries.impossible_words(line.primary, found, f"from {start} to {end}")
        logging.getLogger("slipway").warning("%s: %s", line.name, words)
    return found


def _picked(shown: engine.Table, train_rows: int) -> engine.Table:
    """The sampled requests: the first by hash whose rows together stay within their split's cap."""
    requests = shown.group_by("request_id", "split").aggregate(n=shown.count())
    requests = requests.mutate(hash=requests.request_id.hexdigest("md5"))
    order = ibis.window(
        group_by="split", order_by=["hash", "request_id"], preceding=None, following=0
    )
    running = requests.mutate(
        total=requests.n.sum().over(order),
        available=requests.n.sum().over(ibis.window(group_by="split")).cast("int64"),
    )
    cap = ibis.ifelse(running.split == TRAIN, train_rows, HOLDOUT_ROWS)
    return running.filter(running.total <= cap).select("request_id", "split", "available")


def _table(
    con: engine.Backend,
    home: Path,
    line: Line,
    shown: engine.Table,
    interval: tuple[datetime, datetime],
) -> pa.Table:
    """The labelled rows in the one order that does not depend on how the log is laid out."""
    start, end = interval
    window = {
        "requested_from": start - line.maturity - line.schedule.train,
        "requested_to": end - line.maturity,
    }
    if isinstance(line.exposure, Single):
        rows = outcome_values.valued(con, home, line, shown, cut=end, **window)
    else:
        rows = labels.labelled_by(con, home, line, line.primary, shown, cut=end, **window)
    wanted = rows.select(*schema(line).names).order_by("request_id", "position", "item")
    return engine.fetch(con, wanted, home, line).cast(schema(line)).combine_chunks()


def _check(table: pa.Table, line: Line, start: datetime, end: datetime) -> None:
    split = table["split"].to_numpy(zero_copy_only=False)
    label = _label(line).name
    values = table[label].to_numpy()
    for name in (TRAIN, HOLDOUT):
        classes = np.unique(values[split == name]).tolist()
        if len(classes) > 1:
            continue
        what = {0: "no rows", 1: f"only rows with {label} == {classes}"}[len(classes)]
        raise BadInput(
            f"{name} rows of {line.name} for {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}",
            found=what,
            expected=f"different {label}",
            next_step="check that exposures and outcomes were logged in that time",
        )


def _write(home: Path, table: pa.Table, found: Snapshot) -> Snapshot:
    name = f"{found.end:%Y%m%dT%H%M%S}-{found.digest[:12]}"
    path = home / "snapshots" / found.line / f"{name}.parquet"
    parts.publish(table, path)
    kept = replace(found, path=path)
    write_beside(kept)
    return kept
