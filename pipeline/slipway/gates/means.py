"""Do the declared means fall, such as the diversity of lists: beside the control, users counted whole?"""

from slipway.domain.mean import Mean
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence.family import mean_evidence, mean_members, means_of
from slipway.gates import verdict_parts
from slipway.stats.means import MeanEvidence, bounds

NAME = "means"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when a declared mean is proven worse, UNDECIDED until all of them are known."""
    known = [(mean, mean_evidence(m, mean, policy)) for mean in means_of(m, policy)]
    if not known:
        return verdict_parts.undecided(NAME, "no mean that a champion could be compared in")
    missing = [mean.name for mean, found in known if found is None]
    alarms = [verdict_parts.alarm(member, policy) for member in mean_members(m, policy)]
    effects = tuple(bounded(mean, found, policy) for mean, found in known if found is not None)
    evidence = (*(item for _, item in alarms), *effects)
    failed = [item.name for alarmed, item in alarms if alarmed]
    said = "; ".join(verdict_parts.seen([item]).strip(" ()") for item in effects)
    if failed:
        reason = f"worse than the control in {', '.join(failed)}: {said}"
        return Verdict(NAME, Conclusion.FAIL, reason, evidence)
    if missing:
        reason = f"{', '.join(missing)}: no spread of {policy.min_users} control users so far"
        return verdict_parts.undecided(NAME, reason, *evidence)
    return Verdict(NAME, Conclusion.PASS, f"no mean proven worse: {said}", evidence)


def bounded(mean: Mean, found: MeanEvidence, policy: Policy) -> Evidence:
    """The relative effect on one mean, above 0 where it is better, with anytime bounds."""
    middle, lower, upper = bounds(found, alpha=policy.alpha, scale=mean.margin)
    return Evidence(mean.name, middle, "relative effect", lower, upper, -mean.margin)
