"""Outcomes of exposures: those that can count, each once however often it was sent.

What can count is asked before which of it does: an outcome that came before its request, after the
window or with a value that it cannot have hides none that is good. One that is sent again with the
same delivery id (without one: with the same time and value) is the same one.
"""

import ibis

from slipway.data import engine
from slipway.domain.outcomes import Outcome, OutcomeKind, Take

_KEYS = ("request_id", "item")


def once_each(rows: engine.Table, shown: engine.Table, of: Outcome) -> engine.Table:
    """Outcomes of ``shown`` that can count, each as it arrived first.

    ``rows`` are of the outcome's event; columns are the keys, ``happened_at``, ``arrived_at`` and ``value``.
    """
    asked = rows.inner_join(shown.select(*_KEYS, "requested_at"), _KEYS)
    delay = ibis.interval(microseconds=of.window // engine.TICK)
    valid = asked.filter(
        asked.arrived_at >= asked.requested_at,
        asked.arrived_at <= asked.requested_at + delay,
        can_count(asked["value"], of),
    )
    unnamed = valid.delivery_id.isnull()
    named = valid.mutate(
        _at=ibis.ifelse(unnamed, valid.happened_at, None),
        _of=ibis.ifelse(unnamed, valid["value"], None),
    )
    order = [named.arrived_at, named.happened_at, named["value"]]
    keys = [*_KEYS, "delivery_id", "_at", "_of"]
    place = ibis.row_number().over(ibis.window(group_by=keys, order_by=order))
    first = named.mutate(_place=place)
    first = first.filter(first["_place"] == 0)
    return first.select(*_KEYS, "happened_at", "arrived_at", "value")


def can_count(value: engine.Table, of: Outcome) -> engine.Table:
    """Whether a value is one of the outcome's: 0 is, where it corrects an earlier one or is a measurement."""
    finite = engine.is_finite(value)
    if of.kind is OutcomeKind.CONTINUOUS:
        return finite
    zero_counts = of.take is Take.LAST or (of.exogenous and of.kind is not OutcomeKind.BINARY)
    return finite & ((value >= 0) if zero_counts else (value > 0))
