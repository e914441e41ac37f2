"""Which group of this week is which group of last week?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]


class CommonMembers(NamedTuple):
    """Members counted by where they were and where they are: ``members`` int64[B, A].

    ``before`` int64[B] and ``after`` int64[A] are the group ids, ascending. Only members that are
    there both times are counted.
    """

    before: Ints
    after: Ints
    members: Ints


class Lineage(NamedTuple):
    """What became of the groups.

    ``pairs`` are (before, after) ids of the one-to-one matching. ``births`` are groups without a
    partner, ``deaths`` those that found none. ``splits`` maps a group before to the two or more
    groups after that each hold a fair share of its members; ``merges`` maps a group after to the
    two or more groups before that each gave it a fair share of its members.
    """

    pairs: tuple[tuple[int, int], ...]
    births: tuple[int, ...]
    deaths: tuple[int, ...]
    splits: dict[int, tuple[int, ...]]
    merges: dict[int, tuple[int, ...]]


def common_members(before: ArrayLike, after: ArrayLike) -> CommonMembers:
    """Count members by their group ``before`` int[n] and ``after`` int[n].

    Raises ValueError for different lengths or no member at all.

    >>> common_members([1, 1, 2], [7, 8, 8]).members.tolist()
    [[1, 1], [0, 1]]
    """
    a, b = np.asarray(before), np.asarray(after)
    if a.shape != b.shape or a.ndim != 1 or not a.size:
        raise ValueError(
            f"groups of shape {a.shape} and {b.shape}: equal [n], n >= 1, are compared"
        )
    rows, row = np.unique(a, return_inverse=True)
    columns, column = np.unique(b, return_inverse=True)
    count = np.bincount(row * len(columns) + column, minlength=len(rows) * len(columns))
    return CommonMembers(
        rows.astype(np.int64), columns.astype(np.int64), count.reshape(len(rows), len(columns))
    )


def jaccard(moved: CommonMembers) -> NDArray[np.float64]:
    """|B and A| / |B or A| of every pair of groups, float64[B, A]."""
    sums = moved.members.sum(axis=1, keepdims=True) + moved.members.sum(axis=0, keepdims=True)
    return np.asarray(moved.members / (sums - moved.members))


def lineage(moved: CommonMembers, *, reject_below: float, fair_share: float) -> Lineage:
    """Match groups one to one, so that the sum of their Jaccard indices is largest (Kuhn 1955).

    A pair whose index is under ``reject_below`` in [0, 1] is no pair: its groups died and were
    born. ``fair_share`` in (0, .5] says from where on a flow counts as part of a split or merge.
    """
    from scipy.optimize import linear_sum_assignment

    likeness = jaccard(moved)
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    fits = [(i, j) for i, j in zip(rows, columns, strict=True) if likeness[i, j] >= reject_below]
    fits = [(i, j) for i, j in fits if moved.members[i, j]]
    pairs = tuple((int(moved.before[i]), int(moved.after[j])) for i, j in fits)
    given = moved.members / moved.members.sum(axis=1, keepdims=True) >= fair_share
    taken = moved.members / moved.members.sum(axis=0, keepdims=True) >= fair_share
    return Lineage(
        pairs,
        tuple(int(i) for i in np.setdiff1d(moved.after, [after for _, after in pairs])),
        tuple(int(i) for i in np.setdiff1d(moved.before, [before for before, _ in pairs])),
        _groups(moved.before, moved.after, given),
        _groups(moved.after, moved.before, taken.T),
    )


def _groups(ids: Ints, others: Ints, fair: NDArray[np.bool_]) -> dict[int, tuple[int, ...]]:
    found = {int(i): tuple(int(o) for o in others[row]) for i, row in zip(ids, fair, strict=True)}
    return {i: parts for i, parts in found.items() if len(parts) > 1}
