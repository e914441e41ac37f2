"""A champion since its promotion: beside whom it replaced, and beside the rules, begun again all the time.

The control is the hold-back of the previous champion where there is one, else the rules. A new start
comes after each ``watch_restart_days`` of time seen, as many as fit into the watch; all of them, both
comparisons and all segments share the watch's one error budget alpha.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from slipway.domain.blocks import Ints
from slipway.domain.comparison_id import ERRORS, OVER_RULES, PRIMARY, Compared, ComparisonId
from slipway.domain.comparison_id import mean as of_mean
from slipway.domain.mean import Mean
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.evidence import comparisons, time_seen
from slipway.evidence.comparisons import Comparison, Member
from slipway.evidence.family import guardrail_weight, mean_evidence, slow
from slipway.stats import eprocess, means, rate, ratio_sums
from slipway.stats.means import MeanEvidence
from slipway.stats.restarts import Restarts, process, restarted, strongest
from slipway.stats.split import Floats, Split

DAY_H = 24


class SinceStart(NamedTuple):
    """A comparison since the start of the process that speaks loudest, POSIX seconds."""

    found: Comparison
    start_s: int


def seen_days(m: LiveMeasurements, policy: Policy) -> float:
    """For how many days champion and control were both seen since the promotion."""
    times = m.stage_since.timestamp(), m.now.timestamp()
    return time_seen.seen(_hours(m), times, _fractions(m, policy), policy) / DAY_H


def begun(m: LiveMeasurements, policy: Policy) -> Ints:
    """POSIX seconds at which each process began: the first with the watch, the others by time seen."""
    since_s, until_s = m.stage_since.timestamp(), m.now.timestamp()
    counted = time_seen.counted(_hours(m), (since_s, until_s), _fractions(m, policy), policy)
    ends = counted.astype(np.int64) + time_seen.HOUR_S
    step = max(1, round(policy.watch_restart_days * DAY_H))
    later = ends[step - 1 :: step][: planned(policy) - 1]
    found: Ints = np.concatenate(([int(since_s)], later))
    return found


def planned(policy: Policy) -> int:
    """How many processes share the error budget of the watch."""
    return max(1, math.ceil(policy.watch_days / policy.watch_restart_days))


def click_members(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """Clicks beside the control, in all and in each segment, then beside the rules where they are another arm.

    The comparisons of all clicks share the primary weight equally.
    """
    starts, design_effect, segments = (
        begun(m, policy),
        comparisons.design_effect(m),
        comparisons.segments(m),
    )
    whole = (PRIMARY, OVER_RULES) if m.held_back else (PRIMARY,)
    weights = {
        **dict.fromkeys(whole, policy.primary_weight / len(whole)),
        **dict.fromkeys(segments, policy.segment_weight / max(1, len(segments))),
    }
    return tuple(
        Member(of, process(restarted(*_of(m, policy, of, starts, design_effect))), weight)
        for of, weight in weights.items()
    )


def errors(m: LiveMeasurements, policy: Policy) -> Member:
    """The champion's fallbacks against the highest rate allowed, begun again as the clicks are."""
    parts = rate.likelihoods(
        m.traffic.requests[:, 1], m.traffic.fallbacks[:, 1], limit=policy.max_error_rate
    )
    even = np.full(len(parts), 1 / len(parts)).tolist()
    restarts = _restarts(m.traffic.start_s, begun(m, policy), policy)
    return Member(ERRORS, process(restarted(parts, even, restarts)), guardrail_weight(policy))


def latencies(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """The champion beside the hold-back above the reference quantiles, begun again as the clicks are.

    None where nobody is held back, or the reference is too small.
    """
    ratios = policy.latency_ratios
    even = [1 / len(ratios)] * len(ratios)
    restarts = _restarts(m.traffic.start_s, begun(m, policy), policy)
    return tuple(
        Member(
            of,
            process(
                restarted(
                    eprocess.likelihoods(
                        found.data, null_ratio=policy.latency_tolerance, ratios=ratios
                    ),
                    even,
                    restarts,
                )
            ),
            guardrail_weight(policy),
        )
        for of, (_, found) in (slow(m, policy) if m.held_back else {}).items()
    )


def mean_members(m: LiveMeasurements, policy: Policy) -> tuple[Member, ...]:
    """Each declared mean of the champion beside the hold-back, begun again as the clicks are.

    None where nobody is held back, and of a mean none before enough users of the hold-back came and varied.
    """
    known = (
        (mean, mean_evidence(m, mean, policy)) for mean in (policy.means if m.held_back else ())
    )
    starts = begun(m, policy) if m.held_back else np.zeros(0, np.int64)
    return tuple(
        Member(
            of_mean(mean.name),
            process(_mean_path(m, mean, found, policy, starts)),
            guardrail_weight(policy),
        )
        for mean, found in known
        if found is not None
    )


def _mean_path(
    m: LiveMeasurements, mean: Mean, found: MeanEvidence, policy: Policy, starts: Ints
) -> Floats:
    """Log-evidence after each block; the variance is that of all users of the watch."""
    blocks, sign = m.mean_blocks[mean.name], 1.0 if mean.more_is_better else -1.0
    variance = m.means[mean.name].weight / found.information
    parts = means.harm_path(
        np.cumsum(sign * blocks.difference) / variance,
        np.cumsum(blocks.weight) / variance,
        level=found.level,
        effects=policy.harm_effects,
    )
    return restarted(parts, policy.harm_weights, _restarts(blocks.start_s, starts, policy))


def since_start(m: LiveMeasurements, policy: Policy, of: ComparisonId) -> SinceStart:
    """One comparison since the start of its strongest process: what the effect is told of."""
    found, starts = comparisons.compared(m, of), begun(m, policy)
    parts, weights, restarts = _of(m, policy, of, starts, comparisons.design_effect(m))
    place = strongest(parts, weights, restarts)
    later = Split(*(np.asarray(part)[place:] for part in found.data))
    at = int(starts[restarts.places.index(place)])
    return SinceStart(Comparison(later, ratio_sums.nothing()), at)


def _hours(m: LiveMeasurements) -> Ints:
    return time_seen.hourly(m.without_outcomes().traffic)


def _fractions(m: LiveMeasurements, policy: Policy) -> tuple[float, float]:
    """The shares of the pair's requests that control and champion should get."""
    rest = 1 - policy.rules_share - policy.explore_share
    control = policy.previous_share if m.held_back else policy.rules_share
    champion = rest - control if m.held_back else rest
    return control / (control + champion), champion / (control + champion)


def _of(
    m: LiveMeasurements, policy: Policy, of: ComparisonId, starts: Ints, design_effect: float
) -> tuple[Floats, Sequence[float], Restarts]:
    """What the processes of one comparison are made of: likelihoods, weights and starts."""
    counts = m.segments[of.of] if of.what is Compared.SEGMENT else m.clicks
    parts = eprocess.likelihoods(
        comparisons.compared(m, of).data,
        null_ratio=1.0,
        ratios=[1 - effect for effect in policy.harm_effects],
        design_effect=design_effect,
    )
    return parts, policy.harm_weights, _restarts(m.mature(counts).start_s, starts, policy)


def _restarts(blocks: Ints, starts: Ints, policy: Policy) -> Restarts:
    return Restarts(np.searchsorted(blocks, starts).tolist(), planned(policy))
