"""Which columns moved, judged against what they did before: streams of distances become notes.

A period (a week) is held against the same weekdays of earlier weeks (:mod:`slipway.monitoring.distances`), and
how far it is from them against how far weeks are from each other (:mod:`slipway.stats.shift_evidence`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.streams import (
    ALL,
    DISTANCES,
    Sense,
    Stream,
    least_expected,
    tolerance_of,
    weight_of,
)
from slipway.stats.shift_evidence import (
    Bools,
    Floats,
    Ints,
    log_e_pairs,
    log_e_values,
    next_log_m,
    noise_of,
    normal_scores,
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
    ``lag``: a change that was not proven in its first period is no noise of the second, and is judged with it.
    """
    family = _Family.of_streams(followed.streams, policy, columns, segments)
    usual = followed.value.copy()  # the periods that noise is learnt from
    evidence = _Evidence(family, in_pairs=lag > 0)
    found = []
    for t in range(followed.value.shape[1]):
        since = max(0, t - policy.memory)
        until = max(since, t - lag)
        past = family.older(usual[:, since:until], policy), followed.error[:, since:until]
        x, se = followed.value[:, t], followed.error[:, t]
        seen = _period(family, past, x, se, policy)
        strength = evidence.after(seen.p, seen.effect)
        usual[(strength >= 0)[family.of], t] = np.nan
        quiet = family.least(seen.p) > policy.quiet
        evidence.begin_again((quiet & (strength >= 0))[family.of])  # a new change is proven again
        found.append(
            seen._replace(strength=np.where(quiet, np.minimum(strength, CLOSED), strength))
        )
    over_time = [np.array(part).T for part in zip(*found, strict=True)] or [np.zeros((0, 0))] * 4
    return Judged(followed.streams, family.places, *over_time)


class _Evidence:
    """M of each stream [K], period after period; ``in_pairs``: half of it is what two periods show together."""

    def __init__(self, family: "_Family", *, in_pairs: bool) -> None:
        self._family, self._in_pairs = family, in_pairs
        self._log_m = self._log_pairs = np.full(len(family.of), -np.inf)
        self._last = np.zeros(len(family.of))

    def after(self, p: Floats, effect: Floats) -> Floats:
        """The strength [C] of each place after a period of p-values and effects [K]."""
        family, known = self._family, np.isfinite(effect)
        plain = family.plain / 2 if self._in_pairs else family.plain
        log_e = np.where(known, log_e_values(p, plain), 0.0)
        self._log_m = next_log_m(self._log_m, log_e, GAMMA)
        if not self._in_pairs:
            return family.strength(self._log_m)
        score = np.where(known, normal_scores(p, np.nan_to_num(effect)), 0.0)
        paid = log_e_pairs(score, self._last, family.plain) + np.log(GAMMA)
        self._log_pairs, self._last = np.logaddexp(self._log_pairs, paid), score
        return family.strength(np.logaddexp(self._log_m, self._log_pairs) - np.log(2))

    def begin_again(self, where: Bools) -> None:
        """Forget what streams [K] have shown."""
        self._log_m = np.where(where, -np.inf, self._log_m)
        self._log_pairs = np.where(where, -np.inf, self._log_pairs)


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
        weight=family.newest,
        fewest=policy.fewest_periods,
        most_degrees=policy.most_degrees,
    )
    noise = noise._replace(mean=np.maximum(noise.mean, family.floor))
    p = p_values(x, se, noise, family.tolerance, family.upper)
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
    upper: Bools
    newest: Floats
    floor: Floats
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
        upper = np.array([stream.sense in DISTANCES for stream in streams], dtype=bool)
        newest = np.array([weight_of(stream.sense, policy) for stream in streams])
        floor = np.array([least_expected(stream.sense) for stream in streams])
        count = np.bincount(of, minlength=len(places)).astype(np.float64)
        share = policy.alpha * weights(places, policy, columns, segments) / np.maximum(count, 1)
        return cls(
            places,
            of,
            groups,
            tolerance,
            upper,
            newest,
            floor,
            share[of] * GAMMA / 2,
            np.log(share),
        )

    def older(self, past: Floats, policy: WatchPolicy) -> Floats:
        """Values [K, W] of earlier periods, of slow streams without the newest ones: growth is no noise of itself."""
        found = past.copy()
        found[self.newest == 0, max(0, past.shape[1] - policy.reference) :] = np.nan
        return found

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
