"""Parts of a request's time in a zone, for one request or many."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from slipway.data.times import from_micros
from slipway.domain.origins import Clock

_zone = cache(ZoneInfo)
_OF_ONE = {
    "hour": lambda at: at.hour,
    "weekday": lambda at: at.weekday(),
    "day": lambda at: at.day,
    "month": lambda at: at.month,
}


def part_of(clock: Clock, now_us: Any) -> Any:  # one time or an array of them
    """The part of one time, or of each of an int64 array (microseconds since 1970, UTC)."""
    if clock.part == "time":
        return np.asarray(now_us, np.float64)
    if np.ndim(now_us) == 0:
        return float(_OF_ONE[clock.part](from_micros(int(now_us)).astimezone(_zone(clock.zone))))
    times = pd.DatetimeIndex(np.asarray(now_us).astype("datetime64[us]")).tz_localize("UTC")
    found: npt.NDArray[np.float64] = np.asarray(
        getattr(times.tz_convert(clock.zone), clock.part), np.float64
    )
    return found
