"""What a line's policy will do at the line's traffic: how long, how surely, and whether ever. Pure.

Releases are played hour by hour with the rule's own evidence, in its normal limit: a log ratio whose
information grows by clicks x share x (1 - share) / kappa. No gate is asked, so a forecast takes
a second; the operating curves of the real gates are measured elsewhere.
"""

import math
from typing import NamedTuple

import numpy as np

from pipeline.domain.policy import Policy
from pipeline.release.needs import Flow, needs, rest
from pipeline.stats.eprocess import NI_WEIGHTS
from pipeline.stats.split import Floats

HOURS_A_DAY = 24
SATURDAY_H = 5 * HOURS_A_DAY
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
        fleet.sail(math.log1p(effect), rng.standard_normal(paths))
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
    """Releases on their way, each [P]: evidence, stage, hours in it, and the hour it ended (or NaN)."""

    def __init__(self, flow: Flow, policy: Policy, paths: int) -> None:
        self.policy = policy
        self.score, self.info, self.since = np.zeros((3, paths))
        self.stage, self.returned = np.zeros(paths, np.int64), np.zeros(paths, bool)
        self.ended, self.left = np.full(paths, np.nan), np.full((len(policy.canary), paths), np.nan)
        shares = np.array([rule.share for rule in policy.canary])
        dwell = np.array([rule.min_hours for rule in policy.canary])
        self.margins = np.array([rule.harm_excluded for rule in policy.canary])
        self.an_hour = _information(flow, policy, shares) / HOURS_A_DAY
        self.min_hours = np.maximum(dwell, _min_hours(flow, policy, shares))

    def sail(self, drift: float, noise: Floats) -> None:
        """One more hour of traffic for those still on their way."""
        gained = np.where(np.isnan(self.ended), self.an_hour[self.stage], 0.0)
        self.score += drift * gained + np.sqrt(gained) * noise
        self.info += gained
        self.since += 1

    def judge(self, hour: int) -> None:
        """Return what is proven harmful; move on what is proven safe enough and was long enough there."""
        p, last = self.policy, len(self.margins) - 1
        on = np.isnan(self.ended)
        back = on & (_harm(self.score, self.info, p) >= -math.log(p.alpha * p.primary_weight))
        safe = _safe(self.score, self.info, self.margins[self.stage]) >= math.log(p.advance_e)
        step = on & ~back & safe & (self.since >= self.min_hours[self.stage])
        final = step & (self.stage == last) & _both_kinds(p, hour)
        final &= _safe(self.score, self.info, np.full_like(self.info, p.margin)) >= -math.log(
            p.beta
        )
        step = (step & (self.stage < last)) | final
        self.left[self.stage[step], step] = self.since[step]
        self.since[step] = 0.0
        self.stage[step & ~final] += 1
        self.returned |= back
        self.ended[back | final] = hour


def released_in_time(flow: Flow, policy: Policy, *, factor: float = 1.0) -> float:
    """Share of equal candidates that ``factor`` times the traffic releases before the time-out."""
    more = flow._replace(
        exposures_per_day=flow.exposures_per_day * factor,
        lists_per_day=flow.lists_per_day * factor,
    )
    if any(need.days > policy.timeout_days for need in needs(more, policy)):
        return 0.0
    return forecast(more, policy, 0.0, paths=200).released


def _information(flow: Flow, policy: Policy, share: Floats) -> Floats:
    """Of the log ratio, in a day at each share."""
    clicks = flow.exposures_per_day * rest(policy) * flow.click_rate
    found: Floats = clicks * share * (1 - share) / flow.kappa
    return found


def _min_hours(flow: Flow, policy: Policy, share: Floats) -> Floats:
    found: Floats = policy.min_exposures / (
        flow.exposures_per_day / HOURS_A_DAY * rest(policy) * share
    )
    return found


def _both_kinds(policy: Policy, hour: int) -> bool:
    """Whether a working day and a weekend were seen within ``hour`` hours of the first exposure."""
    at = FIRST_EXPOSURE_H + policy.shadow_min_hours
    week = 7 * HOURS_A_DAY
    kinds = {(at + k) % week >= SATURDAY_H for k in range(hour)}
    return not policy.both_weekday_types or len(kinds) > 1


def _harm(score: Floats, info: Floats, policy: Policy) -> Floats:
    nulls = np.zeros_like(info)
    away = np.array([math.log1p(-m) for m in policy.harm_effects])
    return _mixed(score, info, nulls, away[:, None] + nulls, np.asarray(policy.harm_weights))


def _safe(score: Floats, info: Floats, margin: Floats) -> Floats:
    lost = np.log1p(-margin)
    return _mixed(score, info, lost, np.stack((0 * lost, -lost)), np.asarray(NI_WEIGHTS))


def _mixed(score: Floats, info: Floats, null: Floats, at: Floats, weights: Floats) -> Floats:
    """Log of the mixture of normal likelihood ratios of ``at`` [J, P] against ``null`` [P]."""
    away = at - null
    parts = away * (score - null * info) - away**2 * info / 2
    top = parts.max(axis=0)
    found: Floats = top + np.log(weights @ np.exp(parts - top))
    return found


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
