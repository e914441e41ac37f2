"""Clean tables to plant leaks in: simulated ones and, given a folder of data, real ones.

Every table has a time ``at``, a label ``label`` and only columns that are known before it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification, make_friedman1

START = pd.Timestamp("2026-01-05", tz="UTC")
DAY = 86_400


@dataclass(frozen=True)
class Clean:
    """A table without leaks; ``name`` says where it comes from."""

    name: str
    frame: pd.DataFrame


def _times(rows, rng):
    return START + pd.to_timedelta(np.sort(rng.integers(0, 120 * DAY, rows)), unit="s")


def _rate_before(item, yes, base):
    """Smoothed rate of yes over the earlier rows of each row's item."""
    total, seen = np.zeros(150), np.zeros(150)
    ctr = np.empty(len(item))
    for k, (i, y) in enumerate(zip(item, yes, strict=True)):
        ctr[k] = (total[i] + 10 * base) / (seen[i] + 10)
        total[i] += y
        seen[i] += 1
    return ctr


def shop(rng):
    """A shop's log: honest columns of all strengths, words, gaps, and as-of rates per item."""
    rows = int(rng.integers(2500, 6000))
    at = _times(rows, rng)
    trend = np.linspace(0, 1, rows)
    item = (rng.zipf(1.4, rows) % 150).astype(int)
    taste = rng.normal(0, 0.7, 150)
    strong, weak = rng.normal(size=rows), rng.normal(size=rows)
    base = rng.uniform(0.05, 0.5)
    logit = np.log(base / (1 - base)) + rng.uniform(0.3, 1.2) * strong + 0.4 * weak + taste[item]
    logit += rng.uniform(-2, 2) * (trend - 0.5)
    yes = rng.random(rows) < 1 / (1 + np.exp(-logit))
    ctr = _rate_before(item, yes, base)
    return pd.DataFrame(
        {
            "at": at,
            "request": [f"{k:08x}" for k in rng.permutation(rows) * 7919],
            "item": [f"item {k}" for k in item],
            "strong": strong,
            "weak": np.where(rng.random(rows) < 0.15, np.nan, weak),
            "price": rng.gamma(2, 30, rows).round(2),
            "hour": at.hour,
            "item_ctr": ctr,
            "season": np.round(trend * 4 + rng.normal(0, 0.1, rows), 1),
            "pick": rng.random(rows) < 0.03,
            "label": yes.astype(int),
        }
    )


def classes(rng):
    """scikit-learn's hypercube classes, with redundant and useless columns."""
    rows = int(rng.integers(2500, 6000))
    x, y = make_classification(
        rows,
        n_features=10,
        n_informative=int(rng.integers(3, 6)),
        n_redundant=2,
        class_sep=rng.uniform(0.5, 1.2),
        weights=[rng.uniform(0.5, 0.9)],
        flip_y=0.05,
        random_state=int(rng.integers(2**31)),
    )
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(10)])
    return frame.assign(at=_times(rows, rng), label=y, kind=rng.integers(0, 8, rows))


def curve(rng):
    """Friedman's curve with noise: a label that is a number."""
    rows = int(rng.integers(2500, 6000))
    x, y = make_friedman1(rows, 8, noise=rng.uniform(1, 4), random_state=int(rng.integers(2**31)))
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(8)])
    return frame.assign(at=_times(rows, rng), label=y, kind=rng.integers(0, 8, rows))


def strong(rng):
    """One honest column that is stronger than all others together, as a good score is."""
    frame = shop(rng)
    rows = len(frame)
    score = rng.normal(size=rows)
    yes = rng.random(rows) < 1 / (
        1 + np.exp(-(rng.uniform(1.2, 1.6) * score + 0.5 * frame["strong"]))
    )
    return frame.drop(columns="item_ctr").assign(score=score, label=yes.astype(int))


SIMULATED: dict[str, Callable] = {
    "shop": shop,
    "classes": classes,
    "curve": curve,
    "strong": strong,
}
LONGEST = 5000


def _stretch(frame, rng):
    """A stretch of consecutive rows, so that tables differ and time goes on."""
    rows = int(rng.integers(3000, LONGEST))
    start = int(rng.integers(0, max(1, len(frame) - rows)))
    return frame.iloc[start : start + rows].reset_index(drop=True)


@cache
def _hotel(folder):
    d = pd.read_csv(folder / "leak_hotel_bookings/hotel_bookings.csv.gz", na_values=["NULL"])
    parts = (
        d["arrival_date_year"].astype(str)
        + d["arrival_date_month"]
        + d["arrival_date_day_of_month"].astype(str)
    )
    d["at"] = pd.to_datetime(parts, format="%Y%B%d", utc=True)
    leaks = [
        "reservation_status",
        "reservation_status_date",
        "assigned_room_type",
        "booking_changes",
        "required_car_parking_spaces",
        "adr",
        "arrival_date_year",
        "arrival_date_month",
        "arrival_date_day_of_month",
    ]
    d = d.drop(columns=leaks).rename(columns={"is_canceled": "label"})
    return d.drop_duplicates().sort_values("at", kind="stable")


@cache
def _bank(folder):
    d = pd.read_csv(folder / "leak_bank_marketing/bank-additional-full.csv.gz", sep=";")
    d = d.drop(columns="duration").rename(columns={"y": "label"})
    return d.assign(
        label=(d["label"] == "yes").astype(int),
        at=START + pd.to_timedelta(np.arange(len(d)), unit="min"),
    )


@cache
def _taxi(folder):
    d = pd.read_csv(folder / "leak_chicago_taxi/data.csv.gz").sort_values("trip_start_timestamp")
    d = d.assign(
        label=(d["tips"] > 0.2 * d["fare"]).astype(int),
        at=pd.to_datetime(d["trip_start_timestamp"], unit="s", utc=True),
    )
    return d.drop(
        columns=[
            "tips",
            "fare",
            "payment_type",
            "trip_start_timestamp",
            "trip_seconds",
            "trip_miles",
        ]
    )


@cache
def _bike(folder):
    d = pd.read_csv(folder / "bike_sharing/hour.csv.gz")
    at = pd.to_datetime(d["dteday"], utc=True) + pd.to_timedelta(d["hr"], unit="h")
    return d.drop(columns=["casual", "registered", "cnt", "dteday"]).assign(at=at, label=d["cnt"])


@cache
def _retail(folder):
    d = pd.read_csv(folder / "online_retail/online_retail.csv.gz", dtype={"InvoiceNo": str})
    d = d[d["Quantity"] > 0].assign(at=lambda t: pd.to_datetime(t["InvoiceDate"], utc=True))
    d["label"] = (d["Quantity"] >= 12).astype(int)
    return d.drop(columns=["Quantity", "InvoiceDate"]).head(200_000)


@cache
def _films(folder):
    names = ["user", "film", "rating", "seconds"]
    d = pd.read_csv(
        folder / "movietweetings/ratings.dat.gz", sep="::", engine="python", names=names
    )
    d = d.sort_values("seconds", kind="stable")
    at = pd.to_datetime(d["seconds"], unit="s", utc=True)
    return d.assign(label=(d["rating"] >= 8).astype(int), at=at).drop(columns=["rating", "seconds"])


@cache
def _experiments(folder):
    d = pd.read_csv(folder / "asos_ab_experiments/asos_digital_experiments_dataset.csv.gz").dropna()
    up = d["mean_t"] > d["mean_c"]
    kept = d[["experiment_id", "variant_id", "metric_id", "count_c", "variance_c"]]
    at = START + pd.to_timedelta(d["time_since_start"], unit="D")
    return kept.assign(at=at, label=up.astype(int)).sort_values("at", kind="stable")


REAL: dict[str, Callable] = {
    "hotel": _hotel,
    "bike": _bike,
    "bank": _bank,
    "taxi": _taxi,
    "retail": _retail,
    "films": _films,
    "experiments": _experiments,
}
TUNED_ON = ("shop", "classes", "hotel", "bike")
"""Tables that thresholds were set on."""
MENDED_BY = ("strong", "bank", "retail", "taxi", "experiments")
"""Tables after whose first look a threshold was changed; the others were looked at afterwards."""


def clean(name: str, seed: int, folder: Path | None) -> Clean:
    """The clean table ``name``, drawn afresh for each seed."""
    rng = np.random.default_rng([seed, *name.encode()])
    if name in SIMULATED:
        return Clean(name, SIMULATED[name](rng))
    assert folder is not None
    return Clean(name, _stretch(REAL[name](folder), rng))


def names(folder: Path | None) -> list[str]:
    """Tables that are there."""
    return [*SIMULATED, *(REAL if folder else ())]
