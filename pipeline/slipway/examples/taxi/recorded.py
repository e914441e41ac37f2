"""The real rides of ``data.csv`` (TensorFlow Extended's Chicago taxi sample) in the columns of the line."""

from pathlib import Path

import pandas as pd

FILES = ("data.csv.gz", "data.csv")


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """``visits``: a row for each ride with its time ``at`` (UTC), columns and outcomes."""
    path = next(folder / name for name in FILES if (folder / name).is_file())
    raw = pd.read_csv(path)
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime(raw["trip_start_timestamp"], unit="s", utc=True),
            "fare": raw["fare"].astype(float),
            "miles": raw["trip_miles"].astype(float),
            "minutes": raw["trip_seconds"].astype(float) / 60,
            "company": raw["company"],
            "pickup_area": _area(raw["pickup_community_area"]),
            "dropoff_area": _area(raw["dropoff_community_area"]),
            "tip": raw["tips"].astype(float),
            "paid_by_card": (raw["payment_type"] == "Credit Card").astype(float),
        }
    )
    return {"visits": frame.sort_values("at", kind="stable", ignore_index=True)}


def _area(codes: "pd.Series[float]") -> "pd.Series[str]":
    found: pd.Series[str] = codes.map(lambda code: f"area {int(code)}", na_action="ignore")
    return found
