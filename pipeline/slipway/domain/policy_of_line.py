"""What the policy of a line must agree with: its kind, its primary outcome, and how long that takes."""

from datetime import timedelta

from slipway.domain.answer_shapes import Listed, Single
from slipway.domain.errors import BadConfig
from slipway.domain.outcomes import Outcome, OutcomeKind
from slipway.domain.policy import Policy
from slipway.domain.prediction_policy import PredictionPolicy

ANSWERS = {"ranking": "Listed", "prediction": "Single"}
"""Exposures of the kinds, as a line declares them."""


def agreed_policy(policy: Policy, kind: str, primary: Outcome, line: str) -> Policy:
    """The policy in force: the usual one of the kind where none was declared.

    Knobs follow the kind, and what decides follows the outcome; raises BadConfig where they do not.
    """
    exogenous = primary.exogenous
    paired = exogenous and kind == "prediction"
    if primary.kind is not OutcomeKind.BINARY and not paired:
        raise BadConfig(
            f"{line}.outcomes.{primary.name}.kind",
            found=str(primary.kind),
            expected="binary, or exogenous in a line of single answers: a split judges rates",
            next_step="let a binary outcome be primary, and declare this one as a mean of the policy",
        )
    wanted = PredictionPolicy if kind == "prediction" else Policy
    if wanted is PredictionPolicy and policy == Policy():  # nothing was declared
        return PredictionPolicy(rules_share=policy.rules_share, paired=exogenous)
    if type(policy) is not wanted:
        raise BadConfig(
            f"{line}.policy",
            found=type(policy).__name__,
            expected=f"{wanted.__name__}, as its answers are {ANSWERS[kind]}",
            next_step=f"declare policy={wanted.__name__}(...)",
        )
    if isinstance(policy, PredictionPolicy) and policy.paired != exogenous:
        raise BadConfig(
            f"{line}.policy.paired",
            found=policy.paired,
            expected=f"{exogenous}, as {primary.name} is "
            f"{'exogenous' if exogenous else 'not exogenous'}",
            next_step="say of the outcome whether it is the same whichever model answers",
        )
    return policy


def check_interleaving(
    policy: Policy, exposure: Listed | Single, line: str, *, own_traffic: bool
) -> None:
    """Lists can only be interleaved where there are some, and where Slipway's router makes them."""
    if policy.no_interleaving:
        return
    single = isinstance(exposure, Single) or exposure.length == 1
    why = "its answers are single items" if single else "its own servers make the lists"
    if single or own_traffic:
        raise BadConfig(
            f"{line}.policy.interleave_share",
            found=policy.interleave_share,
            expected=f"0, as {why}",
            next_step="set it to 0: the stage is then skipped, and the page says so",
        )


def check_window(policy: Policy, maturity: timedelta, line: str) -> None:
    """In each stage exposures must mature before it is left; together they have one time-out."""
    window = maturity / timedelta(hours=1)
    least = sum(max(rule.min_hours, window) for rule in policy.canary)
    if least > 24 * policy.timeout_days:
        raise BadConfig(
            "policy.timeout_days",
            found=policy.timeout_days,
            expected=f"at least {least / 24:g}, as each of {len(policy.canary)} stages waits "
            f"{window:g} h for the outcomes of {line}",
            next_step="allow more days, or a shorter window: this can never be released",
        )
