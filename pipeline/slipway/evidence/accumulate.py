"""Put the new blocks of a look to its past: what the gates conclude stays, what a look costs shrinks.

Evidence after folding is that of all blocks at once, to rounding; a member's peak is the highest of
its evidence at the end of any block, each with the clustering known when the block was folded.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from slipway.domain.accumulated_evidence import AccumulatedEvidence
from slipway.domain.blocks import Ints
from slipway.domain.comparison_id import OVER_RULES, PRIMARY, ComparisonId
from slipway.domain.errors import NotComputable
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.evidence import comparisons, time_seen
from slipway.evidence.comparisons import Member
from slipway.evidence.family import errors, family, latencies, slow
from slipway.stats.eprocess import non_inferiority
from slipway.stats.split import Floats


def accumulate(m: LiveMeasurements, policy: Policy) -> AccumulatedEvidence:
    """The past with every block of ``m`` in it; without new blocks it is the same past.

    Raises NotComputable for a block whose outcomes may still arrive: it would never be counted
    again.
    """
    new = m.clicks.start_s, m.traffic.start_s, *(part.start_s for part in m.segments.values())
    starts = np.concatenate(new)
    if not len(starts):
        return m.past
    if len(m.mature(m.clicks).start_s) < len(m.clicks.start_s):
        raise NotComputable(
            "fold",
            found="blocks whose outcomes may still arrive",
            expected="mature blocks alone",
            next_step="fold them once the outcome window is over",
        )
    exposures = Counter(m.past.exposures)
    for stage, trials in zip(
        m.clicks.stage, m.clicks.trials[:, comparisons.CANDIDATE], strict=True
    ):
        exposures[str(stage)] += int(trials)
    until = int(starts.max()) + 1
    with _defined():
        return _folded(m, policy, until, dict(exposures))


def accumulate_requests(m: LiveMeasurements, policy: Policy) -> AccumulatedEvidence:
    """The past of requests alone with every block of ``m.traffic`` in it: errors and latency.

    Outcomes are not waited for, and nothing that they tell is in it.
    """
    if not len(m.traffic.start_s):
        return m.past
    with _defined():
        judged = (*latencies(m, policy), errors(m, policy))
        return AccumulatedEvidence(
            until_s=int(m.traffic.start_s.max()) + 1,
            sums={of: found.sums for of, (_, found) in slow(m, policy).items()},
            peaks=_peaks(m, judged),
            requests=m.requests,
            fallbacks=m.fallbacks,
            latency=m.latency,
            hours=_hours(m),
        )


@contextmanager
def _defined() -> Iterator[None]:
    """Evidence that is not defined is an error of the measurement."""
    try:
        yield
    except ValueError as error:
        raise NotComputable(
            "fold",
            found=str(error),
            expected="blocks whose evidence is defined",
            next_step="repair the measurement; nothing was folded",
        ) from error


def _folded(
    m: LiveMeasurements, policy: Policy, until: int, exposures: dict[str, int]
) -> AccumulatedEvidence:
    everything = family(m, policy) if comparisons.user_sums(m)[0] > 0 else ()
    return AccumulatedEvidence(
        until_s=until,
        sums=_sums(m, policy),
        peaks=_peaks(m, everything),
        exposures=exposures,
        requests=m.requests,
        fallbacks=m.fallbacks,
        latency=m.latency,
        users=tuple(float(x) for x in comparisons.user_sums(m)),
        trail=np.vstack((m.past.trail, [until, *_now(m, policy, everything)])),
        hours=_hours(m),
    )


def _hours(m: LiveMeasurements) -> Ints:
    return time_seen.summed(np.vstack((m.past.hours, time_seen.hourly(m.traffic))))


def _peaks(m: LiveMeasurements, judged: Sequence[Member]) -> dict[ComparisonId, float]:
    return {**m.past.peaks, **{member.id: member.process.log_peak for member in judged}}


def _sums(m: LiveMeasurements, policy: Policy) -> dict[ComparisonId, Floats]:
    ids = (PRIMARY, *comparisons.segments(m))
    clicks = dict(zip(ids, comparisons.stacked(m, ids).sums, strict=True))
    others = {of: found for of, (_, found) in slow(m, policy).items()}
    for of in (OVER_RULES, *comparisons.KINDS_OF_DAY):
        others[of] = comparisons.compared(m, of)
    return {**clicks, **{of: found.sums for of, found in others.items()}}


def _now(m: LiveMeasurements, policy: Policy, everything: Sequence[Member]) -> tuple[float, float]:
    """Log-evidence of harm in clicks and of non-inferiority, for the picture of the release.

    Before the first control user came nothing can be judged.
    """
    if not everything:
        return 0.0, 0.0
    clicks = comparisons.compared(m)
    safe = non_inferiority(
        clicks.data, margin=policy.margin, kappa=comparisons.design_effect(m), before=clicks.before
    )
    return everything[0].process.log_e, safe.log_e
