"""Is the candidate's loss no worse than the champion's, beyond chance, and not too good to be true?"""

from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates.offline import bounded, lower_of, needed_of, range_of, upper_of

NAME = "offline_loss"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """PASS when a loss above the margin is excluded, FAIL when proven or when the gain is too good."""
    evidence = bounded(
        f"{m.loss_name} over the champion",
        needed_of(m.loss_diff_champion, NAME),
        (m.seed_spread_candidate, needed_of(m.seed_spread_champion, NAME)),
        policy.quality_alpha,
        threshold=policy.loss_margin,
    )
    said = f"{m.loss_name} of {m.outcome} {range_of(evidence)} against the champion"
    if not m.rows:
        conclusion = Conclusion.UNDECIDED
    elif evidence.estimate < -policy.too_good:
        conclusion = Conclusion.FAIL
        said += f": a gain above {policy.too_good:.0%} is too good until explained"
    elif upper_of(evidence) <= policy.loss_margin:
        conclusion = Conclusion.PASS
    elif lower_of(evidence) > policy.loss_margin:
        conclusion = Conclusion.FAIL
    else:
        conclusion = Conclusion.UNDECIDED
    if m.seeds_unknown:
        said += ", fitted elsewhere: what another seed would change is not known"
    said += f", margin {100 * policy.loss_margin:g} %, on {m.rows} rows"
    return Verdict(NAME, conclusion, said, (evidence,))
