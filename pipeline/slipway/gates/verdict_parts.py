"""What verdicts of live gates are made of: evidence with its limit, and words for people."""

import math
from collections.abc import Iterable

import numpy as np

from slipway.domain.comparison_id import ComparisonId
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence.comparisons import Comparison, Member, user_sums
from slipway.stats import ratio_sums
from slipway.stats.eprocess import relative_effect

LARGEST_LOG_E = 690.0  # exp of it is still a finite number to report


def waiting(gate: str, m: LiveMeasurements, found: Comparison) -> Verdict | None:
    """UNDECIDED while nothing can be compared; None as soon as it can.

    One user's clicks have no spread over users: whatever they say may be that user's alone.
    """
    if not found.exposed:
        return undecided(gate, "no exposure of the candidate beside the control yet")
    if user_sums(m)[0] == 1:
        return undecided(gate, "a single control user: how clicks cluster is not known yet")
    return None


def alarm(member: Member, policy: Policy) -> tuple[bool, Evidence]:
    """Whether a member alone, at its peak, uses up the budget of the release: weight x E >= 1/alpha."""
    limit = 1 / (policy.alpha * member.weight)
    return member.process.log_peak >= math.log(limit), e_value(
        member.label, member.process.log_peak, limit
    )


def e_value(name: str, log_e: float, threshold: float) -> Evidence:
    """An e-value as evidence; one too large to write is cut."""
    return Evidence(name, math.exp(min(log_e, LARGEST_LOG_E)), "e-value", threshold=threshold)


def effect(
    of: ComparisonId, found: Comparison, policy: Policy, design_effect: float
) -> tuple[Evidence, ...]:
    """The relative effect with anytime bounds; nothing while it is undefined."""
    if not ratio_sums.mantel_haenszel(found.sums)[1] > 0:
        return ()
    effect = relative_effect(
        found.data,
        effects=policy.harm_effects,
        weights=policy.harm_weights,
        alpha=policy.alpha,
        design_effect=design_effect,
        before=found.before,
    )
    return (Evidence(of.label, effect.estimate, "relative effect", effect.lower, effect.upper),)


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
