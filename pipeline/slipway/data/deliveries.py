"""Outcomes of exposures: those that can count, each once however often it was sent.

What can count is asked before which of it does: an outcome that came before its request, after the
window or with a value that it cannot have hides none that is good. One that is sent again with the
same delivery id (without one: with the same time and value) is the same one.
"""

from datetime import UTC, datetime
from pathlib import Path

import ibis

from slipway.data import engine
from slipway.domain.line import Line
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


def faults(
    con: engine.Backend, home: Path, line: Line, begin: datetime, end: datetime
) -> dict[str, dict[datetime, int]]:
    """What is wrong with outcomes that arrived in ``[begin, end)``, by its name and hour."""
    return {of.__name__: of(con, home, line, begin, end) for of in (impossible, conflicting)}


def impossible(
    con: engine.Backend, home: Path, line: Line, begin: datetime, end: datetime
) -> dict[datetime, int]:
    """By the hour of arrival in ``[begin, end)``, primary outcomes with a value that they cannot have.

    That is one that is no finite number, or below 0 where the outcome is not continuous: it counts
    nowhere. A router refuses it; a log that was imported may hold it.
    """
    rows, of = (
        engine.outcomes(con, home, line, arrived_from=begin, arrived_before=end),
        line.primary,
    )
    wrong = ~engine.is_finite(rows["value"])
    if of.kind is not OutcomeKind.CONTINUOUS:
        wrong |= rows["value"] < 0
    found = rows.filter(rows.kind == of.event, wrong)
    hours = found.group_by(hour=found.arrived_at.truncate("h")).aggregate(rows=ibis._.count())
    by_hour = engine.fetch(con, hours.order_by("hour"), home, line).to_pylist()
    return {row["hour"].replace(tzinfo=UTC): row["rows"] for row in by_hour}


def conflicting(
    con: engine.Backend, home: Path, line: Line, begin: datetime, end: datetime
) -> dict[datetime, int]:
    """By the hour of the last arrival in ``[begin, end)``, deliveries of the primary outcome with several values.

    One id for two values is either a value that changed or an id that is used twice: the first that can count
    is taken. Both arrived within the outcome's window.
    """
    of = line.primary
    rows = engine.outcomes(con, home, line, arrived_from=begin - of.window, arrived_before=end)
    named = rows.filter(rows.kind == of.event, rows.delivery_id.notnull())
    each = named.group_by(*_KEYS, "delivery_id").aggregate(
        values=named["value"].nunique(), last=named.arrived_at.max()
    )
    found = each.filter(each["values"] > 1, each["last"] >= ibis.literal(begin))
    hours = found.group_by(hour=found["last"].truncate("h")).aggregate(rows=ibis._.count())
    by_hour = engine.fetch(con, hours.order_by("hour"), home, line).to_pylist()
    return {row["hour"].replace(tzinfo=UTC): row["rows"] for row in by_hour}


def impossible_words(of: Outcome, rows: int, when: str) -> str:
    """What is said of them, in one line; ``when`` they arrived."""
    least = "" if of.kind is OutcomeKind.CONTINUOUS else " from 0"
    return (
        f"{rows} outcomes {of.name} of the log have a value that they cannot have, {when}:"
        f" a finite number{least} was expected, and they count nowhere;"
        " correct them where they come from and import them again"
    )


def can_count(value: engine.Table, of: Outcome) -> engine.Table:
    """Whether a value is one of the outcome's: 0 is, where it corrects an earlier one or is a measurement."""
    finite = engine.is_finite(value)
    if of.kind is OutcomeKind.CONTINUOUS:
        return finite
    zero_counts = of.take is Take.LAST or (of.exogenous and of.kind is not OutcomeKind.BINARY)
    return finite & ((value >= 0) if zero_counts else (value > 0))
