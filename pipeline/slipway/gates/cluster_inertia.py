"""Are the carried clusters about as tight as fresh ones?"""

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict

NAME = "cluster_inertia"


def judge(m: ClusterMeasurements, policy: ClusterPolicy) -> Verdict:
    """FAIL when the ids were kept at too high a price; raises ValueError where there is none."""
    if not m.posts:
        return Verdict(NAME, Conclusion.UNDECIDED, "there are no posts")
    if m.inertia <= 0:
        raise ValueError(f"inertia {m.inertia}")
    loss = m.inertia - 1
    evidence = Evidence("inertia over fresh fits", loss, "relative", threshold=policy.inertia_max)
    reason = (
        f"inertia {100 * loss:+.2f} % against the best of fresh fits with as many clusters, "
        f"at most {100 * policy.inertia_max:g} %"
    )
    fine = loss <= policy.inertia_max
    return Verdict(NAME, Conclusion.PASS if fine else Conclusion.FAIL, reason, (evidence,))
