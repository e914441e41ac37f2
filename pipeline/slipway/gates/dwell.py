"""Has the candidate been seen for long enough in its stage?"""

from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates import verdict_parts

NAME = "dwell"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS after the stage's hours, with exposures; else UNDECIDED."""
    rule = policy.rule(m.stage)
    if not m.exposures_in_stage():
        return verdict_parts.undecided(NAME, "no exposure of the candidate in this stage yet")
    evidence = Evidence("time in stage", m.hours_in_stage, "hours", threshold=rule.min_hours)
    said = f"{m.hours_in_stage:.1f} of {rule.min_hours:g} hours in {m.stage}"
    if m.hours_in_stage < rule.min_hours:
        return verdict_parts.undecided(NAME, said, evidence)
    return Verdict(NAME, Conclusion.PASS, said, (evidence,))
