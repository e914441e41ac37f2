"""Does the candidate beat the hand-written rules on the held-out week?

Better in log-loss, and not worse in NDCG by the margin. Of ranking no more can be asked offline: most
logged lists hold only items that the serving ranker had picked already, which hides what another
would have gained by picking differently. That is proven on live traffic
(:mod:`slipway.gates.beats_rules_live`).
"""

from slipway.domain.in_words import counted
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates.offline import bounded, lower_of, range_of, upper_of

NAME = "beats_rules"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS when better in loss and not worse in ranking, beyond noise; FAIL when proven worse."""
    loss = bounded(
        "log-loss over the rules",
        m.log_loss_diff_rules,
        (m.seed_spread_candidate,),
        policy.quality_alpha,
        threshold=0,
    )
    rank = bounded(
        "NDCG over the rules",
        m.ndcg_diff_rules,
        (m.ndcg_seed_spread,),
        policy.quality_alpha,
        threshold=-policy.ndcg_margin,
    )
    reason = f"log-loss {range_of(loss)} and NDCG {range_of(rank)} against the rules, NDCG margin {policy.ndcg_margin:.0%}"
    if not m.rows:
        conclusion = Conclusion.UNDECIDED
    elif loss.estimate < -policy.too_good:
        conclusion = Conclusion.FAIL
        reason += f": a gain above {policy.too_good:.0%} is too good until explained"
    elif upper_of(loss) < 0 and lower_of(rank) > -policy.ndcg_margin:
        conclusion = Conclusion.PASS
    elif lower_of(loss) > 0 or upper_of(rank) < -policy.ndcg_margin:
        conclusion = Conclusion.FAIL
    else:
        conclusion = Conclusion.UNDECIDED
    return Verdict(NAME, conclusion, f"{reason}, on {counted(m.rows, 'row')}", (loss, rank))
