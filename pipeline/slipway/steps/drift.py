"""Sketch the days that are complete, compare the weeks, and say which columns moved."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from slipway.data import json_file, log, parts, rollup
from slipway.data.part_chain import PartChain
from slipway.domain.line import Line
from slipway.domain.watch_policy import WatchPolicy
from slipway.lines import policy_file
from slipway.monitoring import collect, store
from slipway.monitoring.drift import GAMMA, judge
from slipway.monitoring.notes import FILE, DriftReport, report
from slipway.monitoring.slots import followed, period_distances
from slipway.monitoring.store import DAY, WEEK, Watermark
from slipway.monitoring.streams import ALL, VOLUME, Stream
from slipway.settings import settings
from slipway.stats.distribution_shift import Shift
from slipway.steps import context

TOGETHER, MOST_BYTES = 7, 64 << 20
"""Days, and bytes of the log, that are read at once."""


def update(line_name: str) -> dict[str, object]:
    """Bring a line's sketches, distances and report up to date; returns what is said in short.

    Each day is read once. Raises BadInput for a log that cannot be read: days before it are kept.
    """
    line, now, home = context.line_of(line_name), context.now(), settings().home
    policy = policy_of(line_name)
    log.recover_and_report(home, line)
    complete = log.complete_until(home, line, now)
    for known, wait in ((Watermark.ARRIVED, rollup.GRACE), (Watermark.MATURED, line.maturity)):
        _sketch(home, line, known, complete - wait, policy)
        _compare(home, line, known, policy)
    found = judged(line, policy)
    json_file.write(context.folder(line_name, "watch") / FILE, found.to_dict())
    for note in found.open:
        logging.getLogger("slipway").warning("%s, since %s", note.words, note.since)
    return {
        "line": line_name,
        "weeks": len(found.periods),
        "open": [note.words for note in found.open],
        "unseen": list(found.unseen),
    }


def policy_of(line_name: str) -> WatchPolicy:
    """What the line's watch tolerates; raises BadConfig for a wrong knob of the policy file."""
    return policy_file.watch_policy(line_name, settings().policy_file)


def judged(line: Line, policy: WatchPolicy) -> DriftReport:
    """The report of the last year, from the distances that are kept."""
    home = settings().home
    weeks: dict[datetime, dict[Stream, Shift]] = {}
    begin = _since(line, policy)
    for known in Watermark:
        for week, found in store.read_weeks(store.weeks(home, line, known), begin, FOREVER).items():
            weeks.setdefault(week, {}).update(found)
    order = sorted(weeks)
    names = [VOLUME, *(each.name for known in Watermark for each in collect.wanted(line, known))]
    streams = followed([weeks[week] for week in order])
    own = replace(policy, alpha=policy.alpha * (1 - policy.relation_weight))
    return report(
        line.name,
        judge(streams, own, columns=len(names)),
        store.names_of(order),
        {(name, ALL): name for name in names},
    )


FOREVER = datetime.max.replace(tzinfo=UTC)


def _since(line: Line, policy: WatchPolicy) -> datetime:
    return year_of(store.weeks(settings().home, line, Watermark.ARRIVED), policy)


def year_of(weeks: PartChain, policy: WatchPolicy) -> datetime:
    """Where the year begins that is judged, with the weeks that its noise is learnt from."""
    end = weeks.end
    if end is None:
        return datetime.min.replace(tzinfo=UTC)
    return end - WEEK * (round(1 / GAMMA) + policy.memory)


def _sketch(home: Path, line: Line, known: Watermark, until: datetime, policy: WatchPolicy) -> None:
    """Every whole day before ``until`` that is not sketched yet, oldest first."""
    chain = store.days(home, line, known)
    centres = _centres(chain)
    while days := next_days(home, line, chain, until, policy):
        found = collect.sketch_days(home, line, days, known, centres, policy)
        centres = store.centres(found) | centres
        for day, places in zip(days, found, strict=True):
            store.commit_day(chain, day, places)


def next_days(
    home: Path, line: Line, chain: PartChain, until: datetime, policy: WatchPolicy
) -> list[datetime]:
    """The next days that are sketched together: a week of them, or fewer of many bytes."""
    day, read = chain.end or _first(home, line, until, policy), 0
    found: list[datetime] = []
    while day is not None and day + DAY <= until and len(found) < TOGETHER and read < MOST_BYTES:
        hours = parts.hours(home, line, parts.EXPOSURES_KIND, day, day + DAY)
        read += sum(each.stat().st_size for _, hour in hours for each in hour.glob("[!.]*.parquet"))
        found.append(day)
        day += DAY
    return found


def _first(home: Path, line: Line, until: datetime, policy: WatchPolicy) -> datetime | None:
    """The first midnight of the log, or that of the oldest week that is still of use."""
    hours = parts.hours(home, line, parts.EXPOSURES_KIND, None, until)
    first = next((hour for hour, _ in hours), None)
    if first is None:
        return None
    oldest = until - WEEK * (round(1 / GAMMA) + policy.memory + policy.reference)
    start = max(first, oldest) + DAY - timedelta(microseconds=1)
    return start.replace(hour=0, minute=0, second=0, microsecond=0)


def _centres(chain: PartChain) -> dict[str, float]:
    """Of the last days: a column may have had no row in one of them."""
    end = chain.end
    return {} if end is None else store.centres(store.read_days(chain, end - WEEK, end).values())


def _compare(home: Path, line: Line, known: Watermark, policy: WatchPolicy) -> None:
    """Every whole week of sketched days that is not compared yet, oldest first."""
    days, weeks = store.days(home, line, known), store.weeks(home, line, known)
    sketched = days.parts()
    if not sketched:
        return
    week = weeks.end or store.monday(sketched[0].begin)
    while week + WEEK <= sketched[-1].end:
        first = week - WEEK * policy.reference
        found = store.read_days(days, first, week + WEEK)
        slots = {(day - week) // DAY: places for day, places in found.items()}
        moved = period_distances(0, slots, policy)
        if known is Watermark.MATURED:  # the same rows, which are counted once
            moved = {s: shift for s, shift in moved.items() if s.column != VOLUME}
        store.commit_week(weeks, week, moved)
        week += WEEK
