"""Do the declared means fall, such as the diversity of lists: beside the control, users counted whole?

In the watch the control is the hold-back, and evidence begins again, as that of clicks does.
"""

from slipway.domain.mean import Mean
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence import watch
from slipway.evidence.family import mean_evidence, mean_members, means_of
from slipway.gates import verdict_parts
from slipway.stats.means import MeanEvidence, bounds

NAME = "means"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when a declared mean is proven worse, UNDECIDED until all of them are known."""
    watched = m.stage is Stage.CHAMPION
    if watched and not m.held_back:
        return verdict_parts.undecided(NAME, "nobody is held back to compare means with")
    declared = policy.means if watched else means_of(m, policy)
    known = [(mean, mean_evidence(m, mean, policy)) for mean in declared]
    if not known:
        return verdict_parts.undecided(NAME, "no mean that a champion could be compared in")
    missing = [mean.name for mean, found in known if found is None]
    members = watch.mean_members(m, policy) if watched else mean_members(m, policy)
    alarms = [verdict_parts.alarm(member, policy) for member in members]
    effects = tuple(bounded(mean, found, policy) for mean, found in known if found is not None)
    evidence = (*(item for _, item in alarms), *effects)
    failed = [item.name for alarmed, item in alarms if alarmed]
    said = "; ".join(verdict_parts.seen([item]).strip(" ()") for item in effects) + _capped(m)
    if failed:
        reason = f"worse than the control in {', '.join(failed)}: {said}"
        return Verdict(NAME, Conclusion.FAIL, reason, evidence)
    if missing:
        reason = f"{', '.join(missing)}: no spread of {policy.min_users} control users so far"
        return verdict_parts.undecided(NAME, reason, *evidence)
    return Verdict(NAME, Conclusion.PASS, f"no mean proven worse: {said}", evidence)


def _capped(m: LiveMeasurements) -> str:
    """How many amounts are beyond what counts; nothing where none is."""
    found = {name: int(of.capped) for name, of in m.means.items() if of.capped}
    words = [f"{verdict_parts.counted(rows)} of {name}" for name, rows in found.items()]
    cut = "; users' hours with more than counts: "
    return f"{cut}{', '.join(words)}" if words else ""


def bounded(mean: Mean, found: MeanEvidence, policy: Policy) -> Evidence:
    """The relative effect on one mean, above 0 where it is better, with anytime bounds."""
    middle, lower, upper = bounds(found, alpha=policy.alpha, scale=mean.margin)
    return Evidence(mean.name, middle, "relative effect", lower, upper, -mean.margin)
