"""Does the candidate sort posts that it has not seen much as the champion does?"""

import math
from itertools import count

from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.stats.proportion import wilson

NAME = "sorted_unseen"


def judge(m: SortedUnseen, policy: ClusterPolicy) -> Verdict:
    """UNDECIDED until enough posts came; then PASS unless agreement below the limit is proven.

    FAIL where the ids carried on are not those of the current champion: an id might be given twice.
    """
    if m.follows != m.champion:
        reason = (
            f"its ids follow version {m.follows or 'nobody'}, but {m.champion or 'no version'} is the champion: "
            "an id could stand for two clusters; the next week follows the champion"
        )
        return Verdict(NAME, Conclusion.FAIL, reason)
    if m.posts < (needed := _needed(m.usual_week, policy)):
        reason = f"{m.posts} posts came after the cut, {needed} are needed"
        return Verdict(NAME, Conclusion.UNDECIDED, reason)
    if m.alike is None:
        reason = f"{m.posts} posts that came after the cut were sorted; there is no champion"
        return Verdict(NAME, Conclusion.PASS, reason)
    share = m.alike / m.posts
    bounds = wilson(m.alike, m.posts, policy.alpha)
    evidence = Evidence(
        "sorted as by the champion",
        share,
        "fraction",
        bounds.lower,
        bounds.upper,
        policy.agreement_min,
    )
    reason = (
        f"{share:.1%} of {m.posts} posts that came after the cut go where the champion puts them "
        f"({bounds.lower:.1%} to {bounds.upper:.1%}), at least {policy.agreement_min:.0%} must"
    )
    harmful = bounds.upper < policy.agreement_min
    return Verdict(NAME, Conclusion.FAIL if harmful else Conclusion.PASS, reason, (evidence,))


def _needed(usual_week: float, policy: ClusterPolicy) -> int:
    """Posts to be sorted before a verdict: what a small site has in days, a large one in hours.

    Never so few that not even a candidate which sorts every post differently would be caught.
    """
    share = math.ceil(policy.shadow_week_share * usual_week)
    telling = next(n for n in count(1) if wilson(0, n, policy.alpha).upper < policy.agreement_min)
    return max(min(policy.shadow_min_posts, share), telling)
