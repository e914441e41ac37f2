"""Do the posts have the cluster they had last week?"""

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.stats.proportion import wilson

NAME = "ids_kept"


def judge(m: ClusterMeasurements, policy: ClusterPolicy) -> Verdict:
    """PASS when a kept share below the limit is excluded, FAIL when it is proven."""
    if not m.common:
        return Verdict(NAME, Conclusion.UNDECIDED, "no post was there in both weeks")
    share = m.kept / m.common
    bounds = wilson(m.kept, m.common, policy.alpha)
    evidence = Evidence(
        "posts that kept their id", share, "fraction", bounds.lower, bounds.upper, policy.kept_min
    )
    reason = (
        f"{share:.1%} of {m.common} posts kept their cluster ({bounds.lower:.1%} to "
        f"{bounds.upper:.1%}), at least {policy.kept_min:.0%} must; {m.rematched} of "
        f"{m.living_twice} clusters are matched to themselves without looking at ids"
    )
    if bounds.lower >= policy.kept_min:
        conclusion = Conclusion.PASS
    elif bounds.upper < policy.kept_min:
        conclusion = Conclusion.FAIL
    else:
        conclusion = Conclusion.UNDECIDED
    return Verdict(NAME, conclusion, reason, (evidence,))
