"""Real tables as they were published, with the leaks that their descriptions own up to."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from audit_kit import audited


class Real(NamedTuple):
    """A published table: how it is read, its label and times, and its leaks.

    ``plain`` leaks hold the outcome; ``soft`` ones are merely written or updated after the
    prediction, and may know little of it.
    """

    read: Callable[[Path], pd.DataFrame]
    label: str
    time: tuple[str, ...]
    plain: tuple[str, ...]
    soft: tuple[str, ...] = ()


def _hotel(folder):
    return pd.read_csv(folder / "leak_hotel_bookings/hotel_bookings.csv.gz", na_values=["NULL"])


def _bank(folder):
    return pd.read_csv(folder / "leak_bank_marketing/bank-additional-full.csv.gz", sep=";")


def _taxi(folder):
    frame = pd.read_csv(folder / "leak_chicago_taxi/data.csv.gz")
    return frame.assign(big_tip=(frame["tips"] > 0.2 * frame["fare"]).astype(int))


def _bike(folder):
    return pd.read_csv(folder / "bike_sharing/hour.csv.gz")


DAY = ("arrival_date_year", "arrival_date_month", "arrival_date_day_of_month")
REAL = {
    "hotel": Real(
        _hotel, "is_canceled", DAY,
        ("reservation_status", "reservation_status_date"),
        ("assigned_room_type", "booking_changes", "required_car_parking_spaces", "adr"),
    ),
    "bank": Real(_bank, "y", (), ("duration",)),
    "taxi": Real(
        _taxi, "big_tip", ("trip_start_timestamp",),
        ("tips", "payment_type"),
        ("fare", "trip_seconds", "trip_miles", "dropoff_latitude", "dropoff_longitude",
         "dropoff_census_tract", "dropoff_community_area"),
    ),
    "bike": Real(_bike, "cnt", ("dteday",), ("registered", "casual")),
}  # fmt: skip


class Told(NamedTuple):
    """What an audit said of a real table; ``places`` are 1 for the most suspicious column."""

    name: str
    found: tuple[str, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]
    columns: int
    places: dict[str, int]


def told(name: str, folder: Path) -> Told:
    """Audit the real table ``name``."""
    real = REAL[name]
    found = audited(real.read(folder), label=real.label, time=real.time)
    known = (*real.plain, *real.soft)
    return Told(
        name,
        tuple(c for c in known if c in found.accused),
        tuple(c for c in known if c not in found.accused),
        tuple(c for c in found.accused if c and c not in known),
        len(found.powers),
        {c: found.ranking.index(c) + 1 for c in known},
    )


def rows(every: Sequence[Told]) -> Iterator[str]:
    """Rows of the Markdown table."""
    for one in every:
        real = REAL[one.name]
        top = len(one.places)
        inside = sum(place <= top for place in one.places.values())
        missed = ", ".join(f"{c} (place {one.places[c]})" for c in one.missed) or "-"
        yield (
            f"| {one.name} | {sum(c in one.found for c in real.plain)}/{len(real.plain)} |"
            f" {sum(c in one.found for c in real.soft)}/{len(real.soft)} | {inside}/{top} |"
            f" {missed} | {', '.join(one.false) or '-'} | {one.columns} |"
        )
