"""The candidate beside another arm: in all clicks, on one kind of day, in one segment."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from slipway.domain.comparison_id import (
    OVER_RULES,
    PRIMARY,
    WEEKENDS,
    WORKING_DAYS,
    Compared,
    ComparisonId,
    segment,
)
from slipway.domain.measurement import Counts, LiveMeasurements
from slipway.stats import ratio_sums
from slipway.stats.design_effect import design_effect_of, sums_over_users
from slipway.stats.eprocess import EProcess, Split, split
from slipway.stats.split import Floats

CONTROL, CANDIDATE, RULES = 0, 1, 2
KINDS_OF_DAY = {WORKING_DAYS: False, WEEKENDS: True}
"""Comparisons, and whether their blocks are those of weekends."""

NOTHING = Counts()


class Comparison(NamedTuple):
    """The candidate beside another arm: new blocks, and the sums of those before."""

    data: Split
    before: Floats

    @property
    def exposed(self) -> int:
        """Candidate trials in blocks where the other arm had some too."""
        return int(self.data.candidate_trials.sum() + ratio_sums.trials(self.before))

    @property
    def sums(self) -> Floats:
        """All of it as one vector of sums."""
        found: Floats = self.before + ratio_sums.ratio_sums(self.data)
        return found


class Member(NamedTuple):
    """One measurement of the family: its evidence of harm and its weight."""

    id: ComparisonId
    process: EProcess
    weight: float

    @property
    def label(self) -> str:
        """What people read."""
        return self.id.label


def clicks(counts: Counts, *, against: int = CONTROL) -> Split:
    """Trials and successes of the candidate beside those of another arm."""
    n, x = counts.trials, counts.successes
    return split(n[:, against], x[:, against], n[:, CANDIDATE], x[:, CANDIDATE])


def known(m: LiveMeasurements, of: ComparisonId) -> Floats:
    """The sums of a comparison's earlier blocks; those of none where it is new."""
    return m.past.sums.get(of, ratio_sums.nothing())


def compared(m: LiveMeasurements, of: ComparisonId = PRIMARY) -> Comparison:
    """Clicks beside the control's, on one kind of day or in one segment, or beside the rules'.

    Only blocks whose outcomes have all arrived count.
    """
    counts = _counts(m, of)
    if of in KINDS_OF_DAY:
        counts = counts.among(counts.on_weekends() == KINDS_OF_DAY[of])
    against = RULES if of == OVER_RULES else CONTROL
    return Comparison(clicks(m.mature(counts), against=against), known(m, of))


def _counts(m: LiveMeasurements, of: ComparisonId) -> Counts:
    return m.segments.get(of.of, NOTHING) if of.what is Compared.SEGMENT else m.clicks


def stacked(m: LiveMeasurements, ids: Sequence[ComparisonId]) -> Comparison:
    """Several comparisons with the control at once: blocks [S, B], and earlier sums [S, W].

    Shorter ones end in empty blocks, which say nothing.
    """
    parts = [m.mature(_counts(m, of)) for of in ids]
    blocks = max(1, *(len(part.start_s) for part in parts))
    counts = np.zeros((4, len(ids), blocks))
    for place, part in enumerate(parts):
        columns = (*part.trials.T[:2], *part.successes.T[:2])
        counts[:, place, : len(part.start_s)] = columns
    data = split(counts[0], counts[2], counts[1], counts[3])
    return Comparison(data, np.stack([known(m, of) for of in ids]))


def segments(m: LiveMeasurements) -> tuple[ComparisonId, ...]:
    """All segments seen now or before, sorted."""
    before = (of for of in m.past.sums if of.what is Compared.SEGMENT)
    return tuple(sorted({*map(segment, m.segments), *before}))


def user_sums(m: LiveMeasurements) -> Floats:
    """Sums over control users (:func:`slipway.stats.design_effect.sums_over_users`), the newest that are known."""
    if len(m.user_trials):
        return sums_over_users(m.user_trials, m.user_successes)
    return np.asarray(m.past.users)


def candidate_sums(m: LiveMeasurements) -> Floats:
    """As :func:`user_sums`, of the candidate's users."""
    if len(m.candidate_user_trials):
        return sums_over_users(m.candidate_user_trials, m.candidate_user_successes)
    return np.asarray(m.past.candidate_users)


def design_effect(m: LiveMeasurements) -> float:
    """Of the arm whose users cluster more, at least 1; raises ValueError where none of the control are known.

    The candidate's own counts where it is the larger alone: taken by itself the variance of a small arm
    raises false alarms.
    """
    candidate = candidate_sums(m)
    of_candidate = design_effect_of(candidate) if candidate[1] > 0 else 1.0
    return max(1.0, design_effect_of(user_sums(m)), of_candidate)
