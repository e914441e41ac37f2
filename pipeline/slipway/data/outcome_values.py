"""What came of each answer, as a value: the first, the last or the sum of its outcomes within the window.

What can count is picked before which of it does: an outcome that came before its request, after the
window or with a value that the outcome cannot have hides none that is good. One that is logged again
with the same delivery id (without one: with the same time and value) is the same one. A binary, count or amount
that depends on the decision is 0 where nothing came; an exogenous or a continuous one that did not
come is not known, and its row teaches nobody.
"""

from datetime import datetime
from pathlib import Path

import ibis

from slipway.data import engine
from slipway.domain.line import Line
from slipway.domain.outcomes import Outcome, OutcomeKind, Take

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
    asked = shown.select(*_KEYS, "requested_at")
    joined = events.filter(events.kind == of.event).inner_join(asked, _KEYS)
    delay = ibis.interval(microseconds=window // engine.TICK)
    valid = joined.filter(
        joined.arrived_at >= joined.requested_at,
        joined.arrived_at <= joined.requested_at + delay,
        _can_count(joined["value"], of),
    )
    value = _one(_deliveries(valid), of.take)
    if of.kind is OutcomeKind.BINARY:
        value = value.mutate(outcome=(value.outcome > 0).cast("float64"))
    elif of.cap is not None:
        value = value.mutate(outcome=ibis.least(value.outcome, of.cap))
    found = shown.left_join(value, _KEYS)
    found = found.mutate(**{of.name: found.outcome}).select(*shown.columns, of.name)
    if of.exogenous or of.kind is OutcomeKind.CONTINUOUS:
        return found.filter(engine.is_number(found[of.name]))
    return found.mutate(**{of.name: found[of.name].fill_null(0.0)})


def _deliveries(valid: engine.Table) -> engine.Table:
    """The first arrival of each delivery; without an id of its own it is known by its time and value."""
    unnamed = valid.delivery_id.isnull()
    named = valid.mutate(
        _at=ibis.ifelse(unnamed, valid.happened_at, None),
        _of=ibis.ifelse(unnamed, valid["value"], None),
    )
    order = [named.arrived_at, named.happened_at, named["value"]]
    keys = [*_KEYS, "delivery_id", "_at", "_of"]
    place = ibis.row_number().over(ibis.window(group_by=keys, order_by=order))
    first = named.mutate(_place=place)
    return first.filter(first["_place"] == 0).select(
        *_KEYS, "happened_at", "value", came_at=first.arrived_at
    )


def _can_count(value: engine.Table, of: Outcome) -> engine.Table:
    """Whether a value is one of the outcome's: 0 is, where it corrects an earlier one or is a measurement."""
    if of.kind is OutcomeKind.CONTINUOUS:
        return engine.is_finite(value)
    zero_counts = of.take is Take.LAST or (of.exogenous and of.kind is not OutcomeKind.BINARY)
    return engine.is_finite(value) & ((value >= 0) if zero_counts else (value > 0))


def _one(timely: engine.Table, take: Take) -> engine.Table:
    """One outcome for each answer; of several at one time the larger one counts as the later."""
    if take is Take.SUM:
        # in one order: the last bits of a sum of floats follow it
        values = timely.group_by(*_KEYS).aggregate(outcome=timely["value"].collect())
        return values.mutate(outcome=values.outcome.sort().sums())
    order = [timely.came_at, timely.happened_at, timely["value"]]
    if take is Take.LAST:
        order = [key.desc() for key in order]
    ranked = timely.mutate(
        place=ibis.row_number().over(ibis.window(group_by=_KEYS, order_by=order))
    )
    return ranked.filter(ranked.place == 0).select(*_KEYS, outcome=ranked["value"])
