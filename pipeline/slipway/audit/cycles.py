"""Columns that may be strong: an hour or a weekday that runs by itself."""

import numpy as np
from numpy.typing import NDArray

from slipway.audit.knobs import Knobs
from slipway.audit.order import places
from slipway.audit.table import Prepared
from slipway.audit.thresholds import CYCLES_MOST_VALUES


def cycles(table: Prepared, knobs: Knobs) -> frozenset[str]:
    """Columns that run like a clock: their value all but follows from that of the row before.

    Hour, weekday or season of a series are strong and honest: no outcome can turn a clock. At least
    five values, so that a label that changes rarely is none.
    """
    place = places(table, knobs)
    order = np.argsort(place) if table.time is None else np.lexsort((place, table.time))
    order = order[: table.rows * 4 // 5]  # copies in the test period stop no clock
    return frozenset(n for n, c in table.coded.items() if _runs(c.code[order], c.size, knobs.clock))


def _runs(code: NDArray[np.int32], size: int, left_open: float) -> bool:
    fewest = 5
    if size > CYCLES_MOST_VALUES or len(np.unique(code)) < fewest:
        return False
    pair = np.bincount(code[:-1].astype(np.int64) * size + code[1:], minlength=size * size)
    share = pair.reshape(size, size) / pair.sum()
    own, both = _entropy(share.sum(axis=0)), _entropy(share.ravel())
    stays = float(np.trace(share))
    return both - own < left_open * own and stays < 1 / 2


def _entropy(share: NDArray[np.float64]) -> float:
    some = share[share > 0]
    return float(-(some * np.log(some)).sum())
