"""A world fitted to a line's own log: what chance's clicks say of its items, as far as they say it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import NotComputable
from slipway.monitoring.loop_rows import LogWeek
from slipway.monitoring.loop_simulation import LoopWorld
from slipway.stats.shadow_gap import corrections

Array = npt.NDArray[np.float64]

FEWEST_CLICKS = 200
"""Explored clicks below which no world is fitted."""
_LEAST, _MOST = 1e-4, 0.98


class FittedWorld(NamedTuple):
    """The world, and the scores [S, I] with which the model of the newest week begins in it."""

    world: LoopWorld
    start: Array
    clicks: float
    lists: int


class _Sums(NamedTuple):
    clicks: Array
    looks: Array
    scores: Array
    scored: Array


def fitted(
    line: str, weeks: Sequence[LogWeek], explore_share: float, rules_share: float
) -> FittedWorld:
    """Attraction by segment and item from explored lists, drawn to the item's and all items' rate.

    Raises NotComputable with fewer than :data:`FEWEST_CLICKS` explored clicks.
    """
    segments, items = (
        _names(each) for each in ((w.segments for w in weeks), (w.items for w in weeks))
    )
    every = [_sums(week, segments, items) for week in weeks]
    clicks, looks = sum(s.clicks for s in every), sum(s.looks for s in every)
    found = float(np.sum(clicks))
    if found < FEWEST_CLICKS:
        raise NotComputable(
            f"explored clicks of {line}",
            found=round(found),
            expected=f"at least {FEWEST_CLICKS}",
            next_step="wait for more weeks of the explore arm: no world can be fitted to fewer",
        )
    level = found / float(np.sum(looks))
    attraction = np.clip(
        level * corrections(np.asarray(clicks), np.asarray(looks) * level), _LEAST, _MOST
    )
    rules = _rules(weeks, items)
    world = LoopWorld(
        attraction,
        _theta(weeks),
        _shares(weeks, segments),
        min(len(items), weeks[-1].offered),
        max(1, round(float(np.mean([w.requests for w in weeks])))),
        np.broadcast_to(rules, attraction.shape),
        explore_share,
        rules_share if rules.any() else 0.0,
    )
    lists = sum(len(week.lists.user) for week in weeks)
    return FittedWorld(world, _start(every, level), found, lists)


def _names(weeks: Iterable[tuple[str, ...]]) -> dict[str, int]:
    names = sorted({name for week in weeks for name in week})
    return {name: at for at, name in enumerate(names)}


def _sums(week: LogWeek, segments: dict[str, int], items: dict[str, int]) -> _Sums:
    """Sums of a week's explored lists in the codes of all weeks."""
    segment = np.array([segments[name] for name in week.segments], int)[week.lists.segment]
    item = np.array([items[name] for name in week.items], int)[week.lists.items]
    there = week.lists.items.ravel() >= 0
    cell = (segment[:, None] * len(items) + item).ravel()[there]
    shape = (len(segments), len(items))

    def added(values: Array) -> Array:
        sums = np.bincount(cell, weights=values.ravel()[there], minlength=shape[0] * shape[1])
        return sums.astype(np.float64).reshape(shape)

    lists = week.lists
    return _Sums(
        added(lists.clicked),
        added(lists.looked),
        added(lists.scores),
        added(np.ones(lists.items.shape)),
    )


def _start(every: Sequence[_Sums], level: float) -> Array:
    """Mean score by segment and item of the newest weeks; of cells never scored the item's, or the level."""
    scores, scored = (
        np.sum([getattr(s, n) for s in every[-2:]], axis=0) for n in ("scores", "scored")
    )
    of_item = _mean(scores.sum(axis=0), scored.sum(axis=0), np.full(scores.shape[1], level))
    return _mean(scores, scored, np.broadcast_to(of_item, scores.shape))


def _mean(total: Array, count: Array, otherwise: Array) -> Array:
    found: Array = np.divide(total, count, out=otherwise.copy(), where=count > 0)
    return found


def _theta(weeks: Sequence[LogWeek]) -> Array:
    found: Array = np.mean([week.theta for week in weeks], axis=0)
    return found


def _shares(weeks: Sequence[LogWeek], segments: dict[str, int]) -> Array:
    count = np.zeros(len(segments))
    for week in weeks:
        codes = np.array([segments[name] for name in week.segments], int)
        np.add.at(count, codes[week.lists.segment], 1.0)
    shares: Array = count / count.sum()
    return shares


def _rules(weeks: Sequence[LogWeek], items: dict[str, int]) -> Array:
    """How often the rules show an item, as their score: they do not learn."""
    shown = np.zeros(len(items))
    for week in weeks:
        if "rules" in week.arms:
            codes = np.array([items[name] for name in week.items], int)
            np.add.at(shown, codes, week.arms["rules"].shown.sum(axis=0))
    return np.log1p(shown)
