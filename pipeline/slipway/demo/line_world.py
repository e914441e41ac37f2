"""A world for any line: traffic drawn from its columns, and outcomes whose truth is known.

Nothing here knows a line. What its columns declare (types, ranges, words, entities, clocks) says what
visitors send and what there is to choose from; its rules say at what level outcomes come. The truth is
what the rules say times what they do not know: a smooth effect of each column, of each item, and of each
group's taste.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
import pyarrow as pa

from slipway.data import catalog, features
from slipway.data.catalog import ANSWER
from slipway.data.feature_ranges import Guard
from slipway.data.feature_table import FeatureTable
from slipway.data.groups import has_tables
from slipway.data.sent_features import SentFeatures
from slipway.data.words import codes_of
from slipway.demo.column_draws import Floats, Ints, Values, drawn, seed_of
from slipway.demo.entity_draws import entity_table
from slipway.demo.line_truth import LineTruth
from slipway.domain.answer_shapes import Single
from slipway.domain.line import Column, DType, Line
from slipway.domain.origins import ITEM, USER

USERS, ITEMS = 6_000, 120
OFFERED = 12
"""Items of a request, at least; lists show the best of them."""
HOURS = np.array(
    [50, 42, 38, 36, 36, 40, 52, 72, 88, 92, 90, 95, 105, 100, 92, 90, 96, 108, 118, 124, 120, 108, 86, 64]
)  # fmt: skip
"""Visits by hour of the day, in relation to each other."""
PAST_VISITS = 24_000.0
SAMPLE = 3_000
"""Visits that say where the level of the rules lies."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnVisits:
    """Visits [n]: users as places in the world's order, POSIX seconds, what is sent by column, and the
    items on offer [n, k] (one, which is none, where the answer is single).
    """

    users: Ints
    at: Floats
    sent: Mapping[str, Values]
    offered: Ints
    rows: Ints
    """Of a recorded world: the row of each visit."""

    def where(self, keep: Ints) -> "DrawnVisits":
        """Some of them."""
        sent = {name: values[keep] for name, values in self.sent.items()}
        return DrawnVisits(
            self.users[keep], self.at[keep], sent, self.offered[keep], self.rows[keep]
        )

    def numbers(self, line: Line) -> dict[str, Floats]:
        """What is sent, as features hold it."""
        return {c.name: _number(c, self.sent[c.name]) for c in line.context}


class TrafficWorld(Protocol):
    """Who comes, what they send, and what comes of an answer."""

    line: Line
    users: tuple[str, ...]
    items: tuple[str, ...]

    @property
    def entities(self) -> Mapping[str, pa.Table]:
        """The tables of the line's entities, by name."""

    def intensity(self, at: Floats) -> Floats:
        """Visits at a time, in relation to their mean."""

    def visits_until(self, end: datetime) -> float:
        """Visits of the past."""

    def visits(self, rng: np.random.Generator, at: Floats) -> DrawnVisits:
        """Who comes at the times ``at`` [n]."""

    def outcomes(
        self,
        rng: np.random.Generator,
        visits: DrawnVisits,
        shown: Ints,
        effect: Floats,
    ) -> Mapping[str, Floats]:
        """What comes of items ``shown`` [n, w], by outcome [n, w]; ``effect`` [n] is relative."""

    def response(self, answers: Floats) -> Floats:
        """The relative effect of single answers [n] on what comes of them."""


@dataclass(eq=False)
class LineWorld:
    """The invented world of a line; the same line and seed give the same world in every process."""

    line: Line
    start: datetime
    seed: int = 7
    users: tuple[str, ...] = field(init=False)
    items: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        single = isinstance(self.line.exposure, Single)
        self.users = tuple(f"u{k:05d}" for k in range(USERS))
        self.items = (
            (ANSWER,) if single else tuple(f"{self.line.name}-{k:03d}" for k in range(ITEMS))
        )
        self._of_user = {c.name: self._fixed(c) for c in self.line.context if _sender(c) == USER}
        names = {ITEM: self.items, USER: self.users}
        self.entities = {
            e.name: entity_table(self.line, e, names, self.start, self.seed)
            for e in self.line.entities
        }
        self._table = blank_table(self.line, self.entities)
        self.truth = self._truth()

    def visits_until(self, end: datetime) -> float:
        """As many visits of the past as a demo wants."""
        del end
        return PAST_VISITS

    def intensity(self, at: Floats) -> Floats:
        """Visits at POSIX times [n], in relation to their mean."""
        return by_hour(at)

    def visits(self, rng: np.random.Generator, at: Floats) -> DrawnVisits:
        """Who comes at the times ``at`` [n] (POSIX seconds), and what they send."""
        n = len(at)
        users = np.minimum((rng.random(n) ** 1.5 * USERS).astype(np.int64), USERS - 1)
        sent = {
            c.name: self._of_user[c.name][users] if c.name in self._of_user else drawn(rng, c, at)
            for c in self.line.context
        }
        width = min(len(self.items), max(OFFERED, 2 * self.line.list_length))
        offered = rng.random((n, len(self.items))).argpartition(width - 1, axis=1)[:, :width]
        return DrawnVisits(users, np.asarray(at), sent, offered.astype(np.int64), np.arange(n))

    def outcomes(
        self,
        rng: np.random.Generator,
        visits: DrawnVisits,
        shown: Ints,
        effect: Floats,
    ) -> Mapping[str, Floats]:
        """What comes of ``shown`` [n, w] by outcome; 0 where nothing comes."""
        known = known_features(self._table, self.line, self.users, visits, shown)
        return self.truth.drawn(rng, known, shown, effect)

    def response(self, answers: Floats) -> Floats:
        """The relative effect of answers [n] on what comes of them; 0 where it does not depend on them."""
        return self.truth.response(answers)

    def _fixed(self, column: Column) -> Values:
        rng = np.random.default_rng(seed_of(self.seed, self.line.name, column.name))
        return drawn(rng, column, np.full(USERS, self.start.timestamp()))

    def _truth(self) -> LineTruth:
        rng = np.random.default_rng(seed_of(self.seed, self.line.name, "sample"))
        at = self.start.timestamp() - rng.random(SAMPLE) * 28 * 86_400
        visits = self.visits(rng, at)
        known = known_features(self._table, self.line, self.users, visits, visits.offered[:, :1])
        return LineTruth.of(self.line, known.reshape(SAMPLE, -1), self.seed)


def by_hour(at: Floats) -> Floats:
    """Visits at POSIX times [n], in relation to their mean, as the hours of a day have them (UTC)."""
    found: Floats = (HOURS / HOURS.mean())[(np.asarray(at) // 3600 % 24).astype(np.int64)]
    return found


def blank_table(line: Line, entities: Mapping[str, pa.Table]) -> FeatureTable:
    """The line's features where nothing was counted yet: what is known of a visit by itself."""
    if not has_tables(line):
        return SentFeatures(line)
    as_of = datetime(2000, 1, 1, tzinfo=UTC)
    with TemporaryDirectory() as empty:
        write_entities(Path(empty), line, entities)
        counts = features.count(Path(empty), line, as_of)
        items, others = (
            catalog.load_items(Path(empty), line),
            catalog.load_others(Path(empty), line),
        )
    return FeatureTable(as_of, line, items, counts, others)


def write_entities(home: Path, line: Line, entities: Mapping[str, pa.Table]) -> None:
    """Write the tables of a line's entities."""
    for name, table in entities.items():
        catalog.write(home, line, table, name)


def known_features(
    table: FeatureTable, line: Line, users: tuple[str, ...], visits: DrawnVisits, shown: Ints
) -> Floats:
    """Features [n, w, F] of visits with the items ``shown`` [n, w], as a router would serve them."""
    n, width = shown.shape
    names = np.array(users, dtype=object)[visits.users]
    matrix = table.rows(
        users=np.repeat(names, width).tolist(),
        context={name: np.repeat(values, width) for name, values in visits.numbers(line).items()},
        items=shown.ravel(),
        requested_us=np.repeat((visits.at * 1e6).astype(np.int64), width),
    )
    return Guard(line).fitted(matrix)[0].reshape(n, width, -1)


def _sender(column: Column) -> str:
    return str(getattr(column.origin, "of", ""))


def _number(column: Column, values: Values) -> Floats:
    if column.dtype in (DType.CATEGORY, DType.TEXT):
        return codes_of(values.tolist())
    if column.dtype is DType.TIME:
        times = [None if v is None else datetime.fromisoformat(str(v)).timestamp() for v in values]
        return np.array([np.nan if t is None else t * 1e6 for t in times], np.float64)
    return values.astype(np.float64)
