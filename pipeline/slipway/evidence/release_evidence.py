"""All that is known of one release so far, in sums that the next blocks add to.

What the gates conclude stays, and what a look costs shrinks: evidence after adding is that of all blocks
at once, to rounding; a member's peak is the highest of its evidence at the end of any block, each with
the design effect known when the block was added.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from slipway.domain.accumulated_evidence import AccumulatedEvidence, MeanTotals
from slipway.domain.blocks import Ints
from slipway.domain.comparison_id import OVER_RULES, PRIMARY, ComparisonId
from slipway.domain.errors import NotComputable
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Arm, Transition
from slipway.evidence import comparisons, time_seen
from slipway.evidence.amount_bounds import UsersAmounts
from slipway.evidence.comparisons import Member
from slipway.evidence.family import errors, family, latencies, slow
from slipway.evidence.user_table import Ints as Indices
from slipway.evidence.user_table import Keys, UserSums, none
from slipway.stats.eprocess import non_inferiority
from slipway.stats.histogram import BUCKETS
from slipway.stats.split import Floats

Seen = Mapping[tuple[int, str], Keys]
"""Distinct users by (index of the stage's step, arm)."""


class ArrivedEvidence(NamedTuple):
    """Every request that has arrived, also those of which nobody knows yet what came of them.

    ``past`` holds the evidence on errors and latency, ``reference`` the champion's latency in the
    shadow.
    """

    past: AccumulatedEvidence
    reference: Ints
    seen: Seen


@dataclass(frozen=True, eq=False)
class ReleaseEvidence:
    """Everything known before ``until``, outcomes with it.

    ``key`` says what was entered and under which policy. ``users`` are the control's: trials and
    successes since the shadow began, then lists beside the candidate, and for each declared mean the
    deviation of its amount and of its history; ``squares`` are their sums of squares and products
    (:func:`slipway.evidence.arm_users.squares_of`). ``candidates`` and ``candidate_squares`` are of
    trials, successes, lists and the same deviations of the candidate's, ``beyond`` trials beyond the caps of
    both arms' users. ``amounts`` say what is usual of each mean's. ``history`` holds the amounts per list of users before the release. ``reference`` is the champion's latency in the shadow.
    """

    key: str
    until: datetime
    users: UserSums
    history: UserSums
    squares: Floats
    past: AccumulatedEvidence = field(default_factory=AccumulatedEvidence)
    reference: Ints = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    totals: tuple[MeanTotals, ...] = ()
    seen: Seen = field(default_factory=dict)
    candidates: UserSums = field(default_factory=lambda: none(3))
    candidate_squares: Floats = field(default_factory=lambda: np.zeros((5, 5)))
    beyond: tuple[UserSums, UserSums] = field(default_factory=lambda: (none(1), none(1)))
    amounts: UsersAmounts = field(default_factory=lambda: UsersAmounts.none(0))


def seen_by_step(
    key: Keys,
    arm: Indices,
    epoch: Indices,
    steps: Sequence[Transition],
    moved: Sequence[int] = (),
) -> Seen:
    """Distinct users of the live stages; a stage holds until the version's next step.

    ``key`` uint64[N] are users, ``arm`` int64[N] indices in ``Arm`` (-1: none), ``epoch`` int64[N].
    ``moved`` are the epochs at which a hold-back came or went: who comes after one in mid-stage is not
    counted, for the arms' fractions are then others.
    """
    begun = np.array([t.epoch for t in steps])
    step = np.searchsorted(begun, epoch, side="right") - 1
    live = np.array([t.to_stage.is_live for t in steps])[step] & (arm >= 0)
    live &= np.searchsorted(moved, epoch, side="right") == np.searchsorted(
        moved, begun[step], side="right"
    )
    arms = [which.value for which in Arm]
    of = step * len(arms) + arm
    return {
        (both // len(arms), arms[both % len(arms)]): np.unique(key[live & (of == both)])
        for both in np.unique(of[live]).tolist()
    }


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
        clicks.data,
        margin=policy.margin,
        design_effect=comparisons.design_effect(m),
        before=clicks.before,
    )
    return everything[0].process.log_e, safe.log_e
