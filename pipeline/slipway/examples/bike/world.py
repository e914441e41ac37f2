"""An invented city whose hours have the line's columns."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from slipway.examples.bike import rules
from slipway.examples.bike.line import LINE, ZONE

COLUMNS = tuple(column.name for column in LINE.columns)

PERSISTENCE = 0.95
"""Of an hour's weather that stays for the next one."""

SPREAD = 0.15
"""Of rentals around what the hour would have: strikes, concerts, chance."""


def hours(start: datetime, count: int, seed: int) -> pd.DataFrame:
    """``count`` hours from ``start`` (UTC): ``requested_at``, the line's columns and ``rentals``."""
    rng = np.random.default_rng(seed)
    at = pd.date_range(start, periods=count, freq="h", tz="UTC")
    local = at.tz_convert(ZoneInfo(ZONE))
    front = np.empty(count)
    front[0] = 0.0
    for place, draw in enumerate(rng.normal(0, np.sqrt(1 - PERSISTENCE**2), count - 1), start=1):
        front[place] = PERSISTENCE * front[place - 1] + draw
    day = local.dayofyear.to_numpy()
    warm = 0.5 + 0.3 * np.sin(2 * np.pi * (day - 110) / 365) + 0.05 * front
    holiday = (day % 37 == 0).astype(float)
    working = ((local.weekday < 5) & (holiday == 0)).astype(float)  # noqa: PLR2004 - Saturday
    weather = np.digitize(-front, [0.6, 1.5, 2.6]).astype(float)
    frame = pd.DataFrame(
        {
            "requested_at": at,
            "hour": local.hour.astype(float),
            "weekday": local.weekday.astype(float),
            "month": local.month.astype(float),
            "season": ((local.month % 12) // 3).to_numpy().astype(float) - 1,
            "holiday": holiday,
            "workingday": working,
            "weather": weather,
            "temperature": warm,
            "feels_like": warm - 0.05,
            "humidity": np.clip(0.6 - 0.1 * front, 0, 1),
            "windspeed": np.abs(rng.normal(0.2, 0.1, count)),
        }
    )
    frame["season"] = frame["season"] % 4
    usual = rules.score(frame[list(COLUMNS)].to_numpy(float))
    evening = 1 + 0.4 * np.isin(frame["hour"], (17, 18, 19)) * (1 - working)
    rentals = usual * evening * (1.2 - 0.5 * frame["humidity"])
    shock = np.repeat(rng.normal(0, SPREAD / 2, count // 24 + 1), 24)[:count]
    noise = 1 + shock + rng.normal(0, SPREAD, count)
    frame["rentals"] = np.maximum(0, np.round(rentals * noise))
    return frame
