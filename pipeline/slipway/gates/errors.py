"""Does the candidate fail to answer, so that another arm must?

In the watch evidence begins again, as that of clicks does. An error is known at once: every request that has arrived is judged, whatever comes of it later.
"""

from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence import watch
from slipway.evidence.family import errors
from slipway.gates import verdict_parts

NAME = "errors"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when the share of fallbacks is proven above ``max_error_rate``."""
    m = m.without_outcomes()
    requests, fallbacks = int(m.requests[1]), int(m.fallbacks[1])
    if not requests:
        return verdict_parts.undecided(NAME, "no request to the candidate yet")
    of = watch.errors if m.stage is Stage.CHAMPION else errors
    failed, evidence = verdict_parts.alarm(of(m, policy), policy)
    rate = Evidence(
        "fallbacks", fallbacks / requests, "fraction of requests", threshold=policy.max_error_rate
    )
    reason = (
        f"{verdict_parts.counted(fallbacks)} of {verdict_parts.counted(requests)} requests fell back, "
        f"{policy.max_error_rate:.2%} allowed: evidence {evidence.estimate:.3g}, "
        f"limit {evidence.threshold:g}"
    )
    conclusion = Conclusion.FAIL if failed else Conclusion.PASS
    return Verdict(NAME, conclusion, reason, (evidence, rate))
