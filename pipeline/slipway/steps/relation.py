"""Sum the residuals of matured days, compare the weeks, and say where outcomes left what was predicted."""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from slipway.data import json_file, log
from slipway.data.part_chain import PartChain
from slipway.domain.line import Line
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring import relation_rows, relation_store, store
from slipway.monitoring.collect import SCORE
from slipway.monitoring.drift import Followed, judge
from slipway.monitoring.notes import DriftReport, report
from slipway.monitoring.relation import LAG, added, changes, reference, without_outcome
from slipway.monitoring.relation_rows import Bins
from slipway.monitoring.slots import followed
from slipway.monitoring.store import WEEK
from slipway.monitoring.streams import ALL
from slipway.settings import settings
from slipway.steps import context, drift

FILE = "relation.json"
"""Where the last report of a line lies, in its folder of the watch."""


@dataclass(frozen=True, slots=True)
class RelationReport:
    """What is known of a line's relation to its outcome; ``without_outcome`` are weeks of which none came."""

    weeks: DriftReport
    without_outcome: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        return cls(DriftReport.from_dict(raw["weeks"]), tuple(raw["without_outcome"]))


def compare_outcomes(line_name: str) -> dict[str, object]:
    """Bring a line's residuals and their report up to date; returns what is said in short.

    Each matured day is read once. Raises BadInput for a log that cannot be read.
    """
    line, now, home = context.line_of(line_name), context.now(), settings().home
    policy = drift.policy_of(line_name)
    log.recover_and_report(home, line)
    _sum(home, line, log.complete_until(home, line, now) - line.maturity, policy)
    _compare(home, line, policy)
    found = judged(line, policy)
    json_file.write(context.folder(line_name, "watch") / FILE, found.to_dict())
    for note in found.weeks.open:
        logging.getLogger("slipway").warning("%s, since %s", note.words, note.since)
    return {
        "line": line_name,
        "weeks": len(found.weeks.periods),
        "open": [note.words for note in found.weeks.open],
        "without_outcome": list(found.without_outcome),
    }


def judged(line: Line, policy: WatchPolicy) -> RelationReport:
    """The report of the last year, from the changes that are kept."""
    days, weeks = _chains(settings().home, line)
    found = store.read_weeks(weeks, drift.year_of(weeks, policy), drift.FOREVER)
    order = sorted(found)
    label, columns = line.label.name, [each.name for each in relation_rows.columns_of(line)]
    places = {(label, ALL): label} | {(label, name): f"{label} given {name}" for name in columns}
    streams = _named(followed([found[week] for week in order]), relation_store.bins_of(days))
    own = replace(policy, alpha=policy.alpha * policy.relation_weight)
    seen = judge(streams, own, columns=1, segments=len(columns), lag=LAG)
    said = report(line.name, seen, store.names_of(order), places)
    last = [week for week in order[-LATELY:] if _is_silent(line, week)]
    return RelationReport(said, tuple(f"{week:%Y-%m-%d}" for week in last))


LATELY = 4
"""Weeks that are asked whether any outcome came of them."""


def _chains(home: Path, line: Line) -> tuple[PartChain, PartChain]:
    return relation_store.chain(home, line), relation_store.weeks(home, line)


def _named(streams: Followed, bins: dict[str, Bins]) -> Followed:
    """Parts by what a page calls them, not by their numbers."""
    named = []
    for stream in streams.streams:
        own = bins.get(stream.segment)
        name = own.name(int(stream.part)) if own and stream.part else ""
        named.append(stream._replace(part=name))
    return replace(streams, streams=tuple(named))


def _is_silent(line: Line, week: datetime) -> bool:
    days = relation_store.read_days(relation_store.chain(settings().home, line), week, week + WEEK)
    return without_outcome(added(list(days.values())), SCORE)


def _sum(home: Path, line: Line, until: datetime, policy: WatchPolicy) -> None:
    """Every whole matured day before ``until`` that is not summed yet, oldest first."""
    chain = relation_store.chain(home, line)
    bins = relation_store.bins_of(chain)
    while days := drift.next_days(home, line, chain, until, policy):
        found, bins = relation_rows.sum_days(home, line, days, bins)
        for day, sums in zip(days, found, strict=True):
            relation_store.commit_day(chain, day, sums, bins)


def _compare(home: Path, line: Line, policy: WatchPolicy) -> None:
    """Every whole week of summed days that is not compared yet, oldest first."""
    days, weeks = _chains(home, line)
    summed = days.parts()
    if not summed:
        return
    week = weeks.end or store.monday(summed[0].begin)
    while week + WEEK <= summed[-1].end:
        until = week - WEEK * LAG
        found = relation_store.read_days(days, until - WEEK * policy.reference, week + WEEK)
        older = added([sums for day, sums in found.items() if day < until])
        newest = added([sums for day, sums in found.items() if until <= day < week])
        now = added([sums for day, sums in found.items() if day >= week])
        before = reference(older, newest)
        store.commit_week(weeks, week, changes(now, before, line.label.name, SCORE, policy))
        week += WEEK
