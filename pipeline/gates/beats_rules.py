"""Does the candidate beat the hand-written rules on the held-out week, in loss and in ranking?"""

from pipeline.domain.measurement import OfflineMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.verdict import Conclusion, Verdict
from pipeline.gates.offline import bounded, lower_of, range_of, upper_of

NAME = "beats_rules"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS when better in both beyond noise, FAIL when worse in one, else UNDECIDED."""
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
        threshold=0,
    )
    said = f"log-loss {range_of(loss)} and NDCG {range_of(rank)} against the rules"
    if not m.rows:
        conclusion = Conclusion.UNDECIDED
    elif loss.estimate < -policy.too_good:
        conclusion = Conclusion.FAIL
        said += f": a gain above {policy.too_good:.0%} is too good until explained"
    elif upper_of(loss) < 0 < lower_of(rank):
        conclusion = Conclusion.PASS
    elif lower_of(loss) > 0 or upper_of(rank) < 0:
        conclusion = Conclusion.FAIL
    else:
        conclusion = Conclusion.UNDECIDED
    return Verdict(NAME, conclusion, f"{said}, on {m.rows} rows", (loss, rank))
