"""How good the champion is in the days whose outcomes have not all come, and how often that was right."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array

from slipway.data import engine, json_file, log, rollup
from slipway.domain.line import Line
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.release import Arm
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring import estimate
from slipway.monitoring.collect import SCORE, ages, day_rows
from slipway.monitoring.estimate import Estimate, ScoredRows
from slipway.monitoring.relation_rows import columns_of
from slipway.monitoring.sketch import CountedAs, coded
from slipway.monitoring.store import DAY, Watermark
from slipway.settings import settings
from slipway.stats.expected_quality import measures
from slipway.steps import context, drift

FILE = "quality.json"
"""Where the last estimates of a line lie, in its folder of the watch."""
PERIOD, PAST = timedelta(days=7), timedelta(days=28)
KEPT = 60
"""Estimates that are kept to say how often they were right."""
BLIND = "it sees changed inputs, and is blind to a changed relation"


class EstimatedWeek(NamedTuple):
    """An estimate of the days ``[begin, end)``, and what was realised once their outcomes had come."""

    version: str
    begin: str
    end: str
    found: Estimate
    realised: dict[str, float]

    @property
    def inside(self) -> tuple[int, int]:
        """Realised measures that lay inside their bounds, and all that are known."""
        known = [
            each.lower <= self.realised[name] <= each.upper
            for name, each in self.found.measures.items()
            if name in self.realised
        ]
        return sum(known), len(known)


@dataclass(frozen=True, slots=True)
class Quality:
    """Estimates of a line, the oldest first; ``reason`` says why there are none."""

    weeks: tuple[EstimatedWeek, ...]
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        weeks = [week._asdict() | {"found": asdict(week.found)} for week in self.weeks]
        return {"weeks": weeks, "reason": self.reason, "limits": BLIND}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        weeks = (
            EstimatedWeek(**week | {"found": Estimate.from_dict(week["found"])})
            for week in raw["weeks"]
        )
        return cls(tuple(weeks), raw["reason"])

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said of it, one line each."""
        if not self.weeks:
            return (f"quality before outcomes: {self.reason}",)
        last = self.weeks[-1]
        of = f"quality before outcomes: version {last.version}, {last.begin} to {last.end}"
        if last.found.undecided:
            return (f"{of}: {last.found.undecided}",)
        said = ", ".join(
            f"{name.replace('_', ' ')} {each.estimate:.3f} ({each.lower:.3f} to {each.upper:.3f})"
            for name, each in last.found.measures.items()
        )
        right, known = (sum(part) for part in zip(*(w.inside for w in self.weeks), strict=True))
        before = f"; {right} of {known} realised values lay where expected" if known else ""
        return (f"{of}: expected {said}{before}; {BLIND}",)


def expect_quality(line_name: str) -> dict[str, object]:
    """Estimate the last complete week, and fill in what earlier ones came to; returns what is said.

    Raises BadInput for a log that cannot be read.
    """
    line, now, home = context.line_of(line_name), context.now(), settings().home
    path = context.folder(line_name, "watch") / FILE
    if line.primary.kind is not OutcomeKind.BINARY:
        found = Quality((), "outcomes that are no yes or no have no calibrated score")
    else:
        log.recover_and_report(home, line)
        complete = log.complete_until(home, line, now)
        earlier = Quality.from_dict(json_file.read(path)).weeks if path.is_file() else ()
        found = _brought_up(line, complete, earlier)
    json_file.write(path, found.to_dict())
    return {"line": line_name, "said": list(found.sentences)}


def _brought_up(line: Line, complete: datetime, earlier: tuple[EstimatedWeek, ...]) -> Quality:
    policy = drift.policy_of(line.name)
    version = context.ledger().state(line.name).champion
    known = tuple(_realised(line, week, complete, policy) for week in earlier)
    if version is None:
        return Quality(known, "the rules are champion: their score is no probability")
    end = (complete - rollup.GRACE).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - PERIOD
    until = min(
        begin, (complete - line.maturity).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    days = f"{begin:%Y-%m-%d}", f"{end:%Y-%m-%d}"
    if known and (known[-1].version, known[-1].begin) == (version, days[0]):
        return Quality(known)
    past = _table(line, until - PAST, until, Watermark.MATURED)
    now = _table(line, begin, end, Watermark.ARRIVED)
    found = _estimated(line, past, now, version, policy)
    return Quality((*known, EstimatedWeek(version, *days, found, {}))[-KEPT:])


def _estimated(
    line: Line, past: pa.Table, now: pa.Table, version: str, policy: WatchPolicy
) -> Estimate:
    texts = {c.name for c in columns_of(line) if c.reading is CountedAs.VALUE}
    codes = {name: estimate.codes_of(past[name]) for name in texts}
    # scores of an earlier version are another measure: only rows that this one answered calibrate it
    before, beside = (
        _rows(line, _own(table, version, policy.estimate_rows), codes) for table in (past, now)
    )
    return estimate.estimate(before, beside, policy)


def _own(table: pa.Table, version: str, most: int) -> pa.Table:
    """Rows that a version answered, whatever its arm; of more than about ``most`` whole requests by a hash of their id.

    Every k-th row would be the same places of each list, others in a long past than in the week beside it.
    """
    own = table.filter(pc.equal(table["version"], version))
    if own.num_rows <= most:
        return own
    drawn = hash_array(own["request_id"].to_numpy()) / 2.0**64
    return own.filter(pa.array(drawn < most / own.num_rows))


def _rows(line: Line, table: pa.Table, codes: dict[str, dict[str, int]]) -> ScoredRows:
    names = [each.name for each in columns_of(line) if each.name != SCORE]
    label = line.label.name
    outcome = (
        table[label] if label in table.column_names else pa.nulls(table.num_rows, pa.float64())
    )
    columns = [
        column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        for column in (table[SCORE], outcome)
    ]
    users, _ = coded(table["user"])
    features = estimate.features_of(table.select(names), codes)
    return ScoredRows(features, columns[0], columns[1], users)


def _table(line: Line, begin: datetime, end: datetime, known: Watermark) -> pa.Table:
    """What counts of whole days, in the order of requests, with the outcome where it has matured."""
    days = [begin + DAY * k for k in range((end - begin) // DAY)]
    asked = columns_of(line)
    names = dict.fromkeys(
        ("requested_at", "version", "request_id", "user", *(c.name for c in asked))
    )
    con = engine.connect()
    try:
        rows = day_rows(con, settings().home, line, days, known, candidates=True)
        rows = rows.filter(rows[SCORE].notnull() & (rows.arm != Arm.RULES.value))  # noqa: PD004 - Ibis
        label = (line.label.name,) if known is Watermark.MATURED else ()
        wanted = rows.select(*names, *label).order_by("requested_at", "request_id", SCORE)
        return ages(engine.fetch(con, wanted, settings().home, line), asked)
    finally:
        con.disconnect()


def _realised(
    line: Line, week: EstimatedWeek, complete: datetime, policy: WatchPolicy
) -> EstimatedWeek:
    """The week with what it came to, once all its outcomes have come."""
    begin, end = (
        datetime.fromisoformat(day).replace(tzinfo=complete.tzinfo)
        for day in (week.begin, week.end)
    )
    if week.realised or week.found.undecided or end + line.maturity > complete:
        return week
    table = _own(_table(line, begin, end, Watermark.MATURED), week.version, policy.estimate_rows)
    score, outcome = (
        table[name].cast(pa.float64()).to_numpy() for name in (SCORE, line.label.name)
    )
    return week._replace(realised=dict(measures(score, outcome, policy.threshold)))
