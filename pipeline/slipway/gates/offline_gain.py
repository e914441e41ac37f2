"""Is a claimed gain of loss larger than what chance alone gives?

As :mod:`slipway.gates.gain`, for lines that give one answer: fresher rows by the same recipe claim
nothing; another recipe claims to be better, and inside the floor that is UNDECIDED.
"""

from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import needed
from slipway.gates.offline_verdicts import gain_floor, gain_verdict

NAME = "offline_gain"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """PASS for a gain beyond the floor, or where none is claimed; else UNDECIDED."""
    if not m.rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no held-out rows")
    difference = needed(m.loss_diff_champion, NAME)
    chance = needed(m.chance.get("loss"), NAME)
    least = gain_floor(difference, chance, m.refits, policy.quality_alpha)
    gain = -difference.mean
    evidence = (
        Evidence(f"gain of {m.loss_name}", gain, "relative difference", threshold=least),
        Evidence("chance, other seeds", chance.seed, "relative spread of the loss"),
        Evidence("chance, other training rows", chance.data, "relative spread of the loss"),
    )
    claimed = m.recipe_changed and policy.prove_gain
    return gain_verdict(NAME, m.loss_name, gain, least, evidence, claimed=claimed)
