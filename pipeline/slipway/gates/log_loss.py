"""Is the candidate's log-loss no worse than the champion's, and not too good to be true?"""

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates.offline import bounded, lower_of, needed, range_of, upper_of

NAME = "log_loss"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS when a loss above the margin is excluded, FAIL when proven or when the gain is too good."""
    evidence = bounded(
        "log-loss over the champion",
        needed(m, NAME, lambda x: x.log_loss_diff_champion),
        (m.seed_spread_candidate, needed(m, NAME, lambda x: x.seed_spread_champion)),
        policy.quality_alpha,
        threshold=policy.logloss_margin,
    )
    said = f"log-loss {range_of(evidence)} against the champion"
    if not m.rows:
        conclusion = Conclusion.UNDECIDED
    elif evidence.estimate < -policy.too_good:
        conclusion = Conclusion.FAIL
        said += f": a gain above {policy.too_good:.0%} is too good until explained"
    elif upper_of(evidence) <= policy.logloss_margin:
        conclusion = Conclusion.PASS
    elif lower_of(evidence) > policy.logloss_margin:
        conclusion = Conclusion.FAIL
    else:
        conclusion = Conclusion.UNDECIDED
    if m.seeds_unknown:
        said += ", fitted elsewhere: what another seed would change is not known"
    said += f", margin {100 * policy.logloss_margin:g} %, on {m.rows} rows"
    return Verdict(NAME, conclusion, said, (evidence,))
