"""Is the candidate's loss no worse than the champion's, beyond chance, and not too good to be true?"""

from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Verdict
from slipway.gates.offline import needed
from slipway.gates.offline_verdicts import LossBeside, loss_verdict

NAME = "offline_loss"


def judge(m: PredictionMeasurements, policy: PredictionPolicy) -> Verdict:
    """PASS when a loss above the margin is excluded, FAIL when proven or when the gain is too good."""
    found = LossBeside(
        m.loss_name,
        needed(m.loss_diff_champion, NAME),
        (m.seed_spread_candidate, needed(m.seed_spread_champion, NAME)),
        m.rows,
        m.seeds_unknown,
        of=f" of {m.outcome}",
    )
    return loss_verdict(NAME, found, policy, policy.loss_margin)
