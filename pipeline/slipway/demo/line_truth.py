"""What really comes of an answer in an invented world: what the rules say, and what they do not know."""

import math
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Self

import numpy as np

from slipway.demo.column_draws import Floats, Ints, seed_of
from slipway.domain.line import AsOf, Column, Line, Outcome, OutcomeKind

LEAST_RATE = 0.2
"""Below it outcomes would take more traffic to decide on than a demo has."""
STRENGTH = {
    OutcomeKind.BINARY: 0.8,
    OutcomeKind.COUNT: 0.4,
    OutcomeKind.AMOUNT: 0.5,
    OutcomeKind.CONTINUOUS: 0.35,
}
"""Standard deviation of all columns' effects together (log odds, or log of the mean)."""
TASTE = 0.5
"""Standard deviation of an item's own appeal, and of a group's taste for a category (log odds)."""
TINY = 1e-6
NOISE = 0.2
"""Standard deviation of a measured outcome around what it should be, relative to it."""
NOTHING_SHARE = 0.4
"""Share of amounts that are 0."""
UNATTENDED = 0.8
"""Share of a chance that is lost where the answer says that there is none."""
ATTENDED_FROM = 0.4
"""Of the usual chance: whoever is answered that much is attended to. A model learns from what its predecessor
was answered, so that with a higher bar it would learn to leave the same people alone, and gain nothing.
"""
EXAMINATION = 0.6
"""A place k of a list is looked at with probability k to the power of minus this."""


@dataclass(frozen=True, eq=False)
class LineTruth:
    """The truth of a line; ``shift`` is added to the rules' log odds, ``spread`` is that of their answers.

    ``low`` and ``high`` [F] are the usual ends of each feature.
    """

    line: Line
    seed: int
    low: Floats
    high: Floats
    shift: float
    spread: float
    positive: bool
    rate: float = 0.0

    @classmethod
    def of(cls, line: Line, sample: Floats, seed: int) -> Self:
        """The truth, on the scale of a sample of features [m, F]."""
        answers = rules_score(line, sample)
        with np.errstate(all="ignore"):
            some = np.where(np.isnan(sample).all(axis=0), 0.0, sample)
            low, high = np.nanquantile(some, (0.05, 0.95), axis=0)
        size = float(answers.std()) or float(np.abs(answers).mean()) or 1.0
        shift = 0.0
        if line.primary.kind is OutcomeKind.BINARY:
            mean = min(max(float(answers.mean()), 1e-4), 0.9)
            shift = max(0.0, _logit(LEAST_RATE) - _logit(mean))
        found = cls(line, seed, low, high, shift, size, bool(answers.min() >= 0))
        items = np.zeros(len(sample), np.int64)
        rate = float(found.mean(sample, items).mean())
        return replace(found, rate=rate)

    def response(self, answers: Floats) -> Floats:
        """The relative effect [n] of single answers on what comes of them, where it depends on them.

        People attend to whom the answer does not call hopeless: below a share of the usual it is lost.
        """
        of = self.line.primary
        if self.line.kind != "prediction" or of.exogenous or of.kind is not OutcomeKind.BINARY:
            return np.zeros(len(answers))
        reach = np.clip(answers / max(ATTENDED_FROM * self.rate, TINY), 0.0, 1.0)
        return np.asarray(UNATTENDED * (reach - 1), np.float64)

    def mean(self, known: Floats, items: Ints) -> Floats:
        """Expected primary outcomes [m] (a probability, where it is binary) of known features [m, F]."""
        said, unknown = rules_score(self.line, known), self._unknown(known, items)
        if self.line.primary.kind is OutcomeKind.BINARY:
            odds = np.log(np.clip(said, 1e-4, 0.95) / (1 - np.clip(said, 1e-4, 0.95)))
            found: Floats = 1 / (1 + np.exp(-(odds + self.shift + unknown)))
            return found
        return said * np.exp(unknown) if self.positive else said + self.spread * unknown

    def drawn(
        self, rng: np.random.Generator, known: Floats, shown: Ints, effect: Floats
    ) -> dict[str, Floats]:
        """Outcomes by name [n, w] of features [n, w, F]; ``effect`` [n] is relative."""
        n, width = shown.shape
        flat = known.reshape(n * width, -1)
        mean = self.mean(flat, shown.ravel()).reshape(n, width)
        looked = np.arange(1, width + 1) ** -EXAMINATION
        primary = self.line.primary
        first = _values(rng, primary, mean * looked * (1 + effect[:, None]))
        found = {primary.name: first}
        for other in self.line.outcomes:
            if other.name != primary.name:
                found[other.name] = _follows(rng, other, first)
        return found

    def _unknown(self, known: Floats, items: Ints) -> Floats:
        """What the rules do not know [m]."""
        columns = [
            (place, c)
            for place, c in enumerate(self.line.features)
            if not isinstance(c.origin, AsOf)
        ]
        each = STRENGTH[self.line.primary.kind] * math.sqrt(1 / max(1, len(columns)))
        total = np.zeros(len(known))
        for place, column in columns:
            total += each * self._effect(column, place, known[:, place])
        if self.line.list_length > 1:
            total += TASTE * self._normals("item", items.astype(np.float64))
            if self.line.group is not None:
                total += TASTE * self._normals("taste", self._pair(known))
        return total

    def _pair(self, known: Floats) -> Floats:
        """A number for each group of users and category of items."""
        names = [c.name for c in self.line.features]
        group = known[:, names.index(self.line.group.name)] if self.line.group else 0.0
        category = known[:, names.index(self.line.category.name)]
        return np.remainder(group, _PRIME) * _PRIME + np.remainder(category, _PRIME)

    def _effect(self, column: Column, place: int, values: Floats) -> Floats:
        """A column's effect [m], of about unit size: by value of a category, smooth along a number."""
        if column.dtype.is_category:
            return self._normals(column.name, values)
        span = self.high[place] - self.low[place]
        share = np.clip((values - self.low[place]) / (span or 1.0), 0.0, 1.0)
        turn, phase = 0.5 + self._drawn(column.name, "turn") / 2, self._drawn(column.name, "phase")
        found = math.sqrt(2) * np.sin(2 * np.pi * (turn * share + phase))
        return np.asarray(np.where(np.isnan(values), 0.0, found), np.float64)

    def _drawn(self, *words: object) -> float:
        return seed_of(self.seed, self.line.name, *words) % 9973 / 9973

    def _normals(self, what: str, values: Floats) -> Floats:
        """A normal number for each different value [m]; 0 for a missing one."""
        different, place = np.unique(values, return_inverse=True)
        normals = [
            0.0
            if math.isnan(v)
            else float(np.random.default_rng(seed_of(self.seed, self.line.name, what, v)).normal())
            for v in different.tolist()
        ]
        found: Floats = np.array(normals)[place]
        return found


_PRIME = 1_000_003
"""Codes of words are large: two of them fit into one exact number below its square."""


def rules_score(line: Line, known: Floats) -> Floats:
    """What the line's rules answer [m] to features [m, F]."""
    found: Floats = np.asarray(import_module(line.rules).score(known), np.float64)
    return found


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def _values(rng: np.random.Generator, of: Outcome, mean: Floats) -> Floats:
    """Outcomes of a kind around their mean."""
    match of.kind:
        case OutcomeKind.BINARY:
            return (rng.random(mean.shape) < mean).astype(np.float64)
        case OutcomeKind.COUNT:
            return rng.poisson(np.maximum(mean, 0.0)).astype(np.float64)
        case OutcomeKind.AMOUNT:
            comes = rng.random(mean.shape) >= NOTHING_SHARE
            size = (
                np.maximum(mean, 0.0) / (1 - NOTHING_SHARE) * rng.lognormal(-0.08, 0.4, mean.shape)
            )
            return np.asarray(np.round(np.where(comes, size, 0.0), 2), np.float64)
        case _:
            return mean + NOISE * np.abs(mean) * rng.normal(size=mean.shape)


def _follows(rng: np.random.Generator, of: Outcome, first: Floats) -> Floats:
    """Another outcome, higher where the primary one is: what is known later knows the label."""
    high = first > np.median(first)
    if of.kind is OutcomeKind.BINARY:
        return (rng.random(first.shape) < np.where(high, 0.6, 0.1)).astype(np.float64)
    return np.round(rng.gamma(2.0, 100.0, first.shape) * np.where(high, 2.5, 1.0))
