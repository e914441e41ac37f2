"""Numbers that are times by where they lie: beside the row's own time in every row, in one unit of a count since 1970 or of days."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from slipway.audit.number_times import DAY_US, EPOCH_DAY, EPOCHS
from slipway.audit.thresholds import TIMES_BESIDE_ALONG, TIMES_BESIDE_INSIDE, TIMES_BESIDE_YEARS

Floats = NDArray[np.float64]


def times_beside(values: Floats, when: Floats) -> Floats | None:
    """``values`` [n] as microseconds since 1970 where these lie beside the rows' times ``when`` [n] and go with them.

    None for other numbers: few amounts lie within two years of their row's time in any unit, and none of these grow with it.
    """
    known = np.isfinite(values)
    if not known.any():
        return None
    reach = TIMES_BESIDE_YEARS * 365 * DAY_US
    ways = [values * unit for unit in EPOCHS]
    ways.append(np.round((values - EPOCH_DAY) * DAY_US / 1e6) * 1e6)
    for times in ways:
        near = np.abs(times[known] - when[known]) <= reach
        if near.mean() >= TIMES_BESIDE_INSIDE and _along(times[known], when[known]):
            return times
    return None


def _along(x: Floats, y: Floats) -> bool:
    a, b = rankdata(x), rankdata(y)
    spread = a.std() * b.std()
    return bool(
        spread > 0 and np.mean((a - a.mean()) * (b - b.mean())) >= TIMES_BESIDE_ALONG * spread
    )
