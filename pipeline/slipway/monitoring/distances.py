"""How far one sketch of a column is from its reference, in every sense that its values have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.sketch import CountedAs, Sketch, added
from slipway.monitoring.streams import Sense
from slipway.stats import distribution_shift
from slipway.stats.distribution_shift import Floats, Shift
from slipway.stats.ordered_cells import lower_edges


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """A column's sketches of a period: one for each slot (day) that has rows, beside its reference.

    ``before`` [S] holds for each slot ``now`` [S] the sketches of the same weekday in earlier periods, ``seen``
    those of all days in which a value may have been seen before.
    """

    now: tuple[Sketch, ...]
    before: tuple[tuple[Sketch, ...], ...]
    seen: tuple[Sketch, ...]


def distances(period: Period, policy: WatchPolicy) -> dict[Sense, Shift]:
    """The distances that are defined, of the usual days; none where there are too few rows.

    Of three earlier days or more the one that is least like the others is left out, and of a period up to
    ``odd_days`` that are much further from their reference than most: they may be holidays.
    """
    days = [
        (now, added(typical(before)))
        for now, before in zip(period.now, period.before, strict=True)
        if before
    ]
    if not days:
        return {}
    usual = _usual(days, policy)
    now, before = added([one for one, _ in usual]), added([one for _, one in usual])
    if min(now.rows, before.rows) < policy.least_rows:
        return {}
    found = {
        Sense.MISSING: distribution_shift.share_change(
            (now.missing, now.rows), (before.missing, before.rows)
        )
    }
    valued = min(now.rows - now.missing, before.rows - before.missing)
    if valued >= policy.least_rows:
        found |= (
            _numbers(now, before) if _numeric(now) else _values(now, before, period.seen, policy)
        )
    return {sense: shift for sense, shift in found.items() if np.isfinite(shift.value)}


def _usual(days: list[tuple[Sketch, Sketch]], policy: WatchPolicy) -> list[tuple[Sketch, Sketch]]:
    """The days without up to ``odd_days`` that changed otherwise than most did.

    A day's change is the difference of shares to its reference. One that is half as far again from the
    median change as the middle day is may be a holiday; a spread of seven days would be made by three of them.
    """
    if len(days) < FEWEST_TO_CHOOSE:
        return days
    changes = _changes(days)
    away = np.abs(changes - np.median(changes, axis=0)).sum(axis=1)
    limit = OUTLYING * np.median(away)
    most = min(policy.odd_days, (len(days) - 1) // 2)
    odd = [at for at in np.argsort(-away, kind="stable").tolist()[:most] if away[at] > limit]
    return [day for at, day in enumerate(days) if at not in odd]


def _changes(days: list[tuple[Sketch, Sketch]]) -> Floats:
    """Differences of shares [S, K] of days to their references."""
    if _numeric(days[0][0]):
        told = [_told_apart(*day) for day in days]
    else:
        together = added([before for _, before in days])
        chosen = np.sort(together.ids[np.argsort(-together.counts, kind="stable")[:TOLD_APART]])
        told = [(_of(now, chosen), _of(before, chosen)) for now, before in days]
    return np.array([_share(now) - _share(before) for now, before in told])


def _share(counts: Floats) -> Floats:
    return counts / max(float(counts.sum()), 1.0)


def _of(one: Sketch, ids: npt.NDArray[np.uint64]) -> Floats:
    """Counts of the values with ``ids`` (ascending), of all others, and of the missing ones."""
    place = np.minimum(np.searchsorted(ids, one.ids), max(0, len(ids) - 1))
    among = ids[place] == one.ids if len(ids) else np.zeros(len(one.ids), bool)
    counts = np.bincount(place[among], weights=one.counts[among], minlength=len(ids))
    others = float(one.counts.sum() + one.rest - counts.sum())
    return np.concatenate([counts, [others, float(one.missing)]])


def _numeric(sketch: Sketch) -> bool:
    return sketch.asked.reading is CountedAs.NUMBER


def _numbers(now: Sketch, before: Sketch) -> dict[Sense, Shift]:
    current, past = now.dense(), before.dense()
    location, spread = distribution_shift.location_and_spread(current, past)
    high, low = distribution_shift.tails(current, past, lower_edges(now.asked.centre))
    return {
        Sense.HIGH: high,
        Sense.LOW: low,
        Sense.LOCATION: location,
        Sense.SPREAD: spread,
        Sense.MOVED: distribution_shift.total_variation(*distribution_shift.binned(current, past)),
        Sense.NEW: distribution_shift.beyond(current, past),
    }


def typical(past: Sequence[Sketch]) -> list[Sketch]:
    """Sketches of one column without the one that is furthest from all of them; of two or fewer all."""
    if len(past) < FEWEST_TO_CHOOSE:
        return list(past)
    together = added(past)
    away = [distribution_shift.total_variation(*_told_apart(one, together)).value for one in past]
    odd = int(np.argmax(np.nan_to_num(away)))
    return [one for at, one in enumerate(past) if at != odd]


def _told_apart(one: Sketch, together: Sketch) -> tuple[Floats, Floats]:
    """Counts of both where they can be told apart, the missing ones last."""
    if _numeric(one):
        current, past = distribution_shift.binned(one.dense(), together.dense())
    else:
        current, past = _aligned(one, together)
    return np.append(current, one.missing), np.append(past, together.missing)


def _values(
    now: Sketch, before: Sketch, seen: Sequence[Sketch], policy: WatchPolicy
) -> dict[Sense, Shift]:
    current, past = _aligned(now, before)
    n1, n0 = float(current.sum() + now.rest), float(past.sum() + before.rest)
    known = np.concatenate([one.ids for one in (before, *seen)])
    is_new = ~np.isin(now.ids, known) & (now.counts > max(one.cut for one in (before, *seen)))
    is_gone = (current == 0) & (past > now.cut)
    # past tables are of several days: what is gone must be missed as often as it was expected
    expected = past * n1 / n0
    gone = np.where(is_gone & (expected >= 1), past, 0).sum()
    turned = distribution_shift.turnover(current, past, policy.top)
    return {
        Sense.MOVED: distribution_shift.total_variation(
            _with_rest(current, past, now.rest), _with_rest(past, past, before.rest)
        ),
        Sense.NEW: distribution_shift.share_change(
            (float(now.counts[is_new].sum()), n1), (0.0, n0)
        ),
        Sense.VANISHED: distribution_shift.share_change((float(gone), n0), (0.0, n1)),
        Sense.RISEN: distribution_shift.most_risen(
            current, past, (now.rows - now.missing, before.rows - before.missing), policy.risen
        ),
        Sense.TURNOVER: Shift(turned, 1 / policy.top),
    }


def _aligned(now: Sketch, before: Sketch) -> tuple[Floats, Floats]:
    """Counts of both by the values of either."""
    ids = np.unique(np.concatenate([now.ids, before.ids]))
    both = []
    for one in (now, before):
        full = np.zeros(len(ids))
        full[np.searchsorted(ids, one.ids)] = one.counts
        both.append(full)
    return both[0], both[1]


def _with_rest(counts: Floats, past: Floats, rest: int) -> Floats:
    """Counts of values that the reference has enough of, all others in one: rare ones come and go."""
    frequent = past >= LEAST_EXPECTED * max(1, len(past)) ** 0.5
    return np.append(counts[frequent], counts[~frequent].sum() + rest)


FEWEST_TO_CHOOSE = 3
OUTLYING = 1.5
"""Times as far as the middle day, beyond which a day is no usual one."""
TOLD_APART = 20
"""Values of which each is looked at when days are compared with each other."""
LEAST_EXPECTED = 5.0
"""Rows of a value in the reference, times the root of how many values there are, to be told apart."""
