"""Exposures with what came of them, as it was known at a cut."""

from datetime import datetime
from pathlib import Path

import ibis

from slipway.data import engine, once
from slipway.domain.line import Line
from slipway.domain.outcomes import Outcome

_KEYS = ["request_id", "item"]


def labelled(
    con: engine.Backend,
    home: Path,
    line: Line,
    *,
    requested_from: datetime,
    requested_to: datetime,
    cut: datetime,
) -> engine.Table:
    """Exposures requested in the interval, each once, with the line's label, as known strictly before ``cut``.

    Outcomes of unknown requests do not matter; :func:`slipway.data.engine.unknown_outcomes` counts them.
    """
    window = {"requested_from": requested_from, "requested_to": requested_to}
    shown = engine.exposures(con, home, line, arrived_before=cut, **window)
    single = once.exposures(con, shown, home, line)
    return labelled_by(con, home, line, line.primary, single, cut=cut, **window)


def labelled_by(
    con: engine.Backend,
    home: Path,
    line: Line,
    outcome: Outcome,
    shown: engine.Table,
    *,
    requested_from: datetime,
    requested_to: datetime,
    cut: datetime,
) -> engine.Table:
    """``shown`` with a binary outcome (int8) under its name: whether it came within its window.

    It counts when it arrives between the request and the window's length after it. Which one can
    count is known only beside its request, so that none that cannot hides one that does.
    """
    latest = min(cut, requested_to + outcome.window + engine.TICK)
    rows = engine.outcomes(con, home, line, arrived_from=requested_from, arrived_before=latest)
    valid = rows.filter(
        rows.kind == outcome.event, engine.is_finite(rows["value"]), rows["value"] > 0
    )
    came = valid.group_by(*_KEYS).aggregate(_came=valid.arrived_at.collect())
    joined = shown.left_join(came, _KEYS)
    first = joined.requested_at
    last = first + ibis.interval(microseconds=outcome.window // engine.TICK)
    timely = joined["_came"].filter(lambda at: (at >= first) & (at <= last))
    value = (timely.length() > 0).fill_null(False).cast("int8")
    return joined.mutate(**{outcome.name: value}).select(*shown.columns, outcome.name)
