"""Do answers stay near the champion's, and decisions at the threshold the same, beyond chance?"""

from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import needed

NAME = "answer_shift"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """FAIL when answers or decisions move by more than the policy allows beyond the noise floor."""
    if not m.rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no held-out rows")
    moved = needed(m.shift, NAME)
    floor = m.chance["shift"].total if "shift" in m.chance else 0.0
    evidence = [
        Evidence("answers moved", moved, "of their own spread", threshold=floor + policy.shift_max)
    ]
    reason = (
        f"answers moved by {moved:.1%} of their own spread, chance alone moves them by {floor:.1%}, "
        f"{policy.shift_max:.0%} beyond it allowed"
    )
    if m.flips is not None and m.threshold is not None:
        by_chance = m.chance["flips"].total if "flips" in m.chance else 0.0
        limit = by_chance + policy.flips_max
        evidence.append(Evidence("decisions flipped", m.flips, "of rows", threshold=limit))
        reason += (
            f"; {m.flips:.2%} of decisions at {m.threshold:g} flip, by chance {by_chance:.2%}, "
            f"{policy.flips_max:.1%} beyond it allowed"
        )
    bad = [item for item in evidence if item.estimate > (item.threshold or 0.0)]
    return Verdict(NAME, Conclusion.FAIL if bad else Conclusion.PASS, reason, tuple(evidence))
