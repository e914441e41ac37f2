"""Are the carried clusters about as tight as fresh ones?"""

import math

from pipeline.domain.clusters import ClusterMeasurements, ClusterPolicy
from pipeline.domain.verdict import Conclusion, Evidence, Verdict

NAME = "cluster_inertia"


def judge(m: ClusterMeasurements, policy: ClusterPolicy) -> Verdict:
    """FAIL when the ids were kept at too high a price; raises ValueError for a number undefined."""
    if not m.posts:
        return Verdict(NAME, Conclusion.UNDECIDED, "there are no posts")
    if not math.isfinite(m.inertia) or m.inertia <= 0:
        raise ValueError(f"inertia {m.inertia}")
    loss = m.inertia - 1
    evidence = Evidence("inertia over fresh fits", loss, "relative", threshold=policy.inertia_max)
    said = (
        f"inertia {100 * loss:+.2f} % against the best of fresh fits with as many clusters, "
        f"at most {100 * policy.inertia_max:g} %"
    )
    fine = loss <= policy.inertia_max
    return Verdict(NAME, Conclusion.PASS if fine else Conclusion.FAIL, said, (evidence,))
