"""Has the candidate been seen for long enough: whole days, and both kinds of weekday at the end?

A candidate that gains on working days and loses on weekends passes any four days from Monday on.
"""

from pipeline.domain.measurement import LiveMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.stage import CANARY_STAGES
from pipeline.domain.verdict import Conclusion, Evidence, Verdict
from pipeline.gates import members

NAME = "dwell"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS after the stage's hours with exposures, and both weekday types to leave the last one."""
    rule = policy.rule(m.stage)
    if not m.exposures_in_stage():
        return members.undecided(NAME, "no exposure of the candidate in this stage yet")
    evidence = Evidence("time in stage", m.hours_in_stage, "hours", threshold=rule.min_hours)
    said = f"{m.hours_in_stage:.1f} of {rule.min_hours:g} hours in {m.stage}"
    if m.hours_in_stage < rule.min_hours:
        return members.undecided(NAME, said, evidence)
    working, weekend = m.weekday_types_seen()
    if m.stage is CANARY_STAGES[-1] and policy.both_weekday_types and not (working and weekend):
        kind = "a weekend" if working else "a working day"
        return members.undecided(NAME, f"{said}, but not yet seen on {kind}", evidence)
    return Verdict(NAME, Conclusion.PASS, said, (evidence,))
