"""Where a loop leads: weeks of a world in which a model is retrained on the clicks of its own lists.

The world has segments of users and items; users click by the position-based model. Source of the design: Chaney et al. (RecSys
2018) and Jiang et al., Degenerate feedback loops in recommender systems (AIES 2019), with an explore arm and rules beside.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.domain.loop import LoopMeasurements, LoopWeek
from slipway.domain.loop_policy import LoopPolicy
from slipway.monitoring.loop_weeks import ArmShown, ExploredLists, ItemSums, item_sums, week_of
from slipway.stats.concentration import entropy

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CONTEXTS = 1_500
"""Different requests of the champion in a week; each comes as often as the traffic says."""
STRENGTH = 20.0
"""Looks that an item's own rate counts beside those of a segment."""
USERS = 997
PARTS = 10


class Learner(StrEnum):
    """What a retrained model makes of clicks."""

    POSITION_BASED = "position_based"  # corrects for places, learns from explored lists, too
    OWN_CLICKS = "own_clicks"  # takes a click rate at its word, from its own lists alone
    POPULAR = "popular"  # counts clicks


@dataclass(frozen=True, slots=True, eq=False)
class LoopWorld:
    """``attraction`` float64[S, I] is P(click | looked at), ``theta`` [K] looks by place, ``segments`` [S] their shares.

    ``offered`` of the items come with a request, ``requests`` in a week; ``rules`` [S, I] are scores that never learn.
    """

    attraction: Array
    theta: Array
    segments: Array
    offered: int
    requests: int
    rules: Array
    explore_share: float
    rules_share: float

    def best(self, rng: np.random.Generator) -> float:
        """Clicks a request of the ranking by the truth."""
        return self.value(self.attraction, rng)

    def value(self, scores: Array, rng: np.random.Generator) -> float:
        """Expected clicks a request of a ranking by ``scores`` [S, I]."""
        segment, items = self.listed(scores, CONTEXTS, rng)
        return float((self.attraction[segment[:, None], items] * self.theta).sum(axis=1).mean())

    def listed(self, scores: Array, lists: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Segments [n] of requests and their lists [n, K], the best of what is offered on top."""
        segment = rng.choice(len(self.segments), lists, p=self.segments)
        offers = self._offers(lists, rng)
        order = np.argsort(-scores[segment[:, None], offers], axis=1, kind="stable")
        return segment, np.take_along_axis(offers, order[:, : len(self.theta)], axis=1)

    def explored(self, lists: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """As :meth:`listed`, by chance alone."""
        segment = rng.choice(len(self.segments), lists, p=self.segments)
        return segment, self._offers(lists, rng)[:, : len(self.theta)]

    def _offers(self, lists: int, rng: np.random.Generator) -> Ints:
        found: Ints = np.argsort(rng.random((lists, self.attraction.shape[1])), axis=1)
        return found[:, : self.offered]


class Simulated(NamedTuple):
    """The weeks as the gate sees them, and ``value``: clicks of the model's lists over the best possible, by week."""

    measured: LoopMeasurements
    value: tuple[float, ...]


class _Shown(NamedTuple):
    segment: Ints
    items: Ints
    clicks: Array
    times: int


def simulate(
    world: LoopWorld,
    learner: Learner,
    start: Array,
    weeks: int,
    policy: LoopPolicy,
    rng: np.random.Generator,
    believed: Array | None = None,
    memory: int = 4,
    progress: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """``weeks`` of retraining each week on the last ``memory`` weeks, from the scores ``start`` [S, I] on.

    ``believed`` [K] are the looks that learner and gate believe in, where they are wrong. ``progress`` is told each week.
    """
    theta = world.theta if believed is None else believed
    best, scores = world.best(rng), start
    history: list[tuple[_Shown, _Shown]] = []
    sums: list[ItemSums] = []
    measured: list[LoopWeek] = []
    value: list[float] = []
    for at in range(weeks):
        model, explored = _model_week(world, scores, rng), _explored_week(world, rng)
        lists = _lists(explored, scores, theta, rng)
        arms = _arms(world, model, explored, rng)
        measured.append(week_of(f"week {at + 1:02d}", learner, lists, sums, arms, theta, policy))
        sums.append(item_sums(lists, *world.attraction.shape))
        history.append((model, explored))
        value.append(world.value(scores, rng) / best)
        scores = _trained(history[-memory:], learner, theta, start.shape)
        progress(at + 1)
    return Simulated(LoopMeasurements(learner.value, tuple(measured)), tuple(value))


def _model_week(world: LoopWorld, scores: Array, rng: np.random.Generator) -> _Shown:
    """Requests of the champion; each of :data:`CONTEXTS` lists comes many times."""
    segment, items = world.listed(scores, CONTEXTS, rng)
    share = 1 - world.explore_share - world.rules_share
    times = max(1, round(world.requests * share / CONTEXTS))
    rate = world.attraction[segment[:, None], items] * world.theta
    return _Shown(segment, items, rng.binomial(times, rate).astype(np.float64), times)


def _explored_week(world: LoopWorld, rng: np.random.Generator) -> _Shown:
    segment, items = world.explored(max(1, round(world.requests * world.explore_share)), rng)
    rate = world.attraction[segment[:, None], items] * world.theta
    return _Shown(segment, items, (rng.random(rate.shape) < rate).astype(np.float64), 1)


def _lists(shown: _Shown, scores: Array, theta: Array, rng: np.random.Generator) -> ExploredLists:
    return ExploredLists(
        shown.segment,
        rng.integers(0, USERS, len(shown.segment)),
        shown.items,
        scores[shown.segment[:, None], shown.items],
        shown.clicks,
        np.broadcast_to(theta, shown.items.shape),
    )


def _arms(
    world: LoopWorld, model: _Shown, explored: _Shown, rng: np.random.Generator
) -> dict[str, ArmShown]:
    found = {"champion": _arm(world, model), "explore": _arm(world, explored)}
    if world.rules_share:
        found["rules"] = _arm(
            world, _Shown(*world.listed(world.rules, CONTEXTS, rng), model.clicks, model.times)
        )
    return found


def _arm(world: LoopWorld, shown: _Shown) -> ArmShown:
    """By tenths of the lists; segments stand for users."""
    segments, items = world.attraction.shape
    part = np.arange(len(shown.items)) % PARTS
    cells = (part[:, None] * items + shown.items).ravel()
    by_part = (
        np.bincount(cells, minlength=PARTS * items).reshape(PARTS, items).astype(np.float64)
        * shown.times
    )
    own = (shown.segment[:, None] * items + shown.items).ravel()
    counts = np.bincount(own, minlength=segments * items).reshape(segments, items)
    return ArmShown(by_part, entropy(counts[counts.any(axis=1)].astype(np.float64)))


def _trained(
    history: Sequence[tuple[_Shown, _Shown]], learner: Learner, theta: Array, shape: tuple[int, ...]
) -> Array:
    """Click rates by segment and item, smoothed by the item's own and the item's by that of all."""
    clicks, looks = np.zeros(shape), np.zeros(shape)
    for model, explored in history:
        fair = learner is Learner.POSITION_BASED
        for shown in (model, explored) if fair else (model,):
            looked = (theta if fair else np.ones_like(theta)) * shown.times
            cell = (shown.segment[:, None], shown.items)
            np.add.at(clicks, cell, shown.clicks)
            np.add.at(looks, cell, np.broadcast_to(looked, shown.items.shape))
    if learner is Learner.POPULAR:
        looks[:] = looks.mean()
    level = clicks.sum() / looks.sum()
    item = (clicks.sum(axis=0) + STRENGTH * level) / (looks.sum(axis=0) + STRENGTH)
    found: Array = (clicks + STRENGTH * item) / (looks + STRENGTH)
    return found
