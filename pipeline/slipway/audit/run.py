"""Run every probe on a table and rank what they found."""

from collections.abc import Callable, Mapping, Sequence

from slipway.audit import (
    arithmetic,
    asked_kinds,
    between_columns,
    chosen_values,
    duplicate_rows,
    encodings,
    exclusive_flags,
    filled_later,
    fitted,
    future_dates,
    later_names,
    leak_sets,
    lists,
    order,
    pairs,
    part_powers,
    pure_subgroups,
    related_columns,
    repeated_events,
    shared_groups,
    source,
    strongest_column,
    timing,
    updated,
    winning_columns,
)
from slipway.audit.asked_kinds import AS_WRITTEN
from slipway.audit.conditional_model import ConditionalModel
from slipway.audit.cycles import cycles
from slipway.audit.derived_views import View, views
from slipway.audit.finding import Audit, Finding, Power, pardoned, ranked
from slipway.audit.gradual import gradual
from slipway.audit.knobs import KNOBS, Knobs
from slipway.audit.not_looked_for import not_looked_for
from slipway.audit.proxies import Proxies
from slipway.audit.table import Prepared, prepare
from slipway.domain.leak import LeakKind

Report = Callable[[str], None]
Probe = Callable[[Prepared, Knobs], list[Finding]]

PROBES: Mapping[str, Probe] = {
    "looking for places in lists": lists.judge,
    "reading the order of the rows": order.judge,
    "looking for the values of what was chosen": chosen_values.judge,
    "looking for sums that give the label": arithmetic.judge,
    "looking for columns that hold the label between them": between_columns.judge,
    "looking for columns of which the label names the highest": winning_columns.judge,
    "comparing columns that hold the same": updated.judge,
    "looking for flags that exclude each other": exclusive_flags.judge,
    "looking for what the newest rows lack": filled_later.judge,
    "looking for means of the label": encodings.judge,
    "looking for steps fitted on the test period": fitted.judge,
    "comparing dates": timing.judge,
    "looking for dates to come": future_dates.judge,
    "looking for the same rows on both sides": duplicate_rows.judge,
    "holding the sides of the split against each other": shared_groups.judge,
    "looking for events in several rows": repeated_events.judge,
}

MUTE = (LeakKind.PROXY, LeakKind.LATER)
"""What is accused of these may not vouch for others."""


def audit(
    table: source.Table,
    *,
    label: str,
    time: Sequence[str] = (),
    group: str = "",
    split: str = "",
    read: Sequence[str] = (),
    knobs: Knobs = KNOBS,
    report: Report = lambda _: None,
) -> Audit:
    """Rank the columns of ``table`` by suspicion of knowing what nobody knows at inference.

    ``time`` names one column or the parts of a date, ``group`` what must not be torn apart (user,
    request), ``split`` the column that tells training from test rows, ``read`` as "COL=KIND" what somebody knows about how to read a column. ``report`` hears what is being
    done. Raises BadInput with one clear line.
    """
    report("reading the table")
    asked = asked_kinds.parse(read)
    raw = source.read(
        table,
        label=label,
        time=time,
        group=group,
        split=split,
        most_rows=knobs.most_rows,
        as_words=[name for name, kind in asked.items() if kind in AS_WRITTEN],
        known=list(asked),
    )
    prepared = prepare(
        raw, label=label, time=time, group=group, split=split, knobs=knobs, kinds=asked
    )
    findings, powers, skipped = _judge(prepared, knobs, report)
    facts = {
        "rows": f"{raw.rows:,}"
        + (f" ({prepared.rows:,} looked at)" if prepared.rows < raw.rows else ""),
        "columns": f"{len(prepared.coded):,}",
        "label": ", ".join(f"{t.name}: {t.yes.mean():.1%}" for t in prepared.design.targets),
        "time": ", ".join(time) or "none; the order of the file stands in",
        "blocks of like time": str(prepared.design.blocks),
    }
    return Audit(
        facts,
        ranked(findings),
        powers,
        prepared.remarks,
        reservations=(*prepared.reservations, *_sampled(raw, group), *skipped),
        readings={name: reading.said for name, reading in prepared.readings.items()},
    )


def _sampled(raw: source.Raw, group: str) -> tuple[str, ...]:
    """That not all rows were looked at, where that is so."""
    if len(raw.row) == raw.rows:
        return ()
    kept = f", with every {group} whole" if group else ""
    return (f"{len(raw.row):,} of {raw.rows:,} rows were looked at, an even sample{kept}",)


def _judge(
    table: Prepared, knobs: Knobs, report: Report
) -> tuple[list[Finding], dict[str, Power], tuple[str, ...]]:
    found = []
    for about, probe in PROBES.items():
        report(about)
        found += probe(table, knobs)
    every = {_key(view): view for name in table.coded for view in views(table, name)}
    proxies = Proxies(every, table.design, knobs, cycles(table, knobs), gradual(table))
    proxies.accused.update(f.column for f in found if f.kind in MUTE and f.grade.accuses)
    for key in every:
        report(f"power of {key} alone")
        proxies.measure(key)
    reference = ConditionalModel(
        {key: view.coded for key, view in every.items()}, table.design, most_rows=knobs.model_rows
    )
    vouched = set(proxies.accused)
    report("asking what two columns say together")
    found += pairs.judge(table, proxies, reference)
    report("asking what the other columns say together")
    found += proxies.judge(reference)
    found += leak_sets.judge(proxies, reference)
    found += pure_subgroups.judge(proxies, reference, table.weight, table.group)
    report("asking part by part of the table")
    found += part_powers.judge(proxies, reference, table.group)
    if proxies.accused - vouched:
        report("asking again, without those that are accused by now")
        found += pairs.judge(table, proxies, reference)
        found += proxies.judge_again(reference)
    proxies.accused.update(f.column for f in found if f.grade.accuses and f.column)
    found += related_columns.judge(table, proxies, reference)
    found += later_names.judge(table, proxies)
    found += strongest_column.judge(proxies)
    powers = {name: _power(proxies, name) for name in table.coded}
    return pardoned(found), powers, not_looked_for(table, proxies, len(reference.rows))


def _key(view: View) -> str:
    return f"{view.column}: {view.about}" if view.about else view.column


def _power(proxies: Proxies, name: str) -> Power:
    found = proxies.strengths[name].alone
    return Power(found.overall.auc, found.within.auc, found.within.se)
