"""Slots of time (days) with their sketches become streams of distances of periods (weeks)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.distances import FEWEST_TO_CHOOSE, Period, distances
from slipway.monitoring.drift import Followed
from slipway.monitoring.sketch import Sketch
from slipway.monitoring.streams import ALL, VOLUME, Sense, Stream
from slipway.stats.distribution_shift import Shift

Places = Mapping[tuple[str, str], Sketch]
"""The sketches of one slot, by column and segment."""
Distances = Mapping[Stream, Shift]


class Calendar(NamedTuple):
    """How time repeats: ``length`` slots make a period, after ``season`` slots a slot is of its kind again."""

    length: int = 7
    season: int = 7


WEEKS = Calendar()


def period_distances(
    at: int, slots: Mapping[int, Places], policy: WatchPolicy, calendar: Calendar = WEEKS
) -> dict[Stream, Shift]:
    """Every distance of the period of ``calendar.length`` slots from slot ``at`` on.

    ``slots`` need only hold those of the period and of its reference, by number; others had no rows.
    """
    found: dict[Stream, Shift] = {}
    enough = min(FEWEST_TO_CHOOSE, policy.reference)  # before that a holiday would be the reference
    own = [slots.get(at + k, {}) for k in range(calendar.length)]
    first = at - calendar.season * policy.reference
    for place in dict.fromkeys(place for slot in own for place in slot):
        period = _period(place, at, slots, policy, calendar, first)
        if all(len(before) >= enough for before in period.before):
            for sense, shift in distances(period, policy).items():
                found[Stream(*place, sense)] = shift
    came = volume(at, slots, policy, calendar)
    if came is None:
        return found
    of_rows = {Stream(VOLUME, ALL, sense): shift for sense, shift in came.items()}
    return of_rows | found


def volume(
    at: int, slots: Mapping[int, Places], policy: WatchPolicy, calendar: Calendar = WEEKS
) -> dict[Sense, Shift] | None:
    """How many rows came, and beside the same weekdays before: logarithms of middle days; None before that is known.

    The middle of seven days is moved by no three holidays; a slot without rows since the first one counts as 0.
    """
    usual = _usual_rows(at, slots, policy, calendar)
    if usual is None:
        return None
    now = np.array([_rows(slots.get(at + k, {})) for k in range(calendar.length)], float)
    expected, known = np.array(usual).T
    ratio = np.log((now + 1) / (expected + 1))
    wider = MEDIAN_WIDER / np.sqrt(len(now))
    own, past = (1 / (now + 1)).mean(), (1 / (expected + 1) / known).mean()
    return {
        Sense.ROWS: Shift(float(np.median(ratio)), float(wider * np.sqrt(own + past))),
        Sense.LEVEL: Shift(float(np.log1p(np.median(now))), float(wider * np.sqrt(own))),
    }


def _usual_rows(
    at: int, slots: Mapping[int, Places], policy: WatchPolicy, calendar: Calendar
) -> list[tuple[float, int]] | None:
    """Rows of the middle one of the same weekdays before each slot, and how many these are."""
    first = min(slots, default=at)
    found = []
    for k in range(at, at + calendar.length):
        before = [k - back * calendar.season for back in range(1, policy.reference + 1)]
        known = [_rows(slots.get(b, {})) for b in before if b >= first]
        if len(known) < min(FEWEST_TO_CHOOSE, policy.reference):
            return None
        found.append((float(np.median(known)), len(known)))
    return found


def gaps(
    at: int, slots: Mapping[int, Places], policy: WatchPolicy, calendar: Calendar = WEEKS
) -> list[tuple[int, int, float]]:
    """Slots of a period that had next to no rows though their weekday has: number, rows, and the usual ones."""
    usual = _usual_rows(at, slots, policy, calendar) or []
    found = []
    for k, (rows, _) in enumerate(usual, at):
        now = _rows(slots.get(k, {}))
        if rows >= ENOUGH_TO_MISS and now <= (1 - policy.stopped) * rows:
            found.append((k, now, rows))
    return found


ENOUGH_TO_MISS = 20
"""Usual rows of a slot from which next to none are no chance."""


def _rows(slot: Places) -> int:
    return max((one.rows for (_, segment), one in slot.items() if segment == ALL), default=0)


MEDIAN_WIDER = np.sqrt(np.pi / 2)
"""How much wider a median scatters than a mean, of normal values."""


def _period(
    place: tuple[str, str],
    at: int,
    slots: Mapping[int, Places],
    policy: WatchPolicy,
    calendar: Calendar,
    first: int,
) -> Period:
    there = [k for k in range(at, at + calendar.length) if place in slots.get(k, {})]
    asked = slots[there[0]][place].asked

    def of(places: Sequence[int]) -> tuple[Sketch, ...]:
        held = (slots.get(k, {}).get(place) for k in places)
        return tuple(one for one in held if one is not None and one.asked == asked)

    earlier = [
        [k - back * calendar.season for back in range(1, policy.reference + 1)] for k in there
    ]
    return Period(of(there), tuple(map(of, earlier)), of(range(first, at)))


def followed(periods: Sequence[Distances]) -> Followed:
    """Streams over periods; places in the order in which they were first seen."""
    rank = {sense: place for place, sense in enumerate(Sense)}
    seen = dict.fromkeys(stream for period in periods for stream in period)
    order = {place: at for at, place in enumerate(dict.fromkeys(s.place for s in seen))}
    streams = tuple(sorted(seen, key=lambda s: (order[s.place], rank[s.sense])))
    number = {stream: k for k, stream in enumerate(streams)}
    value, error = np.full((2, len(streams), len(periods)), np.nan)
    for at, period in enumerate(periods):
        for stream, shift in period.items():
            value[number[stream], at], error[number[stream], at] = shift
    return Followed(streams, value, error)
