"""Is the candidate's log-loss no worse than the champion's, and not too good to be true?"""

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Verdict
from slipway.gates.offline import needed
from slipway.gates.offline_verdicts import LossBeside, loss_verdict

NAME = "log_loss"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS when a loss above the margin is excluded, FAIL when proven or when the gain is too good."""
    found = LossBeside(
        "log-loss",
        needed(m.log_loss_diff_champion, NAME),
        (m.seed_spread_candidate, needed(m.seed_spread_champion, NAME)),
        m.rows,
        m.seeds_unknown,
    )
    return loss_verdict(NAME, found, policy, policy.logloss_margin)
