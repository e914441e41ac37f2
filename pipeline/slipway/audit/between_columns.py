"""LeakKind.PROXY: a label that lies between columns in nearly every row, as a mean does between its parts.

The rate of all lies between the rates of the old and the young, whatever their shares; a mean price between the lowest
and the highest. Columns that merely go with a number lie on either side of it.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from slipway.audit.arithmetic import candidates
from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    ARITHMETIC_ROWS,
    BETWEEN_COLUMNS_ALONG,
    BETWEEN_COLUMNS_CHANCE,
    BETWEEN_COLUMNS_FEWEST,
    BETWEEN_COLUMNS_INSIDE,
    BETWEEN_COLUMNS_MOST,
    BETWEEN_COLUMNS_NARROW,
)
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]

ASK = "Is the label a mean of these, or are they its lowest and highest value? Then they are known only with it."


class ColumnBounds(NamedTuple):
    """Columns between whose lowest and highest the label lies in a share of the rows; their median distance in deviations."""

    names: tuple[str, ...]
    inside: float
    width: float


def judge(table: Prepared, _knobs: Knobs) -> list[Finding]:
    """SUSPECT for the smallest and narrowest set of two or three columns that hold the label between them."""
    if table.label_values is None or not table.design.targets[0].is_cut:
        return []
    rows = np.linspace(0, table.rows - 1, min(ARITHMETIC_ROWS, table.rows)).astype(np.int64)
    y = table.label_values[rows]
    columns = {n: table.values[n][rows] for n in candidates(table)}
    near = [n for n, x in columns.items() if _along(x, y)][:BETWEEN_COLUMNS_MOST]
    for size in (2, 3):
        found = list(_bounds(near, columns, y, size))
        if found:
            return _findings(min(found, key=lambda b: b.width))
    return []


def _along(x: Floats, y: Floats) -> bool:
    """Whether a column goes with the label and is not the label itself."""
    known = np.isfinite(x)
    if known.mean() <= 1 / 2 or np.mean(x[known] == y[known]) >= 1 / 2:
        return False
    a, b = rankdata(x[known]), rankdata(y[known])
    return bool(np.std(a) > 0 and np.corrcoef(a, b)[0, 1] >= BETWEEN_COLUMNS_ALONG)


def _bounds(
    near: list[str], columns: dict[str, Floats], y: Floats, size: int
) -> Iterator[ColumnBounds]:
    for names in combinations(near, size):
        x = np.column_stack([columns[n] for n in names])
        low, high = x.min(axis=1), x.max(axis=1)
        apart = np.isfinite(low) & (low < high)
        if apart.sum() < max(BETWEEN_COLUMNS_FEWEST, len(y) / 2):
            continue
        width = float(np.median((high - low)[apart]) / y.std())
        inside = float(np.mean(((low <= y) & (y <= high))[apart]))
        if inside < BETWEEN_COLUMNS_INSIDE or width > BETWEEN_COLUMNS_NARROW:
            continue
        other = np.roll(y, len(y) // 2)
        if np.mean(((low <= other) & (other <= high))[apart]) <= BETWEEN_COLUMNS_CHANCE:
            yield ColumnBounds(names, inside, width)


def _findings(bounds: ColumnBounds) -> list[Finding]:
    return [
        Finding(
            name,
            LeakKind.PROXY,
            Grade.SUSPECT,
            bounds.inside,
            f"the label lies between {' and '.join(bounds.names)} in {bounds.inside:.1%} of the rows in which they"
            f" differ, though they are mostly {bounds.width:.2f} of its deviations apart",
            ASK,
            {"inside": bounds.inside, "width": bounds.width},
        )
        for name in bounds.names
    ]
