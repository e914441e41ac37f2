"""The real hours of ``hour.csv`` (Capital Bikeshare with its weather) in the columns of the line."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from slipway.examples.bike.line import ZONE

FILES = ("hour.csv.gz", "hour.csv")


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """``visits``: a row for each hour with its time ``at`` (UTC), the line's columns and ``rentals``."""
    path = next(folder / name for name in FILES if (folder / name).is_file())
    raw = pd.read_csv(path)
    local = pd.to_datetime(raw["dteday"]) + pd.to_timedelta(raw["hr"], unit="h")
    at = local.dt.tz_localize(ZoneInfo(ZONE), ambiguous=False, nonexistent="shift_forward")
    frame = pd.DataFrame(
        {
            "at": at.dt.tz_convert("UTC"),
            "hour": at.dt.hour.astype(float),
            "weekday": at.dt.weekday.astype(float),
            "month": at.dt.month.astype(float),
            "season": raw["season"].astype(float) - 1,
            "holiday": raw["holiday"].astype(float),
            "workingday": raw["workingday"].astype(float),
            "weather": raw["weathersit"].astype(float) - 1,
            "temperature": raw["temp"],
            "feels_like": raw["atemp"],
            "humidity": raw["hum"],
            "windspeed": raw["windspeed"],
            "rentals": raw["cnt"].astype(float),
        }
    )
    return {"visits": frame.drop_duplicates("at").sort_values("at", ignore_index=True)}
