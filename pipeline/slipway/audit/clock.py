"""When each row happened: one column or several parts, with or without a zone, never a mix."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slipway.audit import date_words
from slipway.audit.number_times import counted
from slipway.audit.source import Raw
from slipway.audit.thresholds import CLOCK_FITS, CLOCK_MOST_UNREADABLE, CLOCK_SAMPLE
from slipway.domain.errors import BadInput

ZONE = r"\d\d:\d\d.*([Zz]|UTC|GMT|[+-]\d\d(:?\d\d)?)\s*$"
ISO = r"^\d{4}-\d\d?-\d\d?"
DATE = (
    r"^(\d{4}[-/]\d\d?[-/]\d\d?|\d\d?[-/. ](\d\d?|[A-Za-z]{3,9})[-/. ](\d{4}|\d\d)"
    r"|[A-Za-z]{3,9}[- ](\d\d?,? )?\d{4})([ T]\d\d?[:.]\d\d.*)?$"
)
NO_DATE = r"^0000|[-/. ]00[-/. ]|^00[-/.]|^\d{4}[-/]\d\d?[-/]00"
"""What systems write for no date: 0000-00-00, 00/00/2024."""
DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d %b %Y", "%d %B %Y",
    "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%b-%Y", "%b %Y", "%B %Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d-%b-%y", "%d %b %y",
)  # fmt: skip
"""Dates that are not ISO 8601. One form reads a whole column: 03/04 alone may be March or April."""
YEAR_FIRST = ("%y-%m-%d", "%y/%m/%d", "%y.%m.%d")
SHORT_DATE = r"\d\d([-/.])\d\d\1\d\d(?!\d)"
OTHER_ORDER = {"day-first": ("%m/", "%m-"), "month-first": ("%d/", "%d-", "%d.")}
OF_DAY = (
    "", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H.%M", " %H.%M.%S", " %I.%M.%S %p", " %I.%M.%S.%f %p",
)  # fmt: skip


def times(raw: Raw, names: Sequence[str]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Time of each row float64[n] (microseconds of UTC, or the numbers as they are) and remarks.

    Several ``names`` are parts of a date: year, month (name or number), day. Raises BadInput where
    some times carry a zone and others do not, or where they cannot be read.
    """
    if len(names) == 1:
        found = raw.columns[names[0]]
        if isinstance(found, np.ndarray):
            return (counted(found) if raw.kinds[names[0]] == "number" else found), ()
        return _parsed(names[0], found)
    parts = [_text(raw.columns[name]) for name in names]
    joined = pc.binary_join_element_wise(*parts, "-")
    return _parsed(",".join(names), joined.dictionary_encode())


def read_words(
    said: Sequence[str], count: NDArray[np.int64], *, order: str | None = None
) -> NDArray[np.float64] | None:
    """Distinct words [d] read as times (microseconds of UTC, NaN: no time); None where most are none.

    ``count`` int64[d] says how often each stands in the column. Only full dates count, with or without
    a time of day, and no mix of zones and none. Dates as 0000-00-00 stand for no date.
    ``order`` may be "day-first" or "month-first": how 03/04 is to be read.
    """
    words = pa.array(date_words.plain(said), pa.string())
    dates = _matches(words, DATE) & ~_matches(words, NO_DATE)
    if not len(said) or count[dates].sum() < CLOCK_FITS * count.sum():
        return None
    some = words.filter(pa.array(dates))
    strange = ~_matches(some, ISO)
    if strange.any() and _form(some.filter(pa.array(strange)).to_pandas(), order) is None:
        return None  # "room 1204" looks like a date, too
    zoned = _matches(some, ZONE)
    if zoned.any() and not zoned.all():
        return None
    found = np.full(len(said), np.nan)
    found[dates] = _read(some.to_pandas(), order)
    return found if count[np.isfinite(found)].sum() >= CLOCK_FITS * count.sum() else None


def is_ambiguous(word: str) -> bool:
    """Whether a date does not say which of its numbers is the month."""
    return re.match(r"\d\d?[-/]\d\d?[-/]\d", word) is not None


def _matches(words: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.match_substring_regex(words, pattern).to_numpy(
        zero_copy_only=False
    )
    return found


def _text(values: NDArray[np.float64] | pa.DictionaryArray) -> pa.Array:
    if isinstance(values, np.ndarray):
        whole = pa.array(values, from_pandas=True).cast(pa.int64(), safe=False)
        return whole.cast(pa.string())
    return values.dictionary_decode()


def _parsed(name: str, values: pa.DictionaryArray) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    said = pa.array(date_words.plain(values.dictionary.to_pylist()), pa.string())
    remarks = _zones(name, said)
    read = _read(said.to_pandas())
    index = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    known = index >= 0
    found = np.full(len(index), np.nan)
    if len(read):
        found[known] = read[index[known]]
    missing = np.isnan(found[known]).mean() if known.any() else 1.0
    if missing > CLOCK_MOST_UNREADABLE:
        bad = said.to_pandas()[np.isnan(read)].iloc[0] if len(read) else "missing in every row"
        raise BadInput(
            f"times of {name!r}",
            found=bad,
            expected="ISO 8601, a date, a number, or parts as year,month,day",
            next_step="convert the column; a row's time says what was known before it",
        )
    return found, remarks


def _form(said: "pd.Series[str]", order: str | None = None) -> str | None:
    """The form that reads most words of a column; None where no single one reads nearly all."""
    days: Sequence[str] = (
        DAYS
        if order is None
        else [d for d in DAYS if not d.startswith(OTHER_ORDER.get(order, "-"))]
    )
    some = said.iloc[:: max(1, len(said) // CLOCK_SAMPLE)]
    if order is None and _year_first(some):
        days = YEAR_FIRST
    best, fewest = None, CLOCK_MOST_UNREADABLE
    for form in (day + time for day in days for time in OF_DAY):
        if _unread(some, form) > CLOCK_MOST_UNREADABLE or (unread := _unread(said, form)) > fewest:
            continue
        if best is None or unread < fewest:
            best, fewest = form, unread
        if not fewest:
            break
    return best


def _year_first(said: "pd.Series[str]") -> bool:
    """Whether dates as 26-03-05 begin with the year: of years there are fewer than of days."""
    if not said.str.match(SHORT_DATE).all():
        return False
    return 2 * said.str[:2].nunique() <= said.str[6:8].nunique()


def _unread(said: "pd.Series[str]", form: str) -> float:
    return float(pd.to_datetime(said, format=form, errors="coerce").isna().mean())


def _read(said: "pd.Series[str]", order: str | None = None) -> NDArray[np.float64]:
    """Microseconds of each word, NaN where it is no time."""
    number = pd.to_numeric(said, errors="coerce")
    if number.notna().all():
        return counted(np.asarray(number, dtype=np.float64))
    times = pd.to_datetime(said, format="ISO8601", utc=True, errors="coerce")
    form = _form(said[times.isna()], order) if times.isna().any() else None
    if form:
        times = times.fillna(pd.to_datetime(said, format=form, utc=True, errors="coerce"))
    elif times.isna().any():
        mixed = pd.to_datetime(said[times.isna()], format="mixed", utc=True, errors="coerce")
        times = times.fillna(mixed)
    found = np.asarray(times.dt.as_unit("us").astype("int64"), dtype=np.float64)
    return np.where(times.isna(), np.nan, found)


def _zones(name: str, said: pa.Array) -> tuple[str, ...]:
    zoned = pc.match_substring_regex(said, ZONE).fill_null(False).to_numpy(zero_copy_only=False)
    if zoned.any() and not zoned.all():
        words = said.to_pandas()
        raise BadInput(
            f"times of {name!r}",
            found=f"{words[zoned].iloc[0]} and {words[~zoned].iloc[0]}",
            expected="all with a zone, or all without",
            next_step="write every time in UTC; without a zone nobody knows which came first",
        )
    ends = pc.extract_regex(said, r"(?P<zone>[+-]\d\d:?\d\d|[Zz])\s*$") if zoned.all() else None
    if ends is None or not len(said):
        return ()
    distinct = sorted({end["zone"] for end in ends.to_pylist() if end})
    if len(distinct) < 2:  # noqa: PLR2004 - several
        return ()
    return (f"times of {name!r} lie in {len(distinct)} zones; they are compared in UTC",)
