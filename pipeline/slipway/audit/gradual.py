"""Columns that go with a label that is a number all along, and are not nearly it: causes do, as output does with cost."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from slipway.audit.table import Prepared
from slipway.audit.thresholds import GRADUAL_ALONG, GRADUAL_EQUAL, GRADUAL_NEARLY, GRADUAL_ROWS

Floats = NDArray[np.float64]


def gradual(table: Prepared) -> frozenset[str]:
    """Numbers whose rank goes with the label's among its high and its low values, too; none for a label of classes."""
    y = table.label_values
    if y is None or not table.design.targets[0].is_cut:
        return frozenset()
    some = slice(None, None, -(-table.rows // GRADUAL_ROWS))
    names = [n for n in table.values if n in table.coded and table.kinds[n] == "number"]
    return frozenset(n for n in names if _along(table.values[n][some], y[some]))


def _along(x: Floats, y: Floats) -> bool:
    known = np.isfinite(x)
    x, y = x[known], y[known]
    if len(x) < 4 or abs(_rank(x, y)) >= GRADUAL_NEARLY:  # noqa: PLR2004 - two in each half
        return False
    if _equal(x, y):
        return False
    high = y > np.median(y)
    return min(abs(_rank(x[high], y[high])), abs(_rank(x[~high], y[~high]))) >= GRADUAL_ALONG


def _equal(x: Floats, y: Floats) -> bool:
    """Whether it mostly is the label itself, as a count of all is beside one of those still there."""
    chance = float(np.mean(x == np.roll(y, len(y) // 2)))
    same = float(np.mean(x == y))
    return same < 1 and same - chance >= GRADUAL_EQUAL * (1 - chance)


def _rank(x: Floats, y: Floats) -> float:
    """Spearman's correlation; 0 where one does not vary."""
    a, b = rankdata(x), rankdata(y)
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else 0.0
