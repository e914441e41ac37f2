"""Drift of real tables with dates that are known: is each named within two periods, and what else is?

    python -m tests.benchmarks.drift_real DIR     # DIR holds bing_covid_queries, nab, online_retail, ...

The tables and their dates are described in the README.md of each folder. A period is a week where there are
enough of them, else a day or four weeks (named beside it); the noise is learnt from periods alone, so
that the first ones are not known. A dummy that alarms in each period stands beside the hits.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.drift import Judged, judge
from slipway.monitoring.sketch import Asked, CountedAs, centre_of, sketches
from slipway.monitoring.slots import Calendar, followed, gaps

from tests.drift_kit import all_distances

DAYS_ALONE, DAYS, WEEKS = Calendar(1, 1), Calendar(1, 7), Calendar(7, 7)
FOUR_WEEKS = Calendar(4, 4)
DAY = pd.Timedelta("1D")


@dataclass(frozen=True)
class Case:
    """A table of rows at times ``at``, its slots and periods, and the ``known`` (from, to) by name."""

    name: str
    table: pd.DataFrame
    calendar: Calendar
    known: tuple[tuple[str, str, str], ...] = ()
    slot: pd.Timedelta = DAY
    words: tuple[str, ...] = ()
    least_rows: int = 30


def watched(case: Case) -> tuple[Judged, pd.DatetimeIndex, dict[pd.Timestamp, str]]:
    """The periods of a case, judged; where each begins; and the slots with next to none of their rows."""
    first = case.table["at"].min().normalize()
    if case.calendar == WEEKS:
        first += DAY * (-first.weekday() % 7)
    rows = case.table[case.table["at"] >= first]
    slot = ((rows["at"] - first) // case.slot).to_numpy()
    columns = pa.Table.from_pandas(rows.drop(columns="at"), preserve_index=False)
    asked = [_asked(columns, name, case.words) for name in columns.column_names]
    policy = WatchPolicy(least_rows=case.least_rows)
    count = slot.max() // case.calendar.length * case.calendar.length  # the last one is not whole
    slots: list[dict] = [{} for _ in range(count)]
    inside = np.where(slot < count, slot, -1)
    for place, sketch in sketches(columns, asked, inside, count, most=policy.table):
        slots[place][sketch.asked.name, "all"] = sketch
    found = judge(
        followed(all_distances(slots, policy, case.calendar)), policy, columns=len(asked) + 1
    )
    length = case.slot * case.calendar.length
    empty = {
        first + k * case.slot: f"{rows} of {usual:g} rows"
        for at in range(0, count, case.calendar.length)
        for k, rows, usual in gaps(at, dict(enumerate(slots)), policy, case.calendar)
    }
    return found, pd.date_range(first, periods=count // case.calendar.length, freq=length), empty


def _asked(table: pa.Table, name: str, words: Sequence[str]) -> Asked:
    number = pa.types.is_floating(table[name].type) or pa.types.is_integer(table[name].type)
    if not number:
        return Asked(name, CountedAs.WORDS if name in words else CountedAs.VALUE)
    return Asked(name, CountedAs.NUMBER, centre_of(table[name]))


def report(case: Case) -> dict[str, object]:
    """Which of the known dates were named, how late, and every alarm that is none of them."""
    judged, begins, empty = watched(case)
    length = case.slot * case.calendar.length
    opened = judged.alarms & ~np.pad(judged.alarms, ((0, 0), (1, 0)))[:, :-1]
    alarms = [
        (judged.places[c][0], begins[p], judged.streams[judged.leading(c, p)].sense.value)
        for c, p in np.argwhere(opened).tolist()
    ]
    known_from = begins[np.flatnonzero(judged.known.any(axis=0))[0]] if judged.known.any() else None
    hits, used = {}, set()
    for name, since, until in case.known:
        low, high = pd.Timestamp(since) - length, pd.Timestamp(until) + length
        if known_from is None or pd.Timestamp(until) < known_from:
            hits[name] = "before anything is known"
            continue
        near = [a for a in alarms if low < a[1] <= high]
        used |= set(near)
        standing = judged.alarms[:, (begins > low) & (begins <= high)].any()
        first = min((a[1] for a in near), default=None)
        late = "an earlier note stands" if standing else "missed"
        missing = [at for at in empty if low < at <= high]
        if missing and not near:
            hits[name] = f"{missing[0]:%Y-%m-%d} {empty.pop(missing[0])}"
        else:
            hits[name] = f"{first:%Y-%m-%d} {_columns(near, first)}" if near else late
    others = [f"{c} {at:%Y-%m-%d} {sense}" for c, at, sense in alarms if (c, at, sense) not in used]
    return {
        "case": case.name,
        "periods": len(begins),
        "days_each": length / DAY,
        "known_from": f"{known_from:%Y-%m-%d}" if known_from is not None else None,
        "named": hits,
        "other_alarms": others,
        "other_days_without_rows": [f"{at:%Y-%m-%d} {said}" for at, said in empty.items()],
    }


def _columns(near: Sequence[tuple], first: pd.Timestamp) -> str:
    return ", ".join(f"{c} ({sense})" for c, at, sense in near if at == first)


def bing(folder: Path) -> Iterator[Case]:
    """Searches about the virus, a day at a time: 20 January 2020."""
    table = pd.read_csv(folder / "QueriesByCountry_2020-01.tsv.gz", sep="\t")
    table["at"] = pd.to_datetime(table.pop("Date"))
    table["IsImplicitIntent"] = table["IsImplicitIntent"].astype(str)
    table["words"] = table["Query"]
    onset = (("onset", "2020-01-20", "2020-01-21"),)
    yield Case("bing_covid_queries", table, DAYS_ALONE, onset, words=("words",))


def nab(folder: Path) -> Iterator[Case]:
    """Series with labelled windows; days, beside the same weekday where there are eight weeks of them."""
    windows = json.loads((folder / "combined_windows.json").read_text())
    for path in sorted(folder.glob("real*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        table = pd.read_csv(path).rename(columns={"timestamp": "at"})
        table["at"] = pd.to_datetime(table["at"])
        days = (table["at"].max() - table["at"].min()) / DAY
        least = min(30, int(table.groupby(table["at"].dt.date).size().median() * 0.8))
        known = windows[name.replace("__", "/") + ".csv"]
        yield Case(
            f"nab {name}",
            table,
            DAYS if days >= 56 else DAYS_ALONE,
            tuple((f"window {k}", since, until) for k, (since, until) in enumerate(known)),
            least_rows=max(10, least),
        )


def retail(folder: Path) -> Iterator[Case]:
    """53 weeks of invoices; the closed days are gaps and no moves."""
    table = pd.read_csv(
        folder / "online_retail.csv.gz",
        dtype=dict.fromkeys(("InvoiceNo", "StockCode", "Description", "CustomerID"), "string"),
    )
    table["at"] = pd.to_datetime(table.pop("InvoiceDate"))
    table["cancelled"] = table.pop("InvoiceNo").str.startswith("C").astype(str)
    autumn = (("autumn", "2011-09-05", "2011-10-31"),)
    yield Case("online_retail", table, WEEKS, autumn, words=("Description",))


def bike(folder: Path) -> Iterator[Case]:
    """106 weeks of hours: the second year's level, and the days of a hurricane."""
    table = pd.read_csv(folder / "hour.csv.gz")
    hours = pd.to_timedelta(table["hr"], unit="h")
    wanted = ["temp", "hum", "windspeed", "weathersit", "casual", "registered", "cnt"]
    table = table[wanted].assign(
        at=pd.to_datetime(table["dteday"]) + hours, weathersit=table["weathersit"].astype(str)
    )
    known = (
        ("level of 2012", "2012-01-01", "2012-04-02"),
        ("hurricane Sandy", "2012-10-29", "2012-10-31"),
    )
    yield Case("bike_sharing", table, WEEKS, known)


def posts(folder: Path) -> Iterator[Case]:
    """The scope of one site, and when others began."""
    table = pd.read_csv(
        folder / "posts.csv.gz", usecols=["site", "CreationDate", "PostTypeId", "Tags"]
    )
    table["at"] = pd.to_datetime(table.pop("CreationDate"), format="ISO8601")
    table["PostTypeId"] = table["PostTypeId"].astype(str)
    asked = table[(table["site"] == "beer.stackexchange.com") & table["Tags"].notna()]
    tags = asked["Tags"].str.strip("<>").str.replace("><", " ").str.split()
    asked = asked.assign(tag=tags).explode("tag")[["at", "tag"]]
    week = pd.Timedelta("7D")
    yield Case(
        "stackexchange beer",
        asked,
        FOUR_WEEKS,
        (("wider scope", "2016-04-01", "2016-05-01"),),
        slot=week,
    )
    starts = ("2014-03-13", "2015-01-27", "2016-08-02", "2018-03-12", "2021-04-27", "2023-07-17")
    known = tuple((f"a site begins {at}", at, at) for at in starts)
    yield Case(
        "stackexchange sites", table[["at", "site", "PostTypeId"]], FOUR_WEEKS, known, slot=week
    )


CASES = {
    "bing_covid_queries": bing,
    "nab": nab,
    "online_retail": retail,
    "bike_sharing": bike,
    "stackexchange_posts": posts,
}


def main() -> None:
    """One line of JSON for each table in the folder that is named."""
    root = Path(sys.argv[1])
    for name, cases in CASES.items():
        for case in cases(root / name) if (root / name).is_dir() else ():
            sys.stdout.write(json.dumps(report(case)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
