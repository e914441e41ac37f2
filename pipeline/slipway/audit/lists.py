"""LeakKind.DECISION: a column that counts the items of a list is the ranking's own decision."""

import numpy as np
from numpy.typing import NDArray

from slipway.audit.cycles import cycles
from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.list_evidence import NEVER_TWICE, ranked_at_once
from slipway.audit.table import Prepared
from slipway.domain.leak import LeakKind
from slipway.stats.list_position import place_share, sample_lists

DAY_US = 86_400_000_000


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Columns whose values are 1..k within the lists that ``--group`` (or one time) makes."""
    lists = _lists(table)
    if lists is None:
        return []
    found = []
    turning = cycles(table, knobs)
    for name, values in table.values.items():
        if name not in table.coded or name == table.group_name:
            continue
        share = place_share(values, lists)
        # a clock that runs on from list to list counts some of them
        clock = name in turning and (table.group is None or share <= knobs.place_leak)
        if share > knobs.place_share and not clock:
            found.append(_finding(table, name, share, _known(table, name, lists), knobs))
    return found


def _lists(table: Prepared) -> NDArray[np.intp] | None:
    """Codes of lists whose rows were all decided at one time; None where there are none."""
    if table.group is None:
        if table.time is None or not (table.time % DAY_US).any():
            return None  # rows of one day are no list
        _, code = np.unique(table.time, return_inverse=True)
    else:
        code = table.group
        if table.time is not None and _spread(code, table.time):
            return None
    return sample_lists(code)


def _spread(code: NDArray[np.int64], time: NDArray[np.float64]) -> bool:
    """Whether groups last: then a count within them is a history, known at the request."""
    _, dense = np.unique(code, return_inverse=True)
    first, last = np.full(dense.max() + 1, np.inf), np.full(dense.max() + 1, -np.inf)
    np.minimum.at(first, dense, time)
    np.maximum.at(last, dense, time)
    several = np.bincount(dense) > 1
    return bool(several.any() and np.mean(last[several] > first[several]) > 1 / 2)


def _known(table: Prepared, name: str, lists: NDArray[np.intp]) -> str:
    """What shows that lists were ranked at once; "" where a count may as well be one of visits."""
    if table.time is not None:
        return "one time per list"
    return ranked_at_once(table, name, lists)


def _finding(table: Prepared, name: str, share: float, known: str, knobs: Knobs) -> Finding:
    what = table.group_name or "time"
    counts = (
        f"it counts the items (1..k, 0..k-1, backwards or 1/place) in {share:.0%} of the lists that"
        f" share one {what}"
    )
    if not known:
        return Finding(
            name,
            LeakKind.DECISION,
            Grade.NOTE,
            share / 2,
            f"{counts}; nothing shows whether these were ranked at once, or came one after the other",
            f"Is it the place at which an item was shown, or the number of a visit of this {what}? The"
            " place may only debias; the number is known at the visit.",
            {"share": share},
        )
    sure = share > knobs.place_leak and not known.startswith(NEVER_TWICE)
    grade = Grade.LEAK if sure else Grade.SUSPECT
    return Finding(
        name,
        LeakKind.DECISION,
        grade,
        share,
        f"{counts}: the ranking sets it, nobody knows it before ({known})",
        "Is this the place at which the item was shown? Then it may only debias.",
        {"share": share},
    )
