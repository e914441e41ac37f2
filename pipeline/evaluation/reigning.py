"""The candidate against the reigning champion: loss in every segment, and what users would see."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.domain.line import Line
from pipeline.domain.measurement import Difference, Segment
from pipeline.evaluation import heldout, lists
from pipeline.evaluation.heldout import Scored, Week
from pipeline.evaluation.lists import Lists
from pipeline.evaluation.rankers import Ranker
from pipeline.lines.feed import GENRES
from pipeline.stats.paired import paired_difference

SEGMENT_ROWS = 300
"""Rows below which a segment's loss says nothing; it is then left out."""


def losses(line: Line, week: Week, candidate: Scored, champion: Scored) -> dict[str, Any]:
    """Loss and ranking on the held-out rows, by field of the measurements."""
    return {
        "log_loss_diff_champion": Difference(*heldout.compare_loss(candidate, champion, week)),
        "ndcg_diff_champion": Difference(*heldout.compare_ndcg(candidate, champion, week)),
        "segments": segments(line, week, candidate, champion),
    }


def segments(line: Line, week: Week, candidate: Scored, champion: Scored) -> tuple[Segment, ...]:
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
            found.append(Segment(f"{name}={code:g}", mean, se, len(user)))
    return tuple(found)


def rankings(
    line: Line, offered: Lists, candidate: Ranker, champion: Ranker, seeds: Sequence[Ranker]
) -> dict[str, Any]:
    """What would change in the lists, beside what a change of seed alone changes."""
    mine = lists.rank(candidate, offered, line.list_length)
    theirs = lists.rank(champion, offered, line.list_length)
    genres = max(len(GENRES), int(offered.genre.max()) + 1)
    reseeded = [lists.rank(seed, offered, line.list_length) for seed in seeds]
    shared_floor, moved_floor = lists.floors(reseeded, genres)
    shared = lists.overlap(mine, theirs)
    before, after = lists.mix(theirs, genres), lists.mix(mine, genres)
    return {
        "top_k_overlap": shared,
        "churn": 1 - shared,
        "overlap_floor": shared_floor,
        "genre_mix_distance": lists.mix_distance(mine, theirs, genres),
        "genre_mix_floor": moved_floor,
        "genre_mix_by_genre": tuple(
            (name, float(before[code]), float(after[code]))
            for code, name in enumerate(GENRES)
            if before[code] or after[code]
        ),
    }
