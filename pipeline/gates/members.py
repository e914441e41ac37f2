"""The e-processes behind the live gates, each with its share of the release's error budget."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from pipeline.domain.measurement import Counts, LiveMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.verdict import Conclusion, Evidence, Verdict
from pipeline.stats.deff import kappa
from pipeline.stats.eprocess import EProcess, Split, harm, relative_effect, split
from pipeline.stats.exceedance import exceedances, slower, threshold_bucket
from pipeline.stats.rate import above

CONTROL, CANDIDATE, RULES = 0, 1, 2
GUARDRAILS = ("latency", "errors")
LARGEST_LOG_E = 690.0  # exp of it is still a finite number to report


class Member(NamedTuple):
    """One measurement of the family: its evidence of harm and its weight."""

    name: str
    process: EProcess
    weight: float


def clicks(counts: Counts, *, against: int = CONTROL) -> Split:
    """Trials and successes of the candidate beside those of another arm."""
    n, x = counts.trials, counts.successes
    return split(n[:, against], x[:, against], n[:, CANDIDATE], x[:, CANDIDATE])


def exposed(data: Split) -> int:
    """Candidate trials in blocks where the other arm had some too."""
    return int(data.candidate_trials.sum())


def clustering(m: LiveMeasurements) -> float:
    """Kappa from the control's users; raises ValueError where none are known."""
    return kappa(m.user_trials, m.user_successes)


def family(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """Primary metric, every segment and both guardrails, weighted as the policy says."""
    divisor = clustering(m)
    each = policy.segment_weight / max(1, len(m.segments))
    effects, weights = policy.harm_effects, policy.harm_weights
    members = [
        Member(name, harm(clicks(part), effects=effects, weights=weights, kappa=divisor), weight)
        for name, part, weight in (
            ("clicks", m.clicks, policy.primary_weight),
            *((f"clicks, {name}", part, each) for name, part in sorted(m.segments.items())),
        )
    ]
    guards = (latency(m, policy), errors(m, policy))
    return (*members, *(guard for guard in guards if guard))


def latency(m: LiveMeasurements, policy: Policy) -> Member | None:
    """Candidate against control above the champion's reference quantile.

    None without enough reference, and without a champion: the rules are no model to be as fast as.
    """
    if not m.has_champion or int(m.reference_latency.sum()) < policy.latency_min_reference:
        return None
    bucket = threshold_bucket(m.reference_latency, policy.latency_quantile)
    slow = exceedances(m.traffic.latency, bucket)
    answered = m.traffic.latency.sum(axis=2)
    data = split(answered[:, 0], slow[:, 0], answered[:, 1], slow[:, 1])
    process = slower(data, ratios=policy.latency_ratios, tolerance=policy.latency_tolerance)
    return Member("latency", process, guardrail_weight(policy))


def errors(m: LiveMeasurements, policy: Policy) -> Member:
    """The candidate's fallbacks against the highest rate allowed."""
    process = above(
        m.traffic.requests[:, 1], m.traffic.fallbacks[:, 1], limit=policy.max_error_rate
    )
    return Member("errors", process, guardrail_weight(policy))


def guardrail_weight(policy: Policy) -> float:
    """The share of the error budget of one guardrail."""
    return policy.guardrail_weight / len(GUARDRAILS)


def alarm(member: Member, policy: Policy) -> tuple[bool, Evidence]:
    """Whether a member alone, at its peak, uses up the budget of the release: weight x E >= 1/alpha."""
    limit = 1 / (policy.alpha * member.weight)
    return member.process.log_peak >= math.log(limit), e_value(
        member.name, member.process.log_peak, limit
    )


def e_value(name: str, log_e: float, threshold: float) -> Evidence:
    """An e-value as evidence; one too large to write is cut."""
    return Evidence(name, math.exp(min(log_e, LARGEST_LOG_E)), "e-value", threshold=threshold)


def effect(name: str, data: Split, policy: Policy, divisor: float) -> tuple[Evidence, ...]:
    """The relative effect with anytime bounds; nothing while it is undefined."""
    if not (data.control_successes * data.candidate_trials).sum() > 0:
        return ()
    found = relative_effect(
        data,
        effects=policy.harm_effects,
        weights=policy.harm_weights,
        alpha=policy.alpha,
        kappa=divisor,
    )
    return (Evidence(name, found.estimate, "relative effect", found.lower, found.upper),)


def seen(evidence: Iterable[Evidence]) -> str:
    """The first effect among ``evidence`` in words, or nothing.

    >>> seen([Evidence("clicks", -0.1, "relative effect", -0.12, -0.08)])
    ' (clicks -10.0 %, -12.0 to -8.0 %)'
    """
    for item in evidence:
        if item.unit == "relative effect" and item.lower is not None and item.upper is not None:
            estimate, lower, upper = (
                f"{100 * part:+.1f}" for part in (item.estimate, item.lower, item.upper)
            )
            return f" ({item.name} {estimate} %, {lower} to {upper} %)"
    return ""


def undecided(gate: str, reason: str, *evidence: Evidence) -> Verdict:
    """A verdict that holds."""
    return Verdict(gate, Conclusion.UNDECIDED, reason, evidence)


def counted(total: np.int64 | int) -> str:
    """A count for people, thousands apart.

    >>> counted(12345)
    '12 345'
    """
    return f"{int(total):,}".replace(",", " ")
