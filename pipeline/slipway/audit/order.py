"""LeakKind.HIDDEN: the order of the rows gives the label away."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from slipway.audit.design import Target, sorted_by
from slipway.audit.digest import mix
from slipway.audit.finding import WHOLE_TABLE, Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import ORDER_DENSE, ORDER_FEWEST
from slipway.domain.leak import LeakKind
from slipway.stats import separation
from slipway.stats.separation import Separation, distance

ASK = "Was the table sorted or glued together by outcome? Shuffle it, and drop row numbers."


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """The place in the file against the label: among rows of equal time, or over the whole file."""
    target = table.design.targets[0]
    if table.time is None:
        return [_sorted(target)] if sorted_by(target, table.row, knobs) else []
    found = among_equals(target.yes, table.time, table.row)
    auc = max(found.auc, 1 - found.auc)
    power = distance(auc)
    if not _surely(found, knobs) or power < knobs.trace_order:
        return []
    grade = Grade.LEAK if power >= knobs.trace_leak else Grade.NOTE
    return [
        Finding(
            WHOLE_TABLE,
            LeakKind.HIDDEN,
            grade,
            2 * auc - 1,
            f"the place of a row in the file predicts whether {target.name}: AUC {found.auc:.3f}"
            f" ± {2 * found.se:.3f} among rows of equal time",
            ASK,
            {"auc": found.auc, "se": found.se},
        )
    ]


def places(table: Prepared, knobs: Knobs) -> NDArray[np.int64]:
    """Each row's place [n] in time, among rows of equal time: that in the file, unless the label made it.

    Then a column that counts rows may still know; else the rows are dealt again.
    """
    counts = (v for n, v in table.values.items() if n in table.coded and counts_rows(v))
    for place in chain([table.row], (np.argsort(np.argsort(count)) for count in counts)):
        if not _made_by_label(table, place, knobs):
            return place
    return np.argsort(np.argsort(mix(table.row.astype(np.uint64))))


def counts_rows(values: NDArray[np.float64]) -> bool:
    """Whether numbers [n] are whole, differ from row to row, and leave hardly any out."""
    distinct = np.unique(values[np.isfinite(values)])
    whole = len(distinct) > ORDER_DENSE * len(values) and (distinct == np.floor(distinct)).all()
    return bool(whole and np.mean(np.diff(distinct) == 1) > ORDER_DENSE)


def _made_by_label(table: Prepared, place: NDArray[np.int64], knobs: Knobs) -> bool:
    target = table.design.targets[0]
    if table.time is None:
        return sorted_by(target, place, knobs)
    found = among_equals(target.yes, table.time, place)
    power = distance(max(found.auc, 1 - found.auc))
    return power >= knobs.trace_leak and _surely(found, knobs)


def _surely(found: Separation, knobs: Knobs) -> bool:
    """Whether an AUC is above or below one half for sure."""
    return abs(found.auc - 0.5) > knobs.z_power * found.se


def _sorted(target: Target) -> Finding:
    return Finding(
        WHOLE_TABLE,
        LeakKind.HIDDEN,
        Grade.NOTE,
        1.0,
        f"the file is sorted by the label: {target.name} in some parts of it and not in others",
        ASK,
    )


def among_equals(
    yes: NDArray[np.bool_], time: NDArray[np.float64], row: NDArray[np.int64]
) -> Separation:
    """AUC of the place in the file, comparing only rows of equal time.

    Its error is at least that of as many coins as there are rows of the rarer outcome among equal
    times: a few pairs that happen to agree have no spread of their own.
    """
    order = np.lexsort((row, time))
    hit, when = yes[order], time[order]
    new = np.append(True, when[1:] != when[:-1])
    tie = np.cumsum(new) - 1
    start = np.flatnonzero(new)
    none_before: NDArray[np.float64] = (np.cumsum(~hit) - ~hit).astype(float)
    below: NDArray[np.float64] = none_before - none_before[start][tie]
    wins = np.bincount(tie, np.where(hit, below, 0)).astype(float)
    pairs = np.bincount(tie, hit).astype(float) * np.bincount(tie, ~hit)
    found = separation.ratio(wins, pairs)
    many = [float(np.bincount(tie, part)[pairs > 0].sum()) for part in (~hit, hit)]
    coins = 0.5 / float(np.sqrt(max(min(many), 1.0)))
    if np.isfinite(found.se) or min(many) < ORDER_FEWEST:
        return found._replace(se=max(found.se, coins))
    return found._replace(se=max(separation.hanley_mcneil(found.auc, *many), coins))
