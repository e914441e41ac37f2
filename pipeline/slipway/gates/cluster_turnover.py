"""Is most of the picture of last week still there?"""

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict

NAME = "cluster_turnover"


def judge(m: ClusterMeasurements, policy: ClusterPolicy) -> Verdict:
    """FAIL when too many clusters were born, split, merged or retired for one week."""
    if not m.sizes:
        return Verdict(NAME, Conclusion.UNDECIDED, "there are no clusters")
    moved = len(m.born) + len(m.split_off) + len(m.merged) + len(m.retired)
    share = moved / len(m.sizes)
    evidence = Evidence(
        "clusters that came or went",
        share,
        "fraction of clusters",
        threshold=policy.moved_clusters_max,
    )
    reason = (
        f"{len(m.born)} born, {len(m.split_off)} split off, {len(m.merged)} merged and "
        f"{len(m.retired)} retired: {share:.0%} of {len(m.sizes)} clusters, at most "
        f"{policy.moved_clusters_max:.0%} in one week"
    )
    fine = share <= policy.moved_clusters_max
    return Verdict(NAME, Conclusion.PASS if fine else Conclusion.FAIL, reason, (evidence,))
