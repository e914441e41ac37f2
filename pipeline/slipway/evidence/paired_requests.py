"""Which requests of a paired shadow count, and the hours and days that were really seen in it. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.domain.blocks import Bools, Ints
from slipway.domain.policy import Policy
from slipway.evidence import time_seen
from slipway.stats.user_cap import before_cap, usual

HOUR_US, HOURS_A_DAY = 3_600_000_000, 24


class CountedRequests(NamedTuple):
    """``kept`` bool[N]; ``hours`` with the policy's share of the usual requests, and ``days`` that have some."""

    kept: Bools
    hours: int
    days: int


def counted(user: NDArray[np.str_], asked_us: Ints, policy: Policy) -> CountedRequests:
    """Of requests [N] of both models: each user's up to the cap of its day, none without a user.

    ``user`` str[N], ``asked_us`` int64[N] (µs since 1970). Caps follow from all users of the day and of
    the day before, for all were answered by the control.
    """
    who, code = np.unique(user, return_inverse=True)
    hour = asked_us // HOUR_US
    day, before = hour // HOURS_A_DAY, None
    kept = who[code] != ""
    for each in np.unique(day):
        here = np.flatnonzero((day == each) & kept)
        ordered = here[np.lexsort((asked_us[here], code[here]))]
        names, place, times = np.unique(code[ordered], return_inverse=True, return_counts=True)
        today = usual(times[:, None].astype(np.float64), policy.user_cap_quantile)
        cap, before = policy.cap(before, today), today
        if cap is not None:
            ones, none = np.ones((len(ordered), 1)), np.zeros((len(names), 1))
            kept[ordered] = before_cap(place.astype(np.int64), ones, none, np.asarray(cap))
    seen = _seen(hour[kept], policy)
    return CountedRequests(kept, len(seen), len(np.unique(seen // HOURS_A_DAY)))


def _seen(hour: Ints, policy: Policy) -> Ints:
    """The hours with enough of the usual requests."""
    hours, requests = np.unique(hour, return_counts=True)
    table = np.stack((hours, requests, requests), axis=1).astype(np.int64)
    there: Ints = hours[2 * requests >= policy.seen_share * time_seen.usual(table)]
    return there
