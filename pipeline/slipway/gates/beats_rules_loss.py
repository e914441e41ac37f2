"""Is the candidate's loss lower than the hand-written rules', beyond noise?"""

from slipway.domain.in_words import counted
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates.offline import bounded, lower_of, range_of, upper_of

NAME = "beats_rules_loss"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """PASS when proven better, FAIL when proven worse, else UNDECIDED.

    No gain is too good here: rules may be as coarse as a mean.
    """
    loss = bounded(
        f"{m.loss_name} over the rules",
        m.loss_diff_rules,
        (m.seed_spread_candidate,),
        policy.quality_alpha,
        threshold=0,
    )
    if not m.rows:
        conclusion = Conclusion.UNDECIDED
    elif upper_of(loss) < 0:
        conclusion = Conclusion.PASS
    else:
        conclusion = Conclusion.FAIL if lower_of(loss) > 0 else Conclusion.UNDECIDED
    reason = f"{m.loss_name} of {m.outcome} {range_of(loss)} against the rules, on {counted(m.rows, 'row')}"
    return Verdict(NAME, conclusion, reason, (loss,))
