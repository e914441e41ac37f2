"""Does the candidate rank no worse than the champion?"""

from slipway.domain.in_words import counted
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates.offline import bounded, lower_of, needed, range_of, upper_of

NAME = "ndcg"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS when a loss of NDCG above the margin is excluded, FAIL when it is proven."""
    evidence = bounded(
        "NDCG over the champion",
        needed(m.ndcg_diff_champion, NAME),
        (m.ndcg_seed_spread,),
        policy.quality_alpha,
        threshold=-policy.ndcg_margin,
    )
    if not m.requests:
        conclusion = Conclusion.UNDECIDED
    elif lower_of(evidence) >= -policy.ndcg_margin:
        conclusion = Conclusion.PASS
    elif upper_of(evidence) < -policy.ndcg_margin:
        conclusion = Conclusion.FAIL
    else:
        conclusion = Conclusion.UNDECIDED
    reason = (
        f"NDCG {range_of(evidence)} against the champion, margin {100 * policy.ndcg_margin:g} %, "
        f"on {counted(m.requests, 'request')}"
    )
    return Verdict(NAME, conclusion, reason, (evidence,))
