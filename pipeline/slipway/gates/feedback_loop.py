"""Does the model feed on its own clicks? The shadow gap, and concentration as a trend over releases."""

import numpy as np
from scipy.stats import norm

from slipway.domain.loop import LoopMeasurements
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.stats.concentration import Concentration, Trend, trend
from slipway.stats.shadow_gap import Gap, together

NAME = "feedback_loop"
ENTROPIES = ("individual", "collective")
FALLS = ("discoverable", *ENTROPIES)
"""Measures that fall where lists concentrate."""


def judge(m: LoopMeasurements, policy: LoopPolicy) -> Verdict:
    """FAIL where chance's clicks prove that the model ranks worse than it could, or where it concentrates unproven.

    A rise of concentration is told from the arms that the model never feeds and from its noise floor. It is no fault
    where the gap is proven to be below the tolerance: then lists serve users by it. Without enough explored weeks nothing is known.
    """
    gaps = [week.gap for week in m.weeks if week.gap][-policy.gap_weeks :]
    rises = _rises(m, policy)
    evidence = tuple(_evidence(name, found, policy) for name, found in rises.items())
    if len(gaps) < policy.gap_weeks or not m.weeks or m.weeks[-1].gap is None:
        reason = f"{len(gaps)} weeks with explored clicks, {policy.gap_weeks} needed up to the last"
        return Verdict(NAME, Conclusion.UNDECIDED, reason, evidence)
    gap = together(tuple(gaps))
    low, high = _bounds(gap, policy)
    evidence = (
        Evidence("shadow gap", gap.mean, "relative value", low, high, policy.gap_tolerance),
        *evidence,
    )
    said = f"chance's clicks would gain {gap.mean:+.1%} ({low:+.1%} to {high:+.1%})"
    risen = [name for name, found in rises.items() if found.lower > policy.concentration_rise]
    if gap.mean > policy.gap_tolerance and low > 0:
        return Verdict(NAME, Conclusion.FAIL, f"{said} beyond the model's own ranking", evidence)
    if high < policy.gap_tolerance:
        rest = f"; {', '.join(risen)} concentrates" if risen else ""
        return Verdict(NAME, Conclusion.PASS, f"{said}: no loop is seen{rest}", evidence)
    if risen:
        reason = f"{', '.join(risen)} concentrates over the releases, and {said}"
        return Verdict(NAME, Conclusion.FAIL, reason, evidence)
    return Verdict(
        NAME, Conclusion.UNDECIDED, f"{said}: {policy.gap_tolerance:.1%} is tolerated", evidence
    )


def _bounds(gap: Gap, policy: LoopPolicy) -> tuple[float, float]:
    """The lower bound errs with the error of alarms, the upper one with that of an all-clear."""
    return (
        gap.mean - float(norm.isf(policy.gap_alpha)) * gap.se,
        gap.mean + float(norm.isf(policy.clear_alpha)) * gap.se,
    )


def _rises(m: LoopMeasurements, policy: LoopPolicy) -> dict[str, Trend]:
    """How far each measure got worse beyond the arms never fed, where enough weeks have all of it."""
    weeks = m.weeks[-policy.trend_weeks :]
    found = {}
    for measure in Concentration._fields:
        sign = -1.0 if measure in FALLS else 1.0
        pairs = [(week.beside(measure), getattr(week.floor, measure)) for week in weeks]
        values = [sign * value for value, _ in pairs if value is not None]
        if len(values) >= policy.fewest_weeks:
            floor = max(noise for _, noise in pairs)
            alpha = policy.trend_alpha / len(Concentration._fields)
            found[measure] = trend(np.array(values), floor, alpha)
    return found


def _evidence(name: str, found: Trend, policy: LoopPolicy) -> Evidence:
    worse = "less" if name in FALLS else "more"
    unit = "nats" if name in ENTROPIES else "share"
    return Evidence(
        f"{name.replace('_', ' ')}, {worse} beside rules and explore arm",
        found.rise,
        unit,
        found.lower,
        found.upper,
        policy.concentration_rise,
    )
