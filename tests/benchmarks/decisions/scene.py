"""The truth behind simulated releases: what users do, and what the candidate changes.

Nothing here is known to the gates. A scene is one cell of the decision bench.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from slipway.domain.policy import Policy

from .robots import HeavyUser, caps_of

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S
EPOCH_S = 1_793_577_600  # Monday, 2 November 2026, 00:00 UTC


@dataclass(frozen=True, slots=True)
class Scene:
    """One line's traffic and one candidate's true effect.

    ``daily`` counts impressions of the whole line, ``rate`` is the champion's click rate, effects
    are relative. Users come in visits of ``session`` impressions, ``visits`` times a day; a
    fraction ``active`` of them clicks at all, at a rate higher by as much. ``drift`` is the
    standard deviation of the logarithm of the shared rate after one day of random walk.
    ``novelty`` is added to the effect at first and halved every ``novelty_days``; ``unease`` is the
    part of clicks lost by users who just moved from champion to candidate, halved every
    ``unease_hours``. A click comes ``delay_hours`` after its exposure on average (exponential),
    ``slower`` times as late from the candidate, and counts for ``wait_hours``: only exposures of
    that age are judged. ``lost`` is the part of the candidate's users who are never logged,
    ``slow_ratio`` multiplies its answers above the reference quantile. Releases begin at a random
    time of the week, or of the day ``begins_on`` (Monday is 0). ``heavy`` users come beside the others;
    their days count up to the users' caps unless the scene is not ``capped``.
    """

    effect: float = 0.0
    rate: float = 0.05
    daily: int = 2_000_000
    blocks_per_day: int = 288
    traffic_swing: float = 0.5
    rate_swing: float = 0.1
    weekend_traffic: float = 1.3
    weekend_rate: float = 0.9
    weekend_effect: float | None = None
    drift: float = 0.0
    novelty: float = 0.0
    novelty_days: float = 1.0
    unease: float = 0.0
    unease_hours: float = 12.0
    session: int = 1
    active: float = 1.0
    visits: float = 1.0
    delay_hours: float = 0.0
    slower: float = 1.0
    wait_hours: float = 0.0
    lost: float = 0.0
    slow_ratio: float = 1.0
    segments: int = 0
    rules_effect: float = -0.15
    heavy: tuple[HeavyUser, ...] = ()
    capped: bool = True
    begins_on: int | None = None

    @property
    def block_s(self) -> int:
        """Seconds of one block."""
        return DAY_S // self.blocks_per_day

    @property
    def wait_blocks(self) -> int:
        """Blocks that are too young to be judged."""
        return math.ceil(self.wait_hours * 3600 / self.block_s)

    @property
    def users(self) -> float:
        """Users of the line; each comes back ``visits`` times a day on average."""
        return self.daily / (self.session * self.visits)

    @property
    def caps(self) -> tuple[float, ...]:
        """What counts of a user's day: impressions and clicks."""
        if not self.capped:
            return (math.inf, math.inf)
        return caps_of(self.visits, self.session, self.rate, self.active)

    def in_time(self, slower: float) -> float:
        """Fraction of clicks that come before ``wait_hours``."""
        if not self.delay_hours:
            return 1.0
        return 1 - math.exp(-self.wait_hours / (self.delay_hours * slower))

    def design_effect(self, days: float) -> float:
        """How much returning users widen a rate after ``days``: 1 + (E N^2 / E N - 1) x ICC."""
        impressions = self.session * (self.visits * days + 1)
        spread = self.rate * (1 / self.active - 1) / (1 - self.rate)
        return 1 + (impressions - 1) * spread


def groups(policy: Policy) -> Floats:
    """Fractions of users: four groups that join the candidate one by one, the rest, the rules.

    Growing a stage only adds users, so at the k-th canary stage the first k groups are the
    candidate's. The explore arm is not judged and is left out.
    """
    rest = 1 - policy.rules_share - policy.explore_share
    edges = np.array([0.0, *(rule.share for rule in policy.canary), 1.0])
    return np.append(rest * np.diff(edges), policy.rules_share)


def wald_unit(policy: Policy) -> float:
    """Nats that Wald's test with known effect and rate spends until a return, on average.

    n* = unit / KL(p1 || p0) impressions (Wald 1945); 2.910 at alpha 5 %, beta 1 %.

    >>> round(wald_unit(Policy()), 3)
    2.91
    """
    alpha, beta = policy.alpha, policy.beta
    return (1 - beta) * math.log((1 - beta) / alpha) + beta * math.log(beta / (1 - alpha))


def divergence(rate: Floats, effect: Floats) -> Floats:
    """KL(p (1 + effect) || p) of one impression, nats; shapes broadcast.

    >>> round(float(2.910 / divergence(np.array(0.05), np.array(-0.2))))  # 2,583 by the formula
    2583
    """
    other = rate * (1 + effect)
    nats: Floats = other * np.log1p(effect) + (1 - other) * np.log((1 - other) / (1 - rate))
    return nats
