"""Users of both arms: how the candidate's cluster, and how much the heaviest one has of its arm. Pure."""

from typing import NamedTuple

import numpy as np

from slipway.domain.accumulated_evidence import ArmUsers
from slipway.evidence import guardrail_sums, user_table
from slipway.evidence.comparisons import CANDIDATE, CONTROL
from slipway.evidence.release_evidence import ReleaseEvidence
from slipway.evidence.user_table import UNNAMED, UserHours, UserSums
from slipway.stats.split import Floats

TRIALS = 0


class BothArms(NamedTuple):
    """What :class:`ReleaseEvidence` keeps of them, the six ``squared`` sums of the candidate's among it."""

    candidates: UserSums
    squares: Floats
    squared: tuple[float, ...]
    beyond: tuple[UserSums, UserSums]
    heavy: tuple[ArmUsers, ArmUsers]


def add_hour(known: ReleaseEvidence, hour: UserHours, control: UserSums) -> BothArms:
    """With one more hour; ``control`` are the control's users with it."""
    new = hour.of_arm(CANDIDATE)
    squares = known.candidate_squares + guardrail_sums.squares_of(known.candidates, new)
    candidates = user_table.add(known.candidates, new)
    more = hour.beyond_of(CONTROL), hour.beyond_of(CANDIDATE)
    of_control, of_candidate = map(user_table.add, known.beyond, more)
    return BothArms(
        candidates,
        squares,
        guardrail_sums.spread(squares, ())[0],
        (of_control, of_candidate),
        (heaviest(control, of_control), heaviest(candidates, of_candidate)),
    )


def heaviest(counted: UserSums, beyond: UserSums) -> ArmUsers:
    """Impressions of an arm from those that counted, first column of ``counted``, and those ``beyond`` caps."""
    nothing = np.zeros(counted.sums.shape[1])
    capped = beyond.sums[:, 0] + user_table.look_up(counted, beyond.keys, nothing)[:, TRIALS]
    unnamed = beyond.keys == UNNAMED
    most = max(counted.sums[:, TRIALS].max(initial=0.0), capped[~unnamed].max(initial=0.0))
    return ArmUsers(
        float(counted.sums[:, TRIALS].sum() + beyond.sums.sum()),
        float(beyond.sums.sum()),
        float(most),
        float(beyond.sums[unnamed].sum()),
    )
