"""All that is known of one release so far, in sums that the next hour adds to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from slipway.domain.accumulated_evidence import AccumulatedEvidence, MeanTotals
from slipway.domain.blocks import Ints
from slipway.domain.release import Arm, Transition
from slipway.evidence.user_table import Ints as Indices
from slipway.evidence.user_table import Keys, UserSums, none
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
    (:func:`slipway.evidence.guardrail_sums.squares_of`). ``candidates`` and ``candidate_squares`` are of
    trials, successes and lists of the candidate's, ``beyond`` trials beyond the caps of both arms' users. ``history`` holds the amounts per list of users
    before the release. ``reference`` is the champion's latency in the shadow.
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
