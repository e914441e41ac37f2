"""Does the candidate fail to answer, so that another arm must?"""

from pipeline.domain.measurement import LiveMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.verdict import Conclusion, Evidence, Verdict
from pipeline.gates import members

NAME = "errors"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when the share of fallbacks is proven above ``max_error_rate``."""
    requests, fallbacks = int(m.traffic.requests[:, 1].sum()), int(m.traffic.fallbacks[:, 1].sum())
    if not requests:
        return members.undecided(NAME, "no request to the candidate yet")
    failed, evidence = members.alarm(members.errors(m, policy), policy)
    rate = Evidence(
        "fallbacks", fallbacks / requests, "fraction of requests", threshold=policy.max_error_rate
    )
    reason = (
        f"{members.counted(fallbacks)} of {members.counted(requests)} requests fell back, "
        f"{policy.max_error_rate:.2%} allowed: evidence {evidence.estimate:.3g}, "
        f"limit {evidence.threshold:g}"
    )
    conclusion = Conclusion.FAIL if failed else Conclusion.PASS
    return Verdict(NAME, conclusion, reason, (evidence, rate))
