"""Everything that may be harmed, each with its share of the release's one error budget."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from slipway.domain.comparison_id import ERRORS, PRIMARY, ComparisonId, latency
from slipway.domain.comparison_id import mean as of_mean
from slipway.domain.mean import Mean
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.evidence import comparisons
from slipway.evidence.comparisons import Comparison, Member
from slipway.stats import eprocess, means, rate
from slipway.stats.eprocess import EProcess, split
from slipway.stats.means import MeanEvidence, MeanSums, Spread
from slipway.stats.mixtures import weighted_log_e
from slipway.stats.rate import exceedances, slower, threshold_bucket


def family(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """Primary metric, every segment and every guardrail, weighted as the policy says."""
    return (
        *click_members(m, policy),
        *latencies(m, policy),
        errors(m, policy),
        *mean_members(m, policy),
    )


def guardrail_weight(policy: Policy) -> float:
    """The share of the error budget of one guardrail."""
    return policy.guardrail_weight / (len(policy.latency_quantiles) + 1 + len(policy.means))


def click_members(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """The primary metric first, then each segment."""
    ids = (PRIMARY, *comparisons.segments(m))
    each = policy.segment_weight / max(1, len(ids) - 1)
    found = comparisons.stacked(m, ids)
    paths = eprocess.log_path(
        found.data,
        null_ratio=1.0,
        ratios=[1 - effect for effect in policy.harm_effects],
        weights=policy.harm_weights,
        design_effect=comparisons.design_effect(m),
        before=found.before,
    )
    now, peaks = paths[:, -1], np.maximum(0.0, paths.max(axis=1))
    processes = [
        raised(EProcess(float(e), float(peak), path), m, of)
        for e, peak, path, of in zip(now, peaks, paths, ids, strict=True)
    ]
    parts = zip(ids[1:], processes[1:], strict=True)
    return (
        Member(PRIMARY, processes[0], policy.primary_weight),
        *(Member(of, process, each) for of, process in parts),
    )


def raised(process: EProcess, m: LiveMeasurements, of: ComparisonId) -> EProcess:
    """The process with the peak that its member had in the past, where that was higher."""
    peak = max(process.log_peak, m.past.peaks.get(of, 0.0))
    return process._replace(log_peak=peak)


def slow(m: LiveMeasurements, policy: Policy) -> dict[ComparisonId, tuple[int, Comparison]]:
    """For each quantile its threshold's bucket, and the requests of both arms beyond it.

    Empty without enough reference, and without a champion: the rules are no model to be as fast as.
    """
    if not m.has_champion or int(m.reference_latency.sum()) < policy.latency_min_reference:
        return {}
    answered = m.traffic.latency.sum(axis=2)
    found = {}
    for quantile in policy.latency_quantiles:
        of = latency(quantile)
        bucket = threshold_bucket(m.reference_latency, quantile)
        beyond = exceedances(m.traffic.latency, bucket)
        data = split(answered[:, 0], beyond[:, 0], answered[:, 1], beyond[:, 1])
        found[of] = bucket, Comparison(data, comparisons.known(m, of))
    return found


def latencies(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """Candidate against control above the champion's reference quantiles."""
    return tuple(
        Member(
            of,
            raised(
                slower(
                    found.data,
                    ratios=policy.latency_ratios,
                    tolerance=policy.latency_tolerance,
                    before=found.before,
                ),
                m,
                of,
            ),
            guardrail_weight(policy),
        )
        for of, (_, found) in slow(m, policy).items()
    )


def errors(m: LiveMeasurements, policy: Policy) -> Member:
    """The candidate's fallbacks against the highest rate allowed."""
    process = rate.above(
        m.traffic.requests[:, 1],
        m.traffic.fallbacks[:, 1],
        limit=policy.max_error_rate,
        before=(float(m.past.requests[1]), float(m.past.fallbacks[1])),
    )
    return Member(ERRORS, raised(process, m, ERRORS), guardrail_weight(policy))


def mean_members(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """Each declared mean that enough users speak for; none in a watch, nor without a champion."""
    known = ((mean, mean_evidence(m, mean, policy)) for mean in means_of(m, policy))
    return tuple(
        Member(
            of_mean(mean.name),
            _mean_process(m, mean, found, policy),
            guardrail_weight(policy),
        )
        for mean, found in known
        if found is not None
    )


def means_of(m: LiveMeasurements, policy: Policy) -> tuple[Mean, ...]:
    """The declared means that this look can judge: beside a champion, while there is a candidate."""
    return policy.means if m.has_champion and m.stage is not Stage.CHAMPION else ()


def mean_evidence(m: LiveMeasurements, mean: Mean, policy: Policy) -> MeanEvidence | None:
    """Evidence about one declared mean; None before ``min_users`` control users came and varied.

    Raises ValueError where the policy declares a mean that was not measured.
    """
    if mean.name not in m.means:
        raise ValueError(f"the policy declares the mean {mean.name}, and it was not measured")
    t = m.means[mean.name]
    of = Spread(t.yy, t.yc, t.cc, t.control_lists, t.users)
    if t.users < policy.min_users or not t.weight > 0 or not means.varies(of):
        return None
    beside = Spread(
        t.candidate_yy, t.candidate_yc, t.candidate_cc, t.candidate_lists, t.candidate_users
    )
    parts = (t.lists, t.weight, t.difference, t.history, t.level)
    sums = MeanSums(*(np.asarray(part) for part in parts))
    return means.evidence(sums, of, sign=1.0 if mean.more_is_better else -1.0, beside=beside)


def _mean_process(m: LiveMeasurements, mean: Mean, found: MeanEvidence, policy: Policy) -> EProcess:
    log_e = means.harm(found, effects=policy.harm_effects, weights=policy.harm_weights)
    return raised(EProcess(log_e, max(0.0, log_e), np.zeros(0)), m, of_mean(mean.name))


def log_evidence(found: Sequence[Member]) -> float:
    """Ln of the family's evidence of harm: now, or at the peak of one member, whichever is more."""
    now = weighted_log_e([k.process.log_e for k in found], [k.weight for k in found])
    worst = strongest(found)
    return max(now, worst.process.log_peak + math.log(worst.weight))


def strongest(found: Iterable[Member]) -> Member:
    """The member with the largest weighted peak."""
    return max(found, key=lambda k: k.process.log_peak + math.log(k.weight))
