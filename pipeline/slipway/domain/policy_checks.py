"""What the numbers of a policy must satisfy together."""

from typing import TYPE_CHECKING

from slipway.domain.errors import BadConfig

if TYPE_CHECKING:
    from slipway.domain.policy import Policy


def check_mixture(policy: "Policy") -> None:
    """Raise BadConfig where weights and what they weigh do not fit."""
    if len(policy.harm_effects) != len(policy.harm_weights):
        raise BadConfig(
            "policy.harm_weights",
            found=len(policy.harm_weights),
            expected=f"{len(policy.harm_effects)} weights, one for each effect",
            next_step="give every effect a weight",
        )
    if min(policy.latency_ratios) <= policy.latency_tolerance:
        raise BadConfig(
            "policy.latency_ratios",
            found=min(policy.latency_ratios),
            expected=f"above the latency_tolerance {policy.latency_tolerance:g}",
            next_step="look for more slow answers than are tolerated",
        )
    total = sum(policy.harm_weights)
    if abs(total - 1) > 1e-9:  # noqa: PLR2004 - floating point, not a threshold
        raise BadConfig(
            "policy.harm_weights",
            found=total,
            expected="a sum of 1",
            next_step="rescale the weights",
        )
    family = policy.primary_weight + policy.guardrail_weight + policy.segment_weight
    if family > 1 + 1e-9:
        raise BadConfig(
            "policy family weights",
            found=family,
            expected="a sum of at most 1",
            next_step="lower one of primary, guardrail and segment weight",
        )


def check_time(policy: "Policy") -> None:
    """Raise BadConfig for a time-out that the stages can never meet."""
    dwell = sum(rule.min_hours for rule in policy.canary)
    for name, hours in (("shadow_min_hours", policy.shadow_min_hours), ("canary", dwell)):
        if hours > 24 * policy.timeout_days:
            raise BadConfig(
                "policy.timeout_days",
                found=policy.timeout_days,
                expected=f"at least the {hours:g} hours that policy.{name} asks for",
                next_step="allow more days, or ask for fewer hours: this can never be released",
            )
