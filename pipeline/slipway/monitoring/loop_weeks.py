"""A week of a line as its loop is judged: what explored lists say of the model, and what each arm showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.domain.loop import LoopWeek
from slipway.domain.loop_policy import LoopPolicy
from slipway.stats.concentration import Concentration, concentration
from slipway.stats.shadow_gap import Gap, corrections, shadow_gap

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PARTS = 10
"""Parts of the users by which the noise of one week's concentration is known."""


@dataclass(frozen=True, slots=True, eq=False)
class ExploredLists:
    """Lists of the explore arm [n, K]: the item of each place, the model's ``scores``, clicks, and looks of the place.

    ``segment`` and ``user`` [n] are codes from 0. Shorter lists are filled up with item -1. Where places were given ``by_chance``,
    each click says as much as any other, and none is weighed by its place.
    """

    segment: Ints
    user: Ints
    items: Ints
    scores: Array
    clicked: Array
    looked: Array
    by_chance: bool = True


class ItemSums(NamedTuple):
    """Explored clicks of a week, and those that the model expected, float64[S, I]: they add up over weeks."""

    clicks: Array
    expected: Array


class ArmShown(NamedTuple):
    """What an arm showed in a week: exposures [parts, I] by tenth of the users, and entropies [U] of its users' items."""

    shown: Array
    of_users: Array


def item_sums(lists: ExploredLists, segments: int, items: int) -> ItemSums:
    """Sums of explored lists by segment and item; expected clicks have the level of those that came."""
    cell = (lists.segment[:, None] * items + lists.items).ravel()
    there = lists.items.ravel() >= 0

    def added(values: Array) -> Array:
        sums = np.bincount(cell[there], weights=values.ravel()[there], minlength=segments * items)
        return sums.astype(np.float64).reshape(segments, items)

    clicks, expected = added(lists.clicked), added(lists.scores * lists.looked)
    level = clicks.sum() / expected.sum() if expected.sum() else 0.0
    return ItemSums(clicks, expected * level)


def week_of(
    week: str,
    version: str,
    lists: ExploredLists,
    past: Sequence[ItemSums],
    arms: Mapping[str, ArmShown],
    theta: Array,
    policy: LoopPolicy,
) -> LoopWeek:
    """The week beside the explored clicks of the weeks before it, of which ``gap_weeks`` are needed."""
    known = {arm: part for arm, part in arms.items() if part.shown.sum()}
    return LoopWeek(
        week,
        version,
        _gap(lists, past, theta, policy),
        {arm: _concentration(part, policy) for arm, part in known.items()},
        _floor(known, policy),
    )


def _gap(
    lists: ExploredLists, past: Sequence[ItemSums], theta: Array, policy: LoopPolicy
) -> Gap | None:
    """None where it is not known: too few weeks before, or no click."""
    before = past[-policy.reference_weeks :]
    if len(before) < policy.gap_weeks or not len(lists.user):
        return None
    factors = corrections(sum(p.clicks for p in before), sum(p.expected for p in before))  # type: ignore[arg-type]
    there = lists.items >= 0
    chosen = np.where(there, factors[lists.segment[:, None], lists.items], 1.0)
    scores = np.where(there, lists.scores, 0.0)
    try:
        return shadow_gap(
            scores,
            chosen,
            lists.clicked,
            lists.looked,
            theta,
            lists.user,
            1.0 if lists.by_chance else policy.gap_clip,
        )
    except ValueError:  # nothing was clicked, or by one user: not known
        return None


def _concentration(part: ArmShown, policy: LoopPolicy) -> Concentration:
    return concentration(
        part.shown.sum(axis=0), part.of_users, policy.top_items, policy.discoverable_from
    )


def _floor(arms: Mapping[str, ArmShown], policy: LoopPolicy) -> Concentration:
    """The noise of the champion's concentration beside the others, by leaving out each tenth of the users."""
    champion = arms.get("champion")
    if champion is None or len(champion.shown) < 2:  # noqa: PLR2004 - a variance needs two
        return Concentration(*[0.0] * len(Concentration._fields))
    whole, parts = champion.shown.sum(axis=0), len(champion.shown)
    left = np.array(
        [
            concentration(
                (whole - one) * parts / (parts - 1),
                champion.of_users,
                policy.top_items,
                policy.discoverable_from,
            )
            for one in champion.shown
        ]
    )
    spread = np.sqrt((parts - 1) / parts * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    return Concentration(*spread.tolist())
