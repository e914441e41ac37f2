"""Sums of each user's rows: what caps are measured on, and evidence on clustering and means."""

from slipway.data import engine
from slipway.data.schema import MICRO, VISIT, amount_column
from slipway.domain.line import Line
from slipway.domain.mean import Mean, PerList

LABEL = "succeeded"
KEYS = ["hour", "arm", "version", "epoch", "user"]
VISIT_KEYS = [field.name for field in VISIT]


def visits(kept: engine.Table) -> engine.Table:
    """Requests and errors of each user, ordered by the keys."""
    found = kept.group_by(*VISIT_KEYS).aggregate(requests=kept.count(), errors=_errors(kept))
    return found.order_by(*VISIT_KEYS)


def _errors(kept: engine.Table) -> engine.Table:
    return total(kept.fallbacks + kept.shadow_errors)


def with_outcomes(kept: engine.Table, line: Line) -> engine.Table:
    """Trials, successes and lists of each user, and the amounts of the declared means; ordered by the keys."""
    shown = {
        "trials": kept.count(),
        "successes": total(kept[LABEL]),
        "errors": _errors(kept),
    }
    if not line.policy.means:
        plain = kept.group_by(*KEYS).aggregate(**shown, lists=total(kept.requests))
        return plain.order_by(*KEYS)
    amounts = {amount_column(mean.name): _amount(kept, mean) for mean in line.policy.means}
    lists = kept.group_by(*KEYS, "request_id").aggregate(**shown, **amounts)
    summed = {name: total(lists[name]) for name in (*shown, *amounts)}
    return lists.group_by(*KEYS).aggregate(lists=lists.count(), **summed).order_by(*KEYS)


def value(mean: Mean) -> str:
    """A name of its own: a line's column may be called as one of the rollup's."""
    return f"value_{mean.name}"


def _amount(kept: engine.Table, mean: Mean) -> engine.Table:
    """What a mean's column comes to on one list, in whole millionths."""
    column = kept[value(mean)]
    worded = column.type().is_string()
    column = column if worded else column.cast("float64")
    there = engine.is_given(column) if worded else engine.is_number(column)
    different = mean.per_list is PerList.DISTINCT
    found = column.nunique(where=there) if different else _of_numbers(column, there, mean)
    amount = found.cast("float64").fill_null(0.0)
    if mean.cap is not None:
        amount = amount.clip(-mean.cap, mean.cap)
    return (amount * MICRO).round().cast("int64")


def _of_numbers(column: engine.Table, there: engine.Table, mean: Mean) -> engine.Table:
    summed = mean.per_list is PerList.SUM
    return column.sum(where=there) if summed else column.mean(where=there)


def total(column: engine.Table) -> engine.Table:
    """A sum of whole numbers."""
    return column.sum().cast("int64")
