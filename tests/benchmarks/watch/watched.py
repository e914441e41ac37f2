"""One simulated watch before the real gates and the real decision, from the promotion to its end."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from slipway.domain.blocks import Counts, StageUsers, Traffic
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, LineState, Origin
from slipway.domain.stage import Stage
from slipway.evidence.watch import seen_days
from slipway.gates import gates_for, judge
from slipway.release.machine import Return
from slipway.release.watch import EndHoldBack, decide_watch
from slipway.stats.histogram import BUCKETS

DAY = 24
EPOCH = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
PANEL = 2_000
"""Users of the hold-back whose clustering is known to a look."""


@dataclass(frozen=True)
class World:
    """What is true of a champion and of the traffic: as the scenes of the decision bench.

    The effect is ``last`` + (``first`` - ``last``) halved every ``half_life`` days, or ``last`` at once
    after ``turns`` days; it begins ``road_days`` before the promotion, with the first canary. ``rate`` is
    the previous champion's click rate, ``rules`` the rules' effect; traffic and rate swing over the day.
    A fraction ``active`` of the users clicks at all, each has ``visits`` of ``session`` impressions a day.
    ``quiet`` are (first day, days) without any request, ``night`` hours of each day without one.
    """

    first: float = 0.0
    last: float = 0.0
    half_life: float | None = None
    turns: float | None = None
    road_days: float = 4.2
    daily: int = 2_000_000
    rate: float = 0.05
    rules: float = -0.15
    session: int = 1
    visits: float = 1.0
    active: float = 1.0
    quiet: tuple[float, float] = (0.0, 0.0)
    night: int = 0

    def effect(self, days):
        """The true effect ``days`` after the promotion."""
        if self.turns is not None:
            return np.where(days < self.turns, self.first, self.last)
        if self.half_life is None:
            return np.full_like(days, self.last)
        gone = 0.5 ** ((days + self.road_days) / self.half_life)
        return self.last + (self.first - self.last) * gone

    def traffic(self, hour):
        """Impressions of the whole line in each hour since the promotion, at 06:00 UTC."""
        days, of_day = hour / DAY, (hour + 6) % DAY
        busy = self.daily / DAY * (1 + 0.5 * np.sin(2 * np.pi * of_day / DAY))
        start, length = self.quiet
        there = ~((days >= start) & (days < start + length)) & (of_day >= self.night)
        return busy * there


@dataclass
class Seen:
    """What came of it: ``returned`` and ``ended`` in days after the promotion, ``why``."""

    returned: float = math.inf
    ended: float = math.inf
    why: str = ""
    lost: float = field(default=0.0)


def watch(
    world: World, policy: Policy, seed: int, *, every_h: int = 24, most_days: float = 60
) -> Seen:
    """Look every ``every_h`` hours until the champion is returned or its watch is over, then daily.

    Evidence keeps its peak after any block: of a champion that is hardly ever returned, seldom looks miss
    nothing, and only say later what they found.
    """
    rng = np.random.default_rng(seed)
    hours = np.arange(int(most_days * DAY))
    back = policy.previous_share
    rest = 1 - policy.rules_share - policy.explore_share
    shares = np.array([back, rest - back, policy.rules_share])
    n = rng.poisson(world.traffic(hours)[:, None] * shares)
    x = rng.binomial(n, _rates(rng, world, hours, shares))
    users = _users(rng, world)
    found = Seen()
    at = EPOCH + timedelta(hours=6)
    state = LineState("simulated", 9, "2", at, previous_share=back)
    champion = Candidate(
        "2", "f", "adam", Origin.SCHEDULED, at, Stage.CHAMPION, at, evidence_digest="d"
    )
    watched_h = int(policy.watch_days * DAY)
    seldom = range(every_h, watched_h + 1, every_h)
    for until in (*seldom, *range(watched_h + 12, len(hours) + 1, DAY)):
        live = _measured(champion, policy, n[:until], x[:until], users)
        panel = gates_for(Stage.CHAMPION, has_champion=True, policy=policy)
        verdicts = [judge(gate, live, policy) for gate in panel]
        now = at + timedelta(hours=until)
        seen = seen_days(live, policy)
        decision = decide_watch(state, champion, verdicts, policy, now, seen_days=seen)
        if isinstance(decision, Return):
            found.returned, found.why = until / DAY, decision.reason
            break
        if isinstance(decision, EndHoldBack):
            found.ended, found.why = until / DAY, decision.reason
            break
    lost = n[: round(min(found.returned, found.ended, most_days) * DAY), 0].sum()
    found.lost = float(lost)
    return found


def _rates(rng, world, hours, shares):
    """Click rates float64[H, 3]; which users an arm has shifts its rate for the whole watch."""
    swing = world.rate * (1 + 0.1 * np.sin(2 * np.pi * hours / DAY))
    lift = np.stack(
        (np.ones(len(hours)), 1 + world.effect(hours / DAY), np.full(len(hours), 1 + world.rules))
    )
    per_user = world.session * world.visits
    people = world.daily / per_user * shares
    spread = np.sqrt((1 / world.active - 1) / people)
    return np.clip(swing[:, None] * lift.T * (1 + rng.normal(0, spread)), 0, 1)


def _users(rng, world):
    """Trials and clicks of the hold-back's users over a whole watch, by which clustering is known."""
    visits = rng.poisson(world.visits * 28, PANEL)
    trials = world.session * np.maximum(visits, 1)
    clicker = rng.random(PANEL) < world.active
    return trials, rng.binomial(trials, np.where(clicker, world.rate / world.active, 0))


def _measured(champion, policy, n, x, users):
    at = champion.stage_since
    starts = int(at.timestamp()) + 3600 * np.arange(len(n))
    stage = np.full(len(n), "")
    requests = n[:, :2]
    latency = np.zeros((len(n), 2, BUCKETS), np.int64)
    latency[:, :, 10] = requests
    nothing = np.zeros(len(n), np.int64)
    shares = (policy.rules_share, policy.explore_share, policy.previous_share)
    expected = (1 - sum(shares), 0.0, *shares)
    return LiveMeasurements(
        line="simulated",
        version="2",
        stage=Stage.CHAMPION,
        now=at + timedelta(hours=len(n)),
        stage_since=at,
        live_since=at,
        has_champion=True,
        clicks=Counts(starts, stage, n, x),
        traffic=Traffic(
            starts,
            stage,
            requests,
            np.zeros_like(requests),
            latency,
            nothing,
            nothing,
            np.zeros((len(n), BUCKETS), np.int64),
        ),
        user_trials=users[0],
        user_successes=users[1],
        arrivals=(
            StageUsers(Stage.CHAMPION, expected, tuple(round(100_000 * p) for p in expected)),
        ),
        held_back="1",
    )
