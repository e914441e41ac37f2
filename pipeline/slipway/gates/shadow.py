"""Does the candidate score live requests, for long enough, without errors and in time?

In the shadow it answers nobody. Its scoring alone is held against the champion's whole answers to
the same requests, so a candidate that fails here is slower for certain.
"""

from slipway.domain.comparison_id import SHADOW_ERRORS, shadow_latency
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence import time_seen
from slipway.evidence.comparisons import Member
from slipway.evidence.family import guardrail_weight
from slipway.gates import verdict_parts
from slipway.stats.eprocess import split
from slipway.stats.rate import above, exceedances, slower, threshold_bucket

NAME = "shadow"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL on proven errors or slowness, PASS after hours and requests enough, else UNDECIDED."""
    t = m.traffic
    scored, failed = int(t.shadow_requests.sum()), int(t.shadow_errors.sum())
    if not scored:
        return verdict_parts.undecided(NAME, "no request scored in the shadow yet")
    rate, hours = failed / scored, time_seen.hours_in_stage(m, policy)
    process = above(t.shadow_requests, t.shadow_errors, limit=policy.max_error_rate)
    errors = Member(SHADOW_ERRORS, process, guardrail_weight(policy))
    alarms = [verdict_parts.alarm(k, policy) for k in (errors, *_latency(m, policy))]
    evidence = (
        *(item for _, item in alarms),
        Evidence("shadow requests", scored, "requests", threshold=policy.shadow_min_requests),
        Evidence("time seen in stage", hours, "hours", threshold=policy.shadow_min_hours),
        Evidence("shadow errors", rate, "fraction of requests", threshold=policy.max_error_rate),
    )
    reason = (
        f"{verdict_parts.counted(scored)} of {verdict_parts.counted(policy.shadow_min_requests)} requests "
        f"scored, {rate:.2%} with an error, "
        f"{time_seen.words(m, policy, policy.shadow_min_hours)}"
    )
    bad = [item.name for alarmed, item in alarms if alarmed]
    if bad:
        return Verdict(NAME, Conclusion.FAIL, f"{' and '.join(bad)} too high: {reason}", evidence)
    ready = (
        scored >= policy.shadow_min_requests
        and hours >= policy.shadow_min_hours
        and rate <= policy.max_error_rate
    )
    return Verdict(NAME, Conclusion.PASS if ready else Conclusion.UNDECIDED, reason, evidence)


def _latency(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """Shadow scores beside the champion's answers, by quantile; nothing without a reference."""
    if not m.has_champion or int(m.reference_latency.sum()) < policy.latency_min_reference:
        return ()
    return tuple(_slower(m, quantile, policy) for quantile in policy.latency_quantiles)


def _slower(m: LiveMeasurements, quantile: float, policy: Policy) -> Member:
    bucket = threshold_bucket(m.reference_latency, quantile)
    control, shadow = m.traffic.latency[:, 0], m.traffic.shadow_latency
    data = split(
        control.sum(axis=1),
        exceedances(control, bucket),
        shadow.sum(axis=1),
        exceedances(shadow, bucket),
    )
    process = slower(data, ratios=policy.latency_ratios, tolerance=policy.latency_tolerance)
    return Member(shadow_latency(quantile), process, guardrail_weight(policy))
