"""Is a claimed gain of loss larger than what chance alone gives?

As :mod:`slipway.gates.gain`, for lines that give one answer: fresher rows by the same recipe claim
nothing; another recipe claims to be better, and inside the floor that is UNDECIDED.
"""

import math

from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import needed_of
from slipway.stats.noise import EstimatedSd, floor_of

NAME = "offline_gain"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """PASS for a gain beyond the floor, or where none is claimed; else UNDECIDED."""
    if not m.rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no held-out rows")
    difference = needed_of(m.loss_diff_champion, NAME)
    chance = needed_of(m.chance.get("loss"), NAME)
    degrees = max(1, (2 * m.refits) // 3 - 1)
    both = EstimatedSd(math.sqrt(2) * chance.total, degrees)  # both models were drawn by chance
    least = floor_of([EstimatedSd(difference.se, math.inf), both], policy.quality_alpha)
    gain = -difference.mean
    evidence = (
        Evidence(f"gain of {m.loss_name}", gain, "relative difference", threshold=least),
        Evidence("chance, other seeds", chance.seed, "relative spread of the loss"),
        Evidence("chance, other training rows", chance.data, "relative spread of the loss"),
    )
    found = f"{m.loss_name} changed by {-100 * gain:+.2f} %, the noise floor is {100 * least:.2f} %"
    if gain > least:
        return Verdict(
            NAME, Conclusion.PASS, f"{found}: a gain that chance does not explain", evidence
        )
    if m.recipe_changed and policy.prove_gain:
        reason = f"{found}: another recipe must show a gain beyond chance"
        return Verdict(NAME, Conclusion.UNDECIDED, reason, evidence)
    inside = "beyond the floor" if gain < -least else "inside the floor"
    return Verdict(NAME, Conclusion.PASS, f"{found}: {inside}, and no gain is claimed", evidence)
