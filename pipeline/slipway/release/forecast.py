"""What a line's policy will do at the line's traffic: how long, how surely, and whether ever. Pure.

Releases are played hour by hour with the rule's own evidence, in its normal limit: a log ratio whose
information grows by clicks x share x (1 - share) / design effect. No gate is asked, so a forecast takes
a second; the operating curves of the real gates are measured elsewhere.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.domain.policy import Policy
from slipway.release.required_sample import HOURS_A_DAY, Flow, blocked, needs, rest
from slipway.stats.mixtures import NI_WEIGHTS, log_evidence
from slipway.stats.split import Floats

Bools = NDArray[np.bool_]

SATURDAY_H = 5 * HOURS_A_DAY
KINDS = ("working days", "weekends")
FIRST_EXPOSURE_H = 6.0  # Monday 06:00, then the shadow stage
SEED = 20_260_302


class Forecast(NamedTuple):
    """Shares of releases with one true ``effect``, and how long those that were released took.

    ``stage_days`` are mean days in each canary stage, of the releases that left it.
    """

    effect: float
    released: float
    returned: float
    timed_out: float
    days: float | None
    stage_days: tuple[float | None, ...]


def forecast(flow: Flow, policy: Policy, effect: float, *, paths: int = 1000) -> Forecast:
    """Play ``paths`` releases of a candidate with a true relative ``effect`` on clicks."""
    rng, fleet = np.random.default_rng(SEED), _Fleet(flow, policy, paths)
    for hour in range(1, round(policy.timeout_days * HOURS_A_DAY) + 1):
        fleet.sail(math.log1p(effect), rng.standard_normal(paths), _kind(policy, hour - 1))
        fleet.judge(hour)
    over = ~np.isnan(fleet.ended)
    released = over & ~fleet.returned
    return Forecast(
        effect,
        float(released.mean()),
        float(fleet.returned.mean()),
        float((~over).mean()),
        _mean(fleet.ended[released] / HOURS_A_DAY),
        tuple(_mean(row[~np.isnan(row)] / HOURS_A_DAY) for row in fleet.left),
    )


class _Fleet:
    """Releases on their way, each [P]: stage, hours in it, and the hour it ended (or NaN).

    Evidence is [2, P]: on working days, and on weekends.
    """

    def __init__(self, flow: Flow, policy: Policy, paths: int) -> None:
        self.policy = policy
        self.score, self.info = np.zeros((2, len(KINDS), paths))
        self.since = np.zeros(paths)
        self.stage, self.returned = np.zeros(paths, np.int64), np.zeros(paths, bool)
        self.ended, self.left = np.full(paths, np.nan), np.full((len(policy.canary), paths), np.nan)
        shares = np.array([rule.share for rule in policy.canary])
        dwell = np.array([rule.min_hours for rule in policy.canary])
        self.margins = np.array([rule.harm_excluded for rule in policy.canary])
        self.an_hour = _information(flow, policy, shares) / HOURS_A_DAY
        self.min_hours = np.maximum(dwell, _min_hours(flow, policy, shares))

    def sail(self, drift: float, noise: Floats, kind: int) -> None:
        """One more hour of traffic, on one kind of day, for those still on their way."""
        gained = np.where(np.isnan(self.ended), self.an_hour[self.stage], 0.0)
        self.score[kind] += drift * gained + np.sqrt(gained) * noise
        self.info[kind] += gained
        self.since += 1

    def judge(self, hour: int) -> None:
        """Return what is proven harmful; move on what is proven safe enough and was long enough there."""
        p, last = self.policy, len(self.margins) - 1
        on, score, info = np.isnan(self.ended), self.score.sum(axis=0), self.info.sum(axis=0)
        back = on & (_harm(score, info, p) >= -math.log(p.alpha * p.primary_weight))
        safe = _safe(score, info, self.margins[self.stage]) >= math.log(p.advance_e)
        step = on & ~back & safe & (self.since >= self.min_hours[self.stage])
        final = step & (self.stage == last) & self._each_kind()
        final &= _safe(score, info, np.full_like(info, p.margin)) >= -math.log(p.beta)
        step = (step & (self.stage < last)) | final
        self.left[self.stage[step], step] = self.since[step]
        self.since[step] = 0.0
        self.stage[step & ~final] += 1
        self.returned |= back
        self.ended[back | final] = hour

    def _each_kind(self) -> Bools:
        """bool[P]: enough is known of working days, and of weekends."""
        p = self.policy
        if not p.both_weekday_types:
            return np.ones(self.info.shape[1], bool)
        margin = np.full_like(self.info, p.day_harm_excluded)
        weaker: Floats = _safe(self.score, self.info, margin).min(axis=0)
        known: Bools = weaker >= math.log(p.day_e)
        return known


def released_in_time(flow: Flow, policy: Policy, *, factor: float = 1.0) -> float:
    """Share of equal candidates that ``factor`` times the traffic releases before the time-out."""
    more = flow._replace(
        exposures_per_day=flow.exposures_per_day * factor,
        lists_per_day=flow.lists_per_day * factor,
    )
    if blocked(more, policy) or any(
        need.days > policy.timeout_days for need in needs(more, policy)
    ):
        return 0.0
    return forecast(more, policy, 0.0, paths=200).released


def _information(flow: Flow, policy: Policy, share: Floats) -> Floats:
    """Of the log ratio, in a day at each share."""
    clicks = flow.exposures_per_day * rest(policy) * flow.click_rate
    found: Floats = clicks * share * (1 - share) / flow.design_effect
    return found


def _min_hours(flow: Flow, policy: Policy, share: Floats) -> Floats:
    found: Floats = policy.min_exposures / (
        flow.exposures_per_day / HOURS_A_DAY * rest(policy) * share
    )
    return found


def _kind(policy: Policy, hour: int) -> int:
    """The place in ``KINDS`` of the hour that begins ``hour`` hours after the first exposure."""
    at = FIRST_EXPOSURE_H + policy.shadow_min_hours + hour
    return int(at % (7 * HOURS_A_DAY) >= SATURDAY_H)


def _harm(score: Floats, info: Floats, policy: Policy) -> Floats:
    nulls = np.zeros_like(info)
    away = np.array([math.log1p(-m) for m in policy.harm_effects])
    return log_evidence(
        score, info, null=nulls, alternatives=away[:, None] + nulls, weights=policy.harm_weights
    )


def _safe(score: Floats, info: Floats, margin: Floats) -> Floats:
    lost = np.log1p(-margin)
    equal_or_better = np.stack((0 * lost, -lost))
    return log_evidence(score, info, null=lost, alternatives=equal_or_better, weights=NI_WEIGHTS)


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
