"""Which columns moved, judged against what they did before: streams of distances become notes.

A period (a week) is held against the same weekdays of earlier weeks (:mod:`slipway.monitoring.distances`), and
how far it is from them against how far weeks are from each other (:mod:`slipway.stats.shift_evidence`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.streams import ALL, Sense, Stream, tolerance_of
from slipway.stats.shift_evidence import (
    Bools,
    Floats,
    Ints,
    log_e_values,
    next_log_m,
    noise_of,
    p_values,
)

GAMMA = 1 / 53
"""The share of a year's error that a change beginning in one period (a week) has."""
CLOSED = -1e-9
"""The strength of what was an alarm and has become quiet."""


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Streams [K] over periods [P]: ``value`` and ``error`` float64[K, P], NaN where not seen."""

    streams: tuple[Stream, ...]
    value: Floats
    error: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What the periods showed, by place (column and segment) [C] and period [P].

    ``strength`` float64[C, P] is ln(v M alpha): 0 or more is an alarm. ``effect`` float64[K, P] is the
    distance beyond the usual one, of each stream, ``p`` its p-value; ``known`` bool[C, P] says whether
    the noise was known by then.
    """

    streams: tuple[Stream, ...]
    places: tuple[tuple[str, str], ...]
    strength: Floats
    effect: Floats
    p: Floats
    known: Bools

    @property
    def alarms(self) -> Bools:
        """Where a note is open, bool[C, P]."""
        return self.strength >= 0

    def leading(self, place: int, period: int) -> int:
        """The stream of a place that is furthest beyond its noise in a period."""
        own = [k for k, stream in enumerate(self.streams) if stream.place == self.places[place]]
        return min(own, key=lambda k: (self.p[k, period], -abs(self.effect[k, period])))


def weights(
    places: Sequence[tuple[str, str]], policy: WatchPolicy, columns: int = 0, segments: int = 0
) -> Floats:
    """The share of the error that each place [C] has; they sum to at most 1.

    ``columns`` is how many are declared, where that is known before they are seen. All rows share ``all_weight``
    among the columns. The segments of a column share the rest equally where their number is known
    (``segments``), else by 1 / (r (r + 1)), r = 1, 2, ... in the order in which they were first seen: a
    segment that appears later changes no other's share.
    """
    found = {column for column, _ in places}
    rank: dict[str, int] = {}
    for _, segment in places:
        if segment != ALL:
            rank.setdefault(segment, len(rank) + 1)
    among_all = policy.all_weight if rank or segments else 1.0
    known = max(segments, len(rank)) if segments else 0
    shares = [
        among_all
        if segment == ALL
        else (1 - among_all) / (known or rank[segment] * (rank[segment] + 1))
        for _, segment in places
    ]
    return np.array(shares) / max(1, columns, len(found))


def judge(
    followed: Followed, policy: WatchPolicy, *, columns: int = 0, segments: int = 0, lag: int = 0
) -> Judged:
    """Judge period after period, each on what the earlier ones showed: replaying gives the same.

    ``columns`` and ``segments`` as in :func:`weights`. Noise is learnt from all earlier periods but the newest
    ``lag``: a change that was not proven in its first period is no noise of the second.
    """
    family = _Family.of_streams(followed.streams, policy, columns, segments)
    usual = followed.value.copy()  # the periods that noise is learnt from
    log_m = np.full(len(followed.streams), -np.inf)
    found = []
    for t in range(followed.value.shape[1]):
        since = max(0, t - policy.memory)
        until = max(since, t - lag)
        past = usual[:, since:until], followed.error[:, since:until]
        x, se = followed.value[:, t], followed.error[:, t]
        seen = _period(family, past, x, se, policy)
        log_e = np.where(np.isfinite(seen.effect), log_e_values(seen.p, family.plain), 0.0)
        log_m = next_log_m(log_m, log_e, GAMMA)
        strength = family.strength(log_m)
        usual[(strength >= 0)[family.of], t] = np.nan
        quiet = family.least(seen.p) > policy.quiet
        log_m[(quiet & (strength >= 0))[family.of]] = -np.inf  # a new change is proven again
        found.append(
            seen._replace(strength=np.where(quiet, np.minimum(strength, CLOSED), strength))
        )
    over_time = [np.array(part).T for part in zip(*found, strict=True)] or [np.zeros((0, 0))] * 4
    return Judged(followed.streams, family.places, *over_time)


class _Seen(NamedTuple):
    """One period, in the order of :class:`Judged`."""

    strength: Floats
    effect: Floats
    p: Floats
    known: Bools


def _period(
    family: "_Family", past: tuple[Floats, Floats], x: Floats, se: Floats, policy: WatchPolicy
) -> _Seen:
    """One period beside its past, without its strength yet."""
    noise = noise_of(
        *past,
        family.groups,
        weight=policy.newest_weight,
        fewest=policy.fewest_periods,
        most_degrees=policy.most_degrees,
    )
    p = p_values(x, se, noise, family.tolerance)
    effect = np.where(noise.degrees > 0, x - noise.mean, np.nan)
    known = np.zeros(len(family.places), bool)
    known[family.of[np.isfinite(effect)]] = True
    return _Seen(np.zeros(len(family.places)), effect, p, known)


@dataclass(frozen=True, slots=True, eq=False)
class _Family:
    """What streams [K] share: the place ``of`` each, their ``groups`` of like ones, and their error."""

    places: tuple[tuple[str, str], ...]
    of: Ints
    groups: Ints
    tolerance: Floats
    plain: Floats
    offset: Floats

    @classmethod
    def of_streams(
        cls, streams: Sequence[Stream], policy: WatchPolicy, columns: int, segments: int
    ) -> "_Family":
        """Places in the order of the streams; each place's share is divided among its senses."""
        number = {place: at for at, place in enumerate(dict.fromkeys(s.place for s in streams))}
        places, senses = tuple(number), list(Sense)
        of = np.array([number[stream.place] for stream in streams], dtype=np.int64)
        groups = np.array([senses.index(stream.sense) for stream in streams], dtype=np.int64)
        tolerance = np.array([tolerance_of(stream.sense, policy) for stream in streams])
        count = np.bincount(of, minlength=len(places)).astype(np.float64)
        share = policy.alpha * weights(places, policy, columns, segments) / np.maximum(count, 1)
        return cls(places, of, groups, tolerance, share[of] * GAMMA / 2, np.log(share))

    def strength(self, log_m: Floats) -> Floats:
        """ln(v M alpha) [C], M the mean of the place's own streams."""
        mixed = np.full(len(self.places), -np.inf)
        np.logaddexp.at(mixed, self.of, log_m)
        return mixed + self.offset

    def least(self, p: Floats) -> Floats:
        """The least p-value [C] of each place."""
        found = np.ones(len(self.places))
        np.minimum.at(found, self.of, p)
        return found
