"""The page *Watch* of a line with everything that is known of it."""

from collections.abc import Iterator, Mapping

from slipway.monitoring import page
from slipway.monitoring.alerts import Severity
from slipway.monitoring.notes import DriftReport
from slipway.monitoring.promises import Word
from slipway.reports import heat_map
from slipway.reports.page import NO_LINKS, Figure, Row, Table
from slipway.steps import watch_facts
from slipway.steps.quality import BLIND
from slipway.steps.watch_facts import WatchFacts

_WORDS = {Word.KEPT: "PASS", Word.BROKEN: "FAIL", Word.OPEN: "UNDECIDED", Word.UNKNOWN: "UNDECIDED"}
_CLASSES = {Severity.PAGE: "FAIL", Severity.TICKET: "UNDECIDED", Severity.NOTE: "NOTE"}


def html(line_name: str, links: Mapping[str, str] = NO_LINKS) -> str:
    """The page, also where nothing was looked at yet; raises UnknownReference for an unknown line.

    ``links`` as in :func:`slipway.reports.page.render`.
    """
    facts = watch_facts.of(line_name)
    relation = facts.relation.weeks if facts.relation else None
    return page.html(
        line_name,
        facts.drift,
        [*_tables(facts, relation)],
        [*_figures(relation), *(facts.loop.figures if facts.loop else ())],
        links,
    )


def _figures(relation: DriftReport | None) -> Iterator[Figure]:
    if relation is not None and relation.periods:
        yield heat_map.drift(relation.columns, relation.periods, relation.strength)


def _tables(facts: WatchFacts, relation: DriftReport | None) -> Iterator[Table]:
    yield Table("Alerts", "alert", tuple(_alerts(facts)), last="what", empty="No alert stands.")
    yield Table(
        facts.promises.sentence.capitalize(),
        "version",
        tuple(_promises(facts)),
        last="promise",
        empty="No promoted version was watched yet.",
    )
    if relation is None:
        rows: tuple[Row, ...] = ()
    else:
        rows = tuple(page.row(note) for note in relation.open)
    silent = facts.relation.without_outcome if facts.relation else ()
    rows += tuple(Row(week, "FAIL", "no outcome at all came of this week") for week in silent)
    yield Table(
        "Relation of outcomes to predictions",
        "of",
        rows,
        last="what changed",
        empty=" ".join(watch_facts.of_relation(facts.relation, facts.drift)),
    )
    yield Table(
        "What waiting costs",
        "age of the champion",
        tuple(_staleness(facts)),
        last="lost to a fresh model",
        empty="No week's model was measured beside a champion that is older yet.",
    )
    yield Table(
        "Quality before outcomes",
        "measure",
        tuple(_quality(facts)),
        last="expected",
        empty=" ".join(facts.quality.sentences) if facts.quality else "Not looked at yet.",
    )
    if facts.loop:
        yield facts.loop.table


def _alerts(facts: WatchFacts) -> Iterator[Row]:
    for alert in facts.alerts.open:
        cause = alert.cause
        numbers = (f"since {cause.since}", f"expected {cause.expected}", f"blocks {cause.blocks}")
        yield Row(cause.what, _CLASSES[cause.severity], cause.found, numbers)


def _promises(facts: WatchFacts) -> Iterator[Row]:
    for promise in facts.promises.promises[::-1]:
        yield Row(
            promise.version, _WORDS[promise.word], promise.sentence, (f"since {promise.since}",)
        )


def _staleness(facts: WatchFacts) -> Iterator[Row]:
    for each in facts.retrain.curve:
        bounds = f"{each.loss - 1.645 * each.se:+.2%} to {each.loss + 1.645 * each.se:+.2%}"
        yield Row(
            f"{each.age_weeks} weeks", "NOTE", f"{each.loss:+.2%}", (bounds, f"{each.weeks} weeks")
        )


def _quality(facts: WatchFacts) -> Iterator[Row]:
    last = facts.quality.weeks[-1] if facts.quality and facts.quality.weeks else None
    if last is None:
        return
    if last.found.undecided:
        yield Row(f"{last.begin} to {last.end}", "UNDECIDED", last.found.undecided)
    for name, each in last.found.measures.items():
        bounds = f"{each.lower:.3f} to {each.upper:.3f}"
        of = f"version {last.version}, {last.begin} to {last.end}"
        yield Row(name.replace("_", " "), "NOTE", f"{each.estimate:.3f}, {bounds}", (of, BLIND))
