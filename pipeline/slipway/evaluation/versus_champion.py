"""The candidate against the current champion: loss in every segment, and what users would see."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from slipway.artifact.ranker import Array, Ranker
from slipway.data.words import name_of
from slipway.domain.line import Column, DType, Line
from slipway.domain.measurement import Difference, Segment
from slipway.domain.stability import Chance, Turnover
from slipway.evaluation import floor, heldout, lists
from slipway.evaluation import model_distance as between
from slipway.evaluation.floor import Answered
from slipway.evaluation.heldout import HeldOut, Scored
from slipway.evaluation.lists import Lists
from slipway.evaluation.model_distance import Answers
from slipway.stats.overlap import Exchange
from slipway.stats.paired import paired_difference

SEGMENT_ROWS = 300
"""Rows below which a segment's loss says nothing; it is then left out."""

TURNOVER_PLACES = 100
"""Places below which a class's turnover says nothing; it is then left out."""


class Floor(NamedTuple):
    """Small fits that differ by chance alone, and how each answers."""

    fits: Sequence[Answered]
    answers: Sequence[Answers]


def losses(line: Line, week: HeldOut, candidate: Scored, champion: Scored) -> dict[str, Any]:
    """Loss and ranking on the held-out rows, by field of the measurements."""
    return {
        "log_loss_diff_champion": Difference(*heldout.compare_loss(candidate, champion, week)),
        "ndcg_diff_champion": Difference(*heldout.compare_ndcg(candidate, champion, week)),
        "segments": segments(line, week, candidate, champion),
    }


def segments(line: Line, week: HeldOut, candidate: Scored, champion: Scored) -> tuple[Segment, ...]:
    """Relative log-loss difference in each value of each of the line's segment columns."""
    found = []
    for name in line.segments:
        values = week.rows.column(line, name)
        for code in np.unique(values[~np.isnan(values)]):
            keep = values == code
            user = week.user[keep]
            if len(user) < SEGMENT_ROWS or user.min() == user.max():
                continue
            mean, se = paired_difference(candidate.loss[keep], champion.loss[keep], user)
            found.append(Segment(f"{name}={_value(line.column(name), code)}", mean, se, len(user)))
    return tuple(found)


def _value(column: Column, code: float) -> str:
    """A segment's value: the code as it is logged, or the string."""
    return f"{code:g}" if column.dtype is DType.CODE else name_of((), code)


def rankings(
    line: Line,
    week: HeldOut,
    offered: Lists,
    theta: Array,
    candidate: Ranker,
    champion: Ranker,
    chance: Floor,
) -> dict[str, Any]:
    """What would change in the lists, beside what chance alone changes."""
    categories, groups = sizes(offered)
    mine, theirs = (between.answers(arm, week, theta, offered) for arm in (candidate, champion))
    seen = between.distances(theirs, mine, categories)
    floors = distances_by_chance(chance, categories)
    before, after = lists.mix(theirs.ranked, categories), lists.mix(mine.ranked, categories)
    won, lost = between.pairs(
        candidate.score(week.rows.features)[1], champion.score(week.rows.features)[1], week
    )
    return {
        "moved": seen,
        "top_k_overlap": 1 - seen["churn"],
        "churn": seen["churn"],
        "overlap_floor": 1 - floors["churn"].total,
        "category_mix_distance": seen["category_mix"],
        "category_mix_floor": floors["category_mix"].total,
        "category_mix_by_category": tuple(
            (name, float(before[code]), float(after[code]))
            for code, name in enumerate(offered.categories)
            if before[code] or after[code]
        ),
        "turnover": tuple(
            turnover(
                [*offered.categories, *(f"{_group(line)}={name}" for name in offered.groups)],
                between.exchanges(theirs, mine, offered, categories, groups),
                _gone_by_chance(chance, offered),
            )
        ),
        "pairs_won": won,
        "pairs_lost": lost,
    }


def sizes(offered: Lists) -> tuple[int, int]:
    """Number of the items' category codes and of user group codes."""
    return len(offered.categories), len(offered.groups)


def distances_by_chance(chance: Floor, categories: int) -> dict[str, Chance]:
    """The floor of every distance between two models."""
    found = chance.answers
    return floor.chance_of_pairs(
        chance.fits, lambda i, j: between.distances(found[i], found[j], categories)
    )


def turnover(names: Sequence[str], seen: Exchange, by_chance: Array) -> Iterator[Turnover]:
    """Places gone and new of each class that has enough of them."""
    for code, name in enumerate(names):
        had, have = float(seen.had[code]), float(seen.have[code])
        if had >= TURNOVER_PLACES:
            gone, new = float(seen.gone[code]) / had, float(seen.new[code]) / max(have, 1.0)
            yield Turnover(name, gone, new, float(by_chance[code]), int(had))


def _gone_by_chance(chance: Floor, offered: Lists) -> Array:
    """Share of each class's places that are gone between models that differ by chance."""
    categories, groups = sizes(offered)
    had = gone = np.zeros(categories + groups)
    for i, j in floor.data_pairs(chance.fits):
        for first, second in ((i, j), (j, i)):
            answers = chance.answers[first], chance.answers[second]
            one = between.exchanges(*answers, offered, categories, groups)
            had, gone = had + one.had, gone + one.gone
    return floor.shrunk(gone / np.maximum(had, 1.0))


def _group(line: Line) -> str:
    return line.group.name if line.group else "users"
