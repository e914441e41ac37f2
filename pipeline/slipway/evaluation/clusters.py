"""Measure a week's clusters against those they follow, and say of each moved post why it moved."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.stats.matching import common_members, lineage
from slipway.training.clusters.state import State, Week

REJECT_BELOW = 0.1
"""Jaccard index under which two clusters are not called the same without looking at ids."""

FAIR_SHARE = 0.25


SAID = 100
"""Characters of a moved post's text that are shown."""


class Move(NamedTuple):
    """A post that changed its cluster, why, and how its text begins."""

    post: str
    before: int
    after: int
    why: str
    said: str


def measure(week: Week, follows: str | None, interval_end: datetime) -> ClusterMeasurements:
    """What the gates judge; ``follows`` is the champion's version whose ids were carried."""
    state, known = week.state, week.before >= 0
    kept, matched, twice = 0, 0, 0
    flows: tuple[tuple[int, int, int], ...] = ()
    if known.any():
        moved = common_members(week.before[known], state.labels[known])
        kept = int((week.before[known] == state.labels[known]).sum())
        places = zip(*np.nonzero(moved.members), strict=True)
        flows = tuple(
            (int(moved.before[i]), int(moved.after[j]), int(moved.members[i, j])) for i, j in places
        )
        found = lineage(moved, reject_below=REJECT_BELOW, fair_share=FAIR_SHARE)
        twice = len(np.intersect1d(moved.before, moved.after))
        matched = sum(before == after for before, after in found.pairs)
    return ClusterMeasurements(
        interval_end=interval_end,
        follows=follows,
        posts=len(state.posts),
        sizes={str(cluster.id): cluster.posts for cluster in state.clusters},
        common=int(known.sum()),
        kept=kept,
        living_twice=twice,
        rematched=matched,
        born=week.born,
        split_off=tuple(week.parents),
        merged=tuple(week.merged),
        retired=week.retired,
        inertia=week.inertia,
        known_words=week.known_words,
        flows=flows,
    )


def moves(week: Week, last: State, texts: Sequence[str]) -> list[Move]:
    """The posts that changed their cluster, by id; ``texts`` are n strings, as ``week``'s posts."""
    state = week.state
    place = np.searchsorted(last.posts, state.posts)
    found = []
    for row in np.flatnonzero((week.before >= 0) & (week.before != state.labels)).tolist():
        before, after = int(week.before[row]), int(state.labels[row])
        edited = int(last.texts[place[row]]) != int(state.texts[row])
        said = " ".join(texts[row].split())
        said = said if len(said) <= SAID else said[: SAID - 1] + "…"
        why = _why(week, before, after, edited)
        found.append(Move(str(state.posts[row]), before, after, why, said))
    return found


def sorted_alike(texts: Sequence[str], candidate: State, champion: State) -> int:
    """How many of ``texts`` both sort into the same id, or into one that the other does not have."""
    if not texts:
        return 0
    mine, theirs = candidate.sorter.sort(texts), champion.sorter.sort(texts)
    alone = ~np.isin(mine, champion.sorter.ids) | ~np.isin(theirs, candidate.sorter.ids)
    return int(((mine == theirs) | alone).sum())


def _why(week: Week, before: int, after: int, edited: bool) -> str:
    if edited:
        return "its own text was edited"
    if after in week.born:
        return f"a new topic took it: cluster {after} was born"
    if after in week.parents:
        parent = week.parents[after]
        said = f"cluster {after} was split off from cluster {parent}"
        near = before == parent
        return said if near else f"{said}: this post of cluster {before} lies nearer to it"
    if before in week.merged:
        said = f"cluster {before} was merged into cluster {week.merged[before]}"
        near = after == week.merged[before]
        return said if near else f"{said}: this post lies nearer to cluster {after}"
    if before in week.retired:
        return f"cluster {before} was retired"
    return f"the words around it changed: it lies clearly nearer to cluster {after} now"


def counts(found: Sequence[Move]) -> list[tuple[str, int]]:
    """How many posts moved for each kind of reason, most first."""
    kinds = [move.why.split(":", maxsplit=1)[0] for move in found]
    tally = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    return sorted(tally.items(), key=lambda item: (-item[1], item[0]))
