"""Has the candidate been seen for long enough in its stage? An hour without both arms is not seen."""

from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence import time_seen
from slipway.gates import verdict_parts

NAME = "dwell"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS after the stage's hours were seen, with exposures; else UNDECIDED."""
    rule = policy.rule(m.stage)
    if not m.exposures_in_stage():
        return verdict_parts.undecided(NAME, "no exposure of the candidate in this stage yet")
    hours = time_seen.hours_in_stage(m, policy)
    evidence = Evidence("time seen in stage", hours, "hours", threshold=rule.min_hours)
    reason = time_seen.words(m, policy, rule.min_hours)
    if hours < rule.min_hours:
        return verdict_parts.undecided(NAME, reason, evidence)
    return Verdict(NAME, Conclusion.PASS, reason, (evidence,))
