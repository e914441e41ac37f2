"""Numbers that write times: dates as 20261123 or 2026064, days of a spreadsheet, counts since 1970."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway.audit.thresholds import CLOCK_COUNTED, CLOCK_MOST_UNREADABLE

EPOCHS = {1e6: "s", 1e3: "ms", 1.0: "us", 1e-3: "ns"}
"""Microseconds in the unit of a count since 1970."""
FIRST_DAY, LAST_DAY = 19000101, 21001231
COMPACT = {1: "%Y%m%d", 10_000: "%Y%m%d%H%M", 1_000_000: "%Y%m%d%H%M%S"}
"""Dates as 20261123, 202611231405 and 20261123140559, by what their day is multiplied with."""
SAYS_TIME = re.compile(r"(?i)(?:^|[_ .])(?:at|on|ts|epoch)$|time|date|created|changed|modified")
"""Names of columns whose counts since 1970 are times; other numbers of that size may be ids."""
SAYS_DATE = re.compile(
    r"(?i)(?:^|[_ .])(?:at|on)$|date|datum|fecha|created|changed|modified|updated"
)
SPREADSHEET = (25_000.0, 75_000.0)
"""Days since 1899-12-30, as spreadsheets keep dates of 1968 to 2105, in columns whose name says a date."""
EPOCH_DAY, DAY_US = 25_569, 86_400_000_000
ORDINAL, LEAP_YEAR = (1_900_001, 2_100_366), 366
"""Dates as 2026064, the 64th day of 2026."""


def numbers_as_times(
    name: str, values: NDArray[np.float64], count: NDArray[np.int64] | None = None
) -> NDArray[np.float64] | None:
    """Numbers [d] that write a time as microseconds, NaN for few that are none; None for other numbers.

    Dates as 20261123 or 20261123140559 show that by themselves, counts since 1970 by their ``name`` as well.
    ``count`` int64[d] says how often each stands in the column, once where it is None.
    """
    known = np.isfinite(values)
    if not known.any():
        return None
    often = np.ones(len(values)) if count is None else count
    least = (1 - CLOCK_MOST_UNREADABLE) * often[known].sum()
    if (values[known] == np.floor(values[known])).all():
        for found in (*_compact_ways(values, often, least), _ordinal(values)):
            if found is not None and often[np.isfinite(found)].sum() >= least:
                return found
    spread = (values >= SPREADSHEET[0]) & (values < SPREADSHEET[1])
    if SAYS_DATE.search(name) and often[spread].sum() >= least:
        return np.where(spread, np.round((values - EPOCH_DAY) * DAY_US / 1e6) * 1e6, np.nan)
    good = (values > 0) & (values < CLOCK_COUNTED[1] * max(EPOCHS))
    if not SAYS_TIME.search(name) or often[good].sum() < least:
        return None
    usual = np.where(good, values, np.nan)
    found = counted(usual)
    return None if found is usual else found


def _compact_ways(
    values: NDArray[np.float64], often: NDArray[np.float64] | NDArray[np.int64], least: float
) -> Iterator[NDArray[np.float64]]:
    for day in COMPACT:
        good = (values >= FIRST_DAY * day) & (values <= (LAST_DAY + 1) * day)
        if often[good].sum() >= least:
            yield _compact(np.where(good, values, np.nan), day)


def _ordinal(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Microseconds since 1970 of days of several years; None for numbers within one thousand, which may count."""
    within = np.where((values >= ORDINAL[0]) & (values <= ORDINAL[1]), values, 0.0)
    years, days = np.divmod(within, 1000)
    good = (days >= 1) & (days <= LEAP_YEAR)
    if len(np.unique(years[good])) < 2:  # noqa: PLR2004 - several
        return None
    begins = np.where(good, years, 1970).astype(np.int64) - 1970
    first = begins.astype("datetime64[Y]").astype("datetime64[D]").astype(np.float64)
    return np.where(good, (first + days - 1) * DAY_US, np.nan)


def _compact(values: NDArray[np.float64], day: int) -> NDArray[np.float64]:
    """Numbers as 20261123 times ``day`` in microseconds since 1970, NaN where there is no such time."""
    said = pd.Series(np.nan_to_num(values).astype(np.int64).astype(str))
    times = pd.to_datetime(said, format=COMPACT[day], errors="coerce")
    return np.where(times.isna(), np.nan, times.dt.as_unit("us").astype("int64"))


def counted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Microseconds since 1970 of counts since then and of compact dates; other numbers as they are."""
    known = values[np.isfinite(values)]
    if not len(known):
        return values
    for unit in EPOCHS:
        if CLOCK_COUNTED[0] <= known.min() * unit and known.max() * unit <= CLOCK_COUNTED[1]:
            return values * unit
    for day in COMPACT:
        if known.min() >= FIRST_DAY * day and known.max() <= (LAST_DAY + 1) * day:
            found = _compact(values, day)
            return values if np.isnan(found[np.isfinite(values)]).any() else found
    return values
