"""LeakKind.PROXY: columns of which the label names the highest (or lowest) in each row: votes, bids, scores of alternatives."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from slipway.audit.arithmetic import candidates
from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    ARITHMETIC_ROWS,
    BETWEEN_COLUMNS_MOST,
    THRESHOLD_CLOSE,
    WINNING_COLUMNS_FEWEST,
    WINNING_COLUMNS_RIGHT,
)
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]
Wins = dict[int, int]
"""Class by class, the column that is highest there."""

ASK = "Are these counted, or measured, for the same event of which the label says who came first?"


def judge(table: Prepared, _knobs: Knobs) -> list[Finding]:
    """LEAK for columns of three and more classes, each the highest in all but a few rows of its class and of no other.

    Two classes are the limit of a difference. The rows near a draw must be there as well: classes that merely lie apart
    in numbers of different kinds have none.
    """
    targets = [t for t in table.design.targets if not t.is_cut]
    rows = np.linspace(0, table.rows - 1, min(ARITHMETIC_ROWS, table.rows)).astype(np.int64)
    names = [n for n in candidates(table) if np.isfinite(table.values[n][rows]).all()]
    names = names[:BETWEEN_COLUMNS_MOST]
    classes = [t.yes[rows] for t in targets if t.yes[rows].sum() >= WINNING_COLUMNS_FEWEST]
    if len(names) < 3 or len(classes) < 3:  # noqa: PLR2004 - two are a difference
        return []
    x = np.column_stack([table.values[n][rows] for n in names])
    for said, signed in (("highest", x), ("lowest", -x)):
        for wins in _winners(_above(signed, classes), len(classes)):
            if _near_a_draw(signed, classes, wins):
                return _findings([names[k] for k in wins.values()], said)
    return []


def _above(x: Floats, classes: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Whether, in the rows of class c, column i is above column j in all but a few: bool[c, i, j]."""
    above = np.stack([_shares(x[yes]) for yes in classes])
    found: NDArray[np.bool_] = above >= WINNING_COLUMNS_RIGHT
    return found


def _shares(x: Floats) -> Floats:
    """Share of rows of ``x`` [n, d] in which a column is above another one, float64[d, d]; a draw is half of it."""
    one, other = x[:, :, None], x[:, None, :]
    found: Floats = ((one > other) + (one == other) / 2).mean(axis=0)
    return found


def _winners(above: NDArray[np.bool_], classes: int) -> Iterator[Wins]:
    """Columns for all classes, each above those of the others in its own: grown from the two largest classes."""
    for first, second in permutations(range(above.shape[1]), 2):
        wins = {0: first, 1: second}
        if not _agree(above, wins):
            continue
        for c in range(2, classes):
            fits = (k for k in range(above.shape[1]) if _agree(above, {**wins, c: k}))
            k = next(fits, -1)
            if k < 0:
                break
            wins[c] = k
        else:
            yield wins


def _agree(above: NDArray[np.bool_], wins: Wins) -> bool:
    own = list(wins.items())
    return all(above[c, i, j] for c, i in own for d, j in own if c != d) and len(
        set(wins.values())
    ) == len(wins)


def _near_a_draw(x: Floats, classes: list[NDArray[np.bool_]], wins: Wins) -> bool:
    """Whether the two largest classes are parted among rows, not in a gap."""
    some = classes[0] | classes[1]
    gap = x[some, wins[0]] - x[some, wins[1]]
    return bool(np.sort(np.abs(gap))[WINNING_COLUMNS_FEWEST - 1] <= THRESHOLD_CLOSE * gap.std())


def _findings(names: list[str], said: str) -> list[Finding]:
    every = ", ".join(sorted(names))
    return [
        Finding(
            name,
            LeakKind.PROXY,
            Grade.LEAK,
            1.0,
            f"each class of the label is where one of {every} is the {said} of them",
            ASK,
            {"columns": float(len(names))},
        )
        for name in names
    ]
