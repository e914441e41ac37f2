"""Did the relation to the outcome change? Residuals of one model beside its own earlier ones. Pure.

Each version's residuals are compared with those of the same version in the periods before, so that a
promotion is no change of the world: a week in which no version has a past says nothing. The streams are judged
as those of drift are (:func:`slipway.monitoring.drift.judge`): an e-process for each place, begun again with each
week, in a family that shares one error of the year. Changed inputs alone leave the residuals where they were:
what moves here is concept drift, what moves there alone is covariate drift.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.streams import ALL, Sense, Stream
from slipway.stats.distribution_shift import NOT_DEFINED, Shift
from slipway.stats.residual_change import Floats, level_change, outcomes_of, slope_change


class Place(NamedTuple):
    """The version that predicted, and the column by whose bins its residuals are summed."""

    version: str
    column: str


Sums = Mapping[Place, Floats]
"""The sums [B, 8] of some rows (:mod:`slipway.stats.residual_change`), by place."""


def added(days: Sequence[Sums]) -> Sums:
    """The sums of all rows of several days."""
    found: dict[Place, Floats] = {}
    for day in days:
        for place, sums in day.items():
            found[place] = found[place] + sums if place in found else sums
    return found


LAG = 1
"""Weeks just before a week that it is not held against: a change that began in them must be seen in it, too."""


def reference(older: Sums, newest: Sums) -> Sums:
    """What a week is held against: the weeks before its :data:`LAG` newest ones.

    Where a version has few rows in them (:data:`ENOUGH` of those in the newest), all of its weeks.
    """
    found = {}
    for place in older.keys() | newest.keys():
        old, new = older.get(place), newest.get(place)
        if old is None or (new is not None and old[:, 0].sum() < ENOUGH * new[:, 0].sum()):
            found[place] = added([{place: part} for part in (old, new) if part is not None])[place]
        else:
            found[place] = old
    return found


ENOUGH = 0.5


def changes(
    now: Sums, before: Sums, label: str, score: str, policy: WatchPolicy
) -> Mapping[Stream, Shift]:
    """Every change of a period beside the ones before it; versions that are in one alone are left out.

    All rows have the level, standardised to the bins of the column ``score``, and the slope on it; each column
    has the level in each of its bins, named by their number.
    """
    found: dict[Stream, list[Shift]] = {}
    for place in sorted(now.keys() & before.keys()):
        both = now[place], before[place]
        own = _overall(*both, label, policy) if place.column == score else {}
        for stream, shift in (own | _in_bins(*both, label, place.column, policy)).items():
            if np.isfinite(shift.value):
                found.setdefault(stream, []).append(shift)
    return {stream: combined(shifts) for stream, shifts in found.items()}


def _overall(current: Floats, past: Floats, label: str, policy: WatchPolicy) -> dict[Stream, Shift]:
    least = policy.least_rows
    return {
        Stream(label, ALL, Sense.RESIDUAL): level_change(current, past, least=least),
        Stream(label, ALL, Sense.SLOPE): slope_change(current, past, least=least),
    }


def _in_bins(
    current: Floats, past: Floats, label: str, column: str, policy: WatchPolicy
) -> dict[Stream, Shift]:
    each = ((at, slice(at, at + 1)) for at in range(len(past)))
    return {
        Stream(label, column, Sense.RESIDUAL, str(at)): level_change(
            current[part], past[part], least=policy.least_rows
        )
        for at, part in each
    }


def combined(shifts: Sequence[Shift]) -> Shift:
    """One change from those of several versions, weighted by what each knows.

    >>> combined([Shift(1.0, 0.1), Shift(3.0, 0.1)]).value
    2.0
    """
    if not shifts:
        return NOT_DEFINED
    weight = np.array([1 / shift.se**2 for shift in shifts])
    value = float((weight * [shift.value for shift in shifts]).sum() / weight.sum())
    return Shift(value, float(1 / np.sqrt(weight.sum())))


def without_outcome(sums: Sums, score: str) -> bool:
    """Whether rows were answered and not one outcome came of them: labels that are not delivered."""
    own = [part for place, part in sums.items() if place.column == score]
    rows = sum(float(part[:, 0].sum()) for part in own)
    return rows > 0 and abs(sum(map(outcomes_of, own))) < HALF_AN_OUTCOME


HALF_AN_OUTCOME = 0.5
