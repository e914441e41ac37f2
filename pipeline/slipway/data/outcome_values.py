"""What came of each answer, as a value: the first, the last or the sum of its outcomes within the window.

Which outcomes can count, each once, :mod:`slipway.data.deliveries` says. A binary, count or amount that depends on the decision is 0 where nothing came; an exogenous or a continuous one that did not
come is not known, and its row teaches nobody.
"""

from datetime import datetime
from pathlib import Path

import ibis

from slipway.data import deliveries, engine
from slipway.domain.line import Line
from slipway.domain.outcomes import OutcomeKind, Take

_KEYS = ["request_id", "item"]


def valued(
    con: engine.Backend,
    home: Path,
    line: Line,
    shown: engine.Table,
    *,
    requested_from: datetime,
    requested_to: datetime,
    cut: datetime,
) -> engine.Table:
    """``shown`` with the primary outcome as float64 under its name, as known strictly before ``cut``.

    Rows whose outcome is not known are left out. ``shown`` was requested in the interval.
    """
    of, window = line.primary, line.maturity
    latest = min(cut, requested_to + window + engine.TICK)
    events = engine.outcomes(con, home, line, arrived_from=requested_from, arrived_before=latest)
    rows = events.filter(events.kind == of.event)
    value = _one(deliveries.once_each(rows, shown, of), of.take)
    if of.kind is OutcomeKind.BINARY:
        value = value.mutate(outcome=(value.outcome > 0).cast("float64"))
    elif of.cap is not None:
        value = value.mutate(outcome=ibis.least(value.outcome, of.cap))
    found = shown.left_join(value, _KEYS)
    found = found.mutate(**{of.name: found.outcome}).select(*shown.columns, of.name)
    if of.exogenous or of.kind is OutcomeKind.CONTINUOUS:
        return found.filter(engine.is_number(found[of.name]))
    return found.mutate(**{of.name: found[of.name].fill_null(0.0)})


def _one(timely: engine.Table, take: Take) -> engine.Table:
    """One outcome for each answer; of several at one time the larger one counts as the later."""
    if take is Take.SUM:
        # in one order: the last bits of a sum of floats follow it
        values = timely.group_by(*_KEYS).aggregate(outcome=timely["value"].collect())
        return values.mutate(outcome=values.outcome.sort().sums())
    order = [timely.arrived_at, timely.happened_at, timely["value"]]
    if take is Take.LAST:
        order = [key.desc() for key in order]
    ranked = timely.mutate(
        place=ibis.row_number().over(ibis.window(group_by=_KEYS, order_by=order))
    )
    return ranked.filter(ranked.place == 0).select(*_KEYS, outcome=ranked["value"])
