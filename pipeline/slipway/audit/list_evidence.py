"""Were the rows of a group ranked at once, or did they come one after the other? What the rows say."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    LIST_EVIDENCE_FOLLOWS,
    LIST_EVIDENCE_NO_REPEATS,
    LIST_EVIDENCE_ONE_WAY,
    LIST_EVIDENCE_REPEATS,
    LIST_EVIDENCE_UNEVEN,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


NEVER_TWICE = "no list holds one"
"""The weakest evidence: a user may see every item once, too."""


DAY_US = 86_400_000_000


def ranked_at_once(table: Prepared, name: str, lists: Codes) -> str:
    """What shows that column ``name`` counts items that were ranked at once; "" where nothing does.

    ``lists`` [n] are codes of groups, -1 for rows that are not looked at. A date that does not move
    within a group, a score that falls from place to place, items of which no group holds one twice.
    Visits have dates of their own, their measurements follow no count, and doctors come again.
    """
    rows = np.flatnonzero(lists >= 0)
    place = table.values[name][rows]
    if np.median(place) < 1 and (place[place > 0] < 1).any():
        place = 1 / place  # 1/place
    order = rows[np.lexsort((place, lists[rows]))]
    next_to = np.flatnonzero(lists[order[1:]] == lists[order[:-1]])
    here, there = order[next_to], order[next_to + 1]
    if not len(here) or _dates_move(table, here, there):
        return ""
    return next(_evidence(table, name, lists, (here, there)), "")


def _others(table: Prepared, name: str) -> Iterator[str]:
    return (n for n in table.coded if n not in (name, table.group_name))


def _dates_move(table: Prepared, here: Codes, there: Codes) -> bool:
    """Whether some date differs within groups: the rows came one after the other."""
    for name, values in table.values.items():
        if table.kinds.get(name) == "time" and np.mean(values[here] != values[there]) > 1 / 2:
            return True
    return False


def _evidence(
    table: Prepared, name: str, lists: Codes, pairs: tuple[Codes, Codes]
) -> Iterator[str]:
    here, there = pairs
    for other in _others(table, name):
        if other in table.values and table.kinds[other] == "time":
            same = np.mean(table.values[other][here] == table.values[other][there])
            # a day alone may be a person's own: of birth, of a first visit
            of_day = np.mean(table.values[other][here] % DAY_US != 0) > 1 / 2
            if (table.time is not None or of_day) and same >= LIST_EVIDENCE_FOLLOWS:
                yield f"{other} is one time per list"
        elif other in table.values and _falls(table.values[other], here, there):
            yield f"{other} falls from place to place"
        elif _is_item(table.coded[other].code, table.coded[name].code, pairs) and _never_twice(
            table.coded[other].code, table.coded[name].code, lists
        ):
            yield f"{NEVER_TWICE} {other} twice, as chance would"


def _falls(values: Floats, here: Codes, there: Codes) -> bool:
    """Whether a number falls from each place to the next, by uneven steps: a score, no countdown."""
    fall = values[here] - values[there]
    known = np.isfinite(fall)
    moved = known & (fall != 0)
    if moved.sum() <= known.sum() / 2 or np.mean(fall[known] >= 0) < LIST_EVIDENCE_FOLLOWS:
        return False
    return float(fall[moved].std()) > LIST_EVIDENCE_UNEVEN * abs(float(fall[moved].mean()))


def _is_item(code: NDArray[np.int32], place: NDArray[np.int32], pairs: tuple[Codes, Codes]) -> bool:
    """Whether a column varies at each place: no age or day that goes one way, no name of a visit."""
    here, there = pairs
    step = code[there].astype(np.int64) - code[here]
    one_way = max(float(np.mean(step > 0)), float(np.mean(step < 0)))
    size = int(code.max()) + 1
    at, count = np.unique(place[there].astype(np.int64) * size + code[there], return_counts=True)
    most = np.zeros(int(place.max()) + 1)
    np.maximum.at(most, at // size, count)
    return (
        one_way < LIST_EVIDENCE_ONE_WAY and float(most.sum()) / len(there) < LIST_EVIDENCE_ONE_WAY
    )


def _never_twice(code: NDArray[np.int32], place: NDArray[np.int32], lists: Codes) -> bool:
    rows = np.flatnonzero((lists >= 0) & (code > 0))
    if not len(rows):
        return False
    share = np.bincount(code[rows]) / len(rows)
    if _bound_to_places(code[rows], place[rows], share):
        return False
    size = np.bincount(lists[rows]).astype(float)
    expected = float(np.sum(size * (size - 1) / 2) * np.sum(share**2))
    _, count = np.unique(
        lists[rows].astype(np.int64) * (int(code.max()) + 1) + code[rows], return_counts=True
    )
    twice = float(np.sum(count * (count - 1) / 2))
    return expected >= LIST_EVIDENCE_REPEATS and twice <= LIST_EVIDENCE_NO_REPEATS * expected


def _bound_to_places(code: NDArray[np.int32], place: NDArray[np.int32], share: Floats) -> bool:
    """Whether the frequent values stand at one place each, as what describes an alternative does: no ranking moves them."""
    both = np.zeros((len(share), int(place.max()) + 1))
    np.add.at(both, (code, place), 1)
    pure = both.max(axis=1) / np.maximum(both.sum(axis=1), 1)
    return float(np.sum(share**2 * pure)) >= LIST_EVIDENCE_ONE_WAY * float(np.sum(share**2))
