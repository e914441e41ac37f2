"""What a candidate's off-policy value says of it: worth a try, harm, or not known. It releases nothing."""

from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.stats.off_policy import OffPolicy

NAME = "off_policy"


def triage(found: OffPolicy, policy: LoopPolicy) -> Verdict:
    """PASS where a loss of the margin is excluded, FAIL where it is proven, UNDECIDED without overlap.

    A click model that is contradicted by the estimate without one decides nothing.
    """
    evidence = _evidence(found, policy)
    for doubt in _doubts(found, policy):
        return Verdict(NAME, Conclusion.UNDECIDED, doubt, evidence)
    said = f"{found.difference:+.1%} clicks a request ({found.lower:+.1%} to {found.upper:+.1%})"
    margin = f"a loss of {policy.off_policy_margin:.0%}"
    if found.upper < -policy.off_policy_margin:
        return Verdict(NAME, Conclusion.FAIL, f"{said}: {margin} is proven", evidence)
    if found.lower > -policy.off_policy_margin:
        return Verdict(NAME, Conclusion.PASS, f"{said}: {margin} is excluded", evidence)
    return Verdict(
        NAME, Conclusion.UNDECIDED, f"{said}: {margin} is neither excluded nor proven", evidence
    )


def unknown(reason: str) -> Verdict:
    """What is said where no value could be estimated: never 0."""
    return Verdict(NAME, Conclusion.UNDECIDED, reason)


def _doubts(found: OffPolicy, policy: LoopPolicy) -> list[str]:
    doubts = []
    if found.support < policy.least_support:
        doubts.append(
            f"no overlap: the log can speak of {found.support:.0%} of the candidate's looks, "
            f"{policy.least_support:.0%} needed"
        )
    if found.effective < policy.least_effective:
        doubts.append(
            f"the weighted items are worth {found.effective:.0f}, {policy.least_effective} needed"
        )
    if found.models_disagree > policy.disagree:
        doubts.append(
            f"the click model is contradicted: {found.item_position:+.1%} without it, "
            f"{found.models_disagree:.1f} standard errors away"
        )
    return doubts


def _evidence(found: OffPolicy, policy: LoopPolicy) -> tuple[Evidence, ...]:
    relative = "relative effect"
    return (
        Evidence(
            "candidate to champion",
            found.difference,
            relative,
            found.lower,
            found.upper,
            -policy.off_policy_margin,
        ),
        Evidence("by places alone", found.position_based, relative),
        Evidence("without a click model", found.item_position, relative),
        Evidence("support", found.support, "share of looks", threshold=policy.least_support),
        Evidence("effective", found.effective, "items", threshold=float(policy.least_effective)),
    )
