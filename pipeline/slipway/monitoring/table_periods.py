"""Into which periods a table's times are divided: as asked, or what its span and rows allow. Pure."""

import re
from typing import NamedTuple

import numpy as np

from slipway.domain.errors import BadInput
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.sketch import Ints
from slipway.monitoring.slots import Calendar

HOUR, DAY, WEEK = 3_600_000_000, 86_400_000_000, 7 * 86_400_000_000
"""In microseconds."""
MONDAY = 4 * DAY
"""The first Monday after 1970 began."""
MOST_SLOTS = 4000
"""Slots of a table: each column has a row of counts for each."""
SEASONS = 8
"""Times that a season must come before its kinds of slots are told apart."""
MANY_WEEKS, FEW = 40, 24
"""Weeks from which a table is watched by the week, and periods that any other division should give."""


class Periods(NamedTuple):
    """Rows' slots int64[n], -1 in none; ``calendar`` makes periods of them, named by ``begins``."""

    slot: Ints
    calendar: Calendar
    begins: tuple[str, ...]
    every: str

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self.begins) * self.calendar.length


class Every(NamedTuple):
    """A division: microseconds of a ``slot``, the ``calendar`` of slots, and its words."""

    slot: int
    calendar: Calendar
    words: str


def of_rows(rank: Ints, rows: int) -> Periods:
    """Blocks of so many ``rows`` in the order of their ``rank`` int64[n], -1 where a row has none.

    The last one is left out if it is not full.
    """
    count = int((rank >= 0).sum()) // rows
    _enough(count, f"{count} blocks of {rows} rows")
    slot = np.where(rank >= 0, rank // rows, -1)
    begins = tuple(f"row {at * rows}" for at in range(count))
    return Periods(np.where(slot < count, slot, -1), Calendar(1, 1), begins, f"{rows} rows")


def of_times(at: Ints, asked: str, known: np.ndarray, policy: WatchPolicy) -> Periods:
    """Periods of times ``at`` int64[n] in microseconds where ``known``, divided as ``asked``; empty: as fits.

    A first week that is not whole is left out, and the last period if it is not. Raises BadInput for words
    that name no division, and for fewer periods than anything can be said of.
    """
    given = at[known]
    low, high = int(given.min()), int(given.max())
    every = _asked(asked, high - low) if asked else _fitting(given, low, high, policy)
    step = every.slot * every.calendar.length
    weekly = step == WEEK  # weeks begin on Monday
    first = low + (MONDAY - low) % WEEK if weekly else low - low % min(every.slot, DAY)
    resolution = DAY if not (given % DAY).any() else HOUR if not (given % HOUR).any() else 1
    # a day that ends in a quiet hour is whole: a hundredth of the period may lie after its last row
    slack = max(resolution, step // 100)
    count = int((high + slack - first) // step)
    _enough(count, f"{count} periods of {every.words}")
    if count * every.calendar.length > MOST_SLOTS:
        raise BadInput(
            "periods",
            found=f"{count} of {every.words}",
            expected=f"at most {MOST_SLOTS} slots",
            next_step="ask for longer ones with --every",
        )
    slot = np.where(known, (at - first) // every.slot, -1)
    slot[(slot < 0) | (slot >= count * every.calendar.length)] = -1
    shown = 10 if not every.slot % DAY else 16
    begins = np.datetime_as_string((first + step * np.arange(count)).astype("datetime64[us]"))
    return Periods(slot, every.calendar, tuple(b[:shown] for b in begins.tolist()), every.words)


def _enough(count: int, found: str) -> None:
    if count < LEAST:
        raise BadInput(
            "periods",
            found=found,
            expected=f"at least {LEAST}: the noise is learnt from them",
            next_step="bring more rows, or ask for shorter periods with --every",
        )


LEAST = 10


def _asked(words: str, span: int) -> Every:
    found = re.fullmatch(r"\s*(\d*)\s*(hour|day|week)s?\s*", words)
    if not found or found[1] == "0":
        raise BadInput(
            "--every",
            found=words,
            expected="hour, day, week, 4 weeks, or 500 rows",
            next_step="name one of them",
        )
    number, unit = int(found[1] or 1), {"hour": HOUR, "day": DAY, "week": WEEK}[found[2]]
    if number * unit == WEEK:
        return Every(DAY, Calendar(7, 7), "week")
    if number > 1:
        return Every(unit, Calendar(number, number), f"{number} {found[2]}s")
    season = {HOUR: 24, DAY: 7}[unit]
    told_apart = season if span >= SEASONS * season * unit else 1
    return Every(unit, Calendar(1, told_apart), found[2])


def _fitting(given: Ints, low: int, high: int, policy: WatchPolicy) -> Every:
    """Weeks where there are many, else days, else hours; longer where a period would have too few rows."""
    span = high - low
    wanted = "week" if span >= MANY_WEEKS * WEEK else "day" if span >= FEW * DAY else "hour"
    order = [wanted, *("day", "week", "4 weeks", "8 weeks", "13 weeks")]
    order = order[:1] + [each for each in order[1:] if LENGTHS[each] > LENGTHS[wanted]]
    for each in order:
        rows = np.bincount((given - low) // LENGTHS[each])
        if np.median(rows) >= policy.least_rows:
            return _asked(each, span)
    return _asked(wanted, span)


LENGTHS = {
    "hour": HOUR,
    "day": DAY,
    "week": WEEK,
    "4 weeks": 4 * WEEK,
    "8 weeks": 8 * WEEK,
    "13 weeks": 13 * WEEK,
}
