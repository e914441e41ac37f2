"""Exposures with what came of them, as it was known at a cut."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import ibis

from slipway.data import deliveries, engine, once
from slipway.domain.line import Line, Outcome, OutcomeKind, Take

_KEYS = ("request_id", "item")


def with_outcomes(
    con: engine.Backend,
    home: Path,
    line: Line,
    wanted: Sequence[Outcome],
    *,
    requested_from: datetime,
    requested_to: datetime,
    cut: datetime,
) -> engine.Table:
    """Exposures of the interval, each once, with a column for each outcome, as known before ``cut``.

    A binary outcome (int8) counts when it arrives between the request and its window after it. Of
    amounts (float64) those that arrived in that time count, each once however often it was sent:
    the first, the last, or their sum, up to the cap; 0 where none came, and null for a continuous one.
    Outcomes of unknown requests do not matter; :func:`slipway.data.engine.unknown_outcomes` counts them.
    """
    window = {"requested_from": requested_from, "requested_to": requested_to}
    shown = engine.exposures(con, home, line, arrived_before=cut, **window)
    shown = once.exposures(con, shown, home, line)
    for outcome in wanted:
        shown = labelled_by(con, home, line, outcome, shown, cut=cut, **window)
    return shown


def labelled_by(
    con: engine.Backend,
    home: Path,
    line: Line,
    outcome: Outcome,
    shown: engine.Table,
    **window: datetime,
) -> engine.Table:
    """``shown`` with a column of the outcome, as :func:`with_outcomes` says; ``window`` as there."""
    found = what_came(con, home, line, outcome, shown, **window)
    if outcome.kind is OutcomeKind.CONTINUOUS:
        return found
    return found.mutate(**{outcome.name: found[outcome.name].fill_null(0)})


def what_came(
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
    """As :func:`labelled_by`; the outcome is null where nothing came."""
    latest = min(cut, requested_to + outcome.window + engine.TICK)
    rows = engine.outcomes(con, home, line, arrived_from=requested_from, arrived_before=latest)
    rows = rows.filter(rows.kind == outcome.event)
    if outcome.kind is OutcomeKind.BINARY and outcome.take is not Take.LAST:
        valid = rows.filter(deliveries.can_count(rows["value"], outcome))
        came = valid.group_by(*_KEYS).aggregate(_came=valid.arrived_at.collect())
        joined = shown.left_join(came, _KEYS)
        # which of them can count is known only beside the request: an early one hides no good one
        first = joined.requested_at
        last = first + ibis.interval(microseconds=outcome.window // engine.TICK)
        timely = joined["_came"].filter(lambda at: (at >= first) & (at <= last))
        value = ibis.ifelse(timely.length() > 0, 1, None).cast("int8")
    else:
        joined = shown.left_join(_amounts(rows, shown, outcome), _KEYS)
        value = joined["_value"].cast("float64")
        if outcome.kind is OutcomeKind.BINARY:
            value = (value > 0).cast("int8")
        elif outcome.cap is not None:
            value = ibis.ifelse(value.isnull(), None, ibis.least(value, outcome.cap))
    return joined.mutate(**{outcome.name: value}).select(*shown.columns, outcome.name)


def _amounts(rows: engine.Table, shown: engine.Table, outcome: Outcome) -> engine.Table:
    """One value for each exposure, of the outcomes that arrived in time."""
    near = deliveries.once_each(rows, shown, outcome)
    order = [near.arrived_at, near.happened_at, near.value]
    value = {
        Take.FIRST: near.value.first(order_by=order),
        Take.LAST: near.value.last(order_by=order),
        # in one order: the last bits of a sum of floats follow it
        Take.SUM: near.value.collect().sort().sums(),
    }[outcome.take]
    return near.group_by(*_KEYS).aggregate(_value=value)
