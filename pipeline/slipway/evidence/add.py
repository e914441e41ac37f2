"""What one more hour adds to the evidence of a release. Pure: the same hours, the same evidence.

Requests are known long before what came of them: those of the hours that have not matured are put
on top of the evidence for one look, and come into it with their outcomes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from slipway.domain.blocks import Bools, Ints
from slipway.domain.measurement import Counts, LiveMeasurements, MeanTotals, Traffic
from slipway.domain.policy import Policy
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.evidence import amount_bounds, arm_means, arm_users, time_seen, user_table
from slipway.evidence.comparisons import CANDIDATE, CONTROL
from slipway.evidence.release_evidence import (
    ArrivedEvidence,
    ReleaseEvidence,
    Seen,
    accumulate,
    accumulate_requests,
    seen_by_step,
)
from slipway.evidence.user_table import UserHours, UserSums

HOUR = timedelta(hours=1)


class Hour(NamedTuple):
    """An hour whose outcomes are known: blocks of live stages, and its users.

    ``shadow_latency`` int64[K] are the champion's answers beside the candidate's shadow.
    """

    clicks: Counts
    segments: Mapping[str, Counts]
    traffic: Traffic
    shadow_latency: Ints
    users: UserHours


class Requests(NamedTuple):
    """Hours whose requests have arrived and whose outcomes are not known."""

    traffic: Traffic
    shadow_latency: Ints
    users: Seen


@dataclass(frozen=True, eq=False)
class JudgedRelease:
    """Whose evidence it is: the version's ``steps``, and the ``look`` being taken, without blocks.

    ``moved`` are the epochs at which a hold-back beside the champion came or went.
    """

    steps: Sequence[Transition]
    look: LiveMeasurements
    moved: Sequence[int] = ()

    @property
    def begun(self) -> Transition:
        """The step that began the release: its shadow, or its first where it had none."""
        return next((t for t in self.steps if t.to_stage is Stage.SHADOW), self.steps[0])

    def covers(self, epochs: Ints) -> Bools:
        """bool[N]: which of ``epochs`` int64[N] are the version's own: shadow to end, each time.

        Of a release that was reopened, what came of others between is not its evidence; what came
        before is: a second try is given no new error budget.
        """
        on_the_way, turns = False, []
        for step in self.steps:
            begins = step.to_stage is Stage.SHADOW or step is self.begun
            if begins != on_the_way and (begins or step.to_stage.is_final):
                turns.append(step.epoch)
                on_the_way = begins
        own: Bools = np.searchsorted(turns, epochs, side="right") % 2 == 1
        return own

    @property
    def first_live(self) -> Transition:
        """The step that first let users be answered by the candidate."""
        return next(t for t in self.steps if t.to_stage.is_live)


def add(
    known: ReleaseEvidence, hour: Hour, release: JudgedRelease, policy: Policy
) -> ReleaseEvidence:
    """The evidence with its next hour in it."""
    first, users = release.first_live, hour.users
    reference = known.reference
    if known.until <= first.at:  # then it is fixed: thresholds must not move
        reference = reference + hour.shadow_latency
    pair = ((users.arm == CONTROL) | (users.arm == CANDIDATE)) & (users.counts[:, 0] > 0)
    exposed = users.among(pair & (users.epoch >= first.epoch))
    bounded = amount_bounds.bounded(exposed, known.amounts, policy)
    blocks = arm_means.blocks_of(bounded.rows, known.history)
    new = _control(users, blocks.control)
    squares = known.squares + arm_users.squares_of(known.users, new)
    all_users = user_table.add(known.users, new)
    arms = arm_users.add_arms(known, users, all_users, blocks.candidate)
    totals = arm_means.added(known.totals, blocks, bounded.capped)
    totals = arm_means.with_spread(totals, squares, arms.squares)
    look = replace(
        release.look,
        past=replace(
            known.past,
            users=arm_users.clustering(squares),
            candidate_users=arms.squared,
            heavy=arms.heavy,
            hours=_with_shadow(known, hour),
        ),
        reference_latency=reference,
        means=by_name(policy, totals),
        traffic=hour.traffic,
        clicks=hour.clicks,
        segments=hour.segments,
    )
    return replace(
        known,
        until=known.until + HOUR,
        users=all_users,
        candidates=arms.candidates,
        candidate_squares=arms.squares,
        beyond=arms.beyond,
        squares=squares,
        past=accumulate(look, policy),
        reference=reference,
        totals=totals,
        amounts=bounded.known,
        seen=_union(
            known.seen,
            seen_by_step(users.key, users.arm, users.epoch, release.steps, release.moved),
        ),
    )


def _with_shadow(known: ReleaseEvidence, hour: Hour) -> Ints:
    """Hours of the shadow, too, say what traffic is usual; nobody was answered by the candidate."""
    control = int(hour.shadow_latency.sum())
    row = np.array([[int(known.until.timestamp()), control, 0]], np.int64)
    return time_seen.summed(np.vstack((known.past.hours, row))) if control else known.past.hours


def with_requests(
    known: ReleaseEvidence, ahead: Requests, release: JudgedRelease, policy: Policy
) -> ArrivedEvidence:
    """What is known of all requests: those in the evidence, and those ``ahead`` of it."""
    reference = known.reference + ahead.shadow_latency
    look = replace(
        release.look, past=known.past, reference_latency=reference, traffic=ahead.traffic
    )
    seen = _union(known.seen, ahead.users)
    return ArrivedEvidence(accumulate_requests(look, policy), reference, seen)


def _union(known: Seen, new: Seen) -> Seen:
    nobody = np.zeros(0, np.uint64)
    return {
        **known,
        **{of: user_table.union(known.get(of, nobody), keys) for of, keys in new.items()},
    }


def by_name(policy: Policy, totals: Sequence[MeanTotals]) -> dict[str, MeanTotals]:
    """The totals of the declared means, by their names."""
    return {mean.name: part for mean, part in zip(policy.means, totals, strict=True)}


def _control(users: UserHours, deviations: UserSums) -> UserSums:
    """Trials and successes of the hour's control users, then the columns of ``deviations``."""
    control = (users.arm == CONTROL) & (users.counts[:, 0] > 0)
    keys, shown = user_table.summed(users.key[control], users.counts[control, :2])
    sums = np.pad(shown, ((0, 0), (0, deviations.sums.shape[1])))
    # who was exposed is a control user, too
    sums[np.searchsorted(keys, deviations.keys), 2:] = deviations.sums
    return UserSums(keys, sums)
