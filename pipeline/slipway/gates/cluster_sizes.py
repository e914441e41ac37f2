"""Does one cluster swallow the others?"""

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict

NAME = "cluster_sizes"


def judge(m: ClusterMeasurements, policy: ClusterPolicy) -> Verdict:
    """FAIL when the largest cluster holds more posts than the policy allows."""
    if not m.posts or not m.sizes:
        return Verdict(NAME, Conclusion.UNDECIDED, "there are no posts")
    largest = max(m.sizes, key=lambda cluster: (m.sizes[cluster], cluster))
    share = m.sizes[largest] / m.posts
    evidence = Evidence("largest cluster", share, "fraction of posts", threshold=policy.largest_max)
    reason = (
        f"cluster {largest} holds {share:.0%} of {m.posts} posts, at most {policy.largest_max:.0%}"
    )
    fine = share <= policy.largest_max
    return Verdict(NAME, Conclusion.PASS if fine else Conclusion.FAIL, reason, (evidence,))
