"""The words of a policy that a line which predicts does not share with one that ranks."""

from slipway.domain.outcomes import Outcome, OutcomeKind
from slipway.domain.prediction_policy import PredictionPolicy


def offline(p: PredictionPolicy, of: Outcome) -> str:
    """What the offline gates ask of answers to the held-out requests."""
    level = (
        f"answers calibrated to {p.calibration_margin:g}"
        if of.kind is OutcomeKind.BINARY
        else f"the mean answer within {p.bias_margin:.0%} of the mean outcome"
    )
    flips = (
        ""
        if p.threshold is None
        else f", at most {p.flips_max:.0%} of the decisions at {p.threshold:g} changed beyond the seeds'"
    )
    return (
        f"The loss on {of.name} at most {p.loss_margin:.1%} above the champion's (seed noise counted), in a "
        f"segment {p.segment_margin:.0%}; {level}; answers moved at most {p.shift_max:.0%} of their own spread "
        f"beyond the seeds'{flips}; scoring at most {p.latency_ratio_max:g} x as slow. Undecided is not released."
    )


def paired_shadow(p: PredictionPolicy) -> str:
    """How the shadow decides where the outcome is the same whoever answers."""
    return (
        f"Here quality is decided, on both models' losses for the same requests: proof at "
        f"{1 / p.paired_error:g} to 1 that {p.paired_margin:.0%} more loss is excluded, from at least "
        f"{p.paired_min_users} users and {p.paired_min_days} days; harm proven at "
        f"{1 / (p.alpha * p.primary_weight):.0f} to 1 returns it."
    )


def not_forecast(p: PredictionPolicy, of: Outcome) -> str:
    """Why nobody can say from the past how long a release takes; nothing where it can be forecast."""
    if p.paired:
        return (
            f"How long the shadow takes depends on how alike both models' losses are; it is not forecast. At "
            f"least {p.paired_min_days} days and {of.window.total_seconds() / 3600:g} hours until outcomes are known."
        )
    return ""
