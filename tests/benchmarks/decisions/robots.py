"""Heavy users of simulated releases: robots, crawlers and whole offices behind one id, with and without caps."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from slipway.domain.user_cap import UserCap
from slipway.stats.user_cap import usual

DAY_S = 24 * 3_600
USER_DAYS = 50_000

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HeavyUser:
    """One id with ``daily`` impressions, spread over the day, from ``after_days`` of a release on.

    ``clicks`` is the chance of a click, None that of all users. ``group`` is the stage at which it joins
    the candidate (0: the first one), 4: it stays with the control.
    """

    daily: float
    clicks: float | None = 0.0
    group: int = 0
    after_days: float = 0.0

    def counted(self, since_monday_s: Ints, caps: tuple[float, ...]) -> Ints:
        """Impressions that count from midnight to a time of the week, within ``caps``."""
        had = np.floor(self.daily * (since_monday_s % DAY_S) / DAY_S)
        most = min(caps) if self.clicks == 1 else caps[0]
        found: Ints = np.minimum(had, most).astype(np.int64)
        return found

    def between(self, begin_s: Ints, end_s: Ints, age_days: Ints, caps: tuple[float, ...]) -> Ints:
        """Impressions that count from one time of the week to another of the same day."""
        before = self.counted(begin_s, caps)
        last = np.where(end_s % DAY_S == 0, end_s - 1e-6, end_s)
        return np.where(age_days >= self.after_days, self.counted(last, caps) - before, 0)


@lru_cache(maxsize=64)
def caps_of(visits: float, session: int, rate: float, active: float) -> tuple[float, ...]:
    """Caps of impressions and clicks that follow from the days of users of a scene."""
    rng = np.random.default_rng(1)
    trials = session * rng.poisson(visits, USER_DAYS)
    clicker = rng.random(USER_DAYS) < active
    clicks = rng.binomial(trials, rate / active * clicker)
    days = np.stack((trials, clicks), axis=1)[trials > 0].astype(float)
    caps = UserCap().cap(usual(days, UserCap().user_cap_quantile))
    assert caps is not None
    return caps
