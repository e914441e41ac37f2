"""One hour of both arms' users: how they cluster, and who is the heaviest."""

from typing import NamedTuple

import numpy as np

from slipway.domain.accumulated_evidence import ArmUsers
from slipway.evidence import user_table
from slipway.evidence.comparisons import CANDIDATE, CONTROL
from slipway.evidence.release_evidence import ReleaseEvidence
from slipway.evidence.user_table import UNNAMED, UserHours, UserSums
from slipway.stats.split import Floats

TRIALS, LISTS = 0, 2


def squares_of(users: UserSums, new: UserSums) -> Floats:
    """What rows ``new`` add to the sums over users of squares and products, float64[C + 2, C + 2].

    The columns are 1, whether there were lists, and those of the table: trials, successes, lists, then
    two deviations for each mean. It costs what is new, however many users were known.
    """
    before = user_table.look_up(users, new.keys, np.full(new.sums.shape[1], np.nan))
    known = ~np.isnan(before[:, 0])
    before[~known] = 0.0
    old, now = (
        np.column_stack((there, part[:, LISTS] > 0, part))
        for there, part in ((known, before), (np.ones(len(known)), before + new.sums))
    )
    found: Floats = now.T @ now - old.T @ old
    return found


def clustering(squares: Floats) -> tuple[float, ...]:
    """Sums over users of 1, N, C, N^2, N C and C^2 of their sums of squares and products."""
    users, _, trials, successes = squares[0, :4].tolist()
    (nn, nc), (_, cc) = squares[2:4, 2:4].tolist()
    return (users, trials, successes, nn, nc, cc)


class BothArms(NamedTuple):
    """What :class:`ReleaseEvidence` keeps of them, the six ``squared`` sums of the candidate's among it."""

    candidates: UserSums
    squares: Floats
    squared: tuple[float, ...]
    beyond: tuple[UserSums, UserSums]
    heavy: tuple[ArmUsers, ArmUsers]


def add_arms(
    known: ReleaseEvidence, hour: UserHours, control: UserSums, deviations: UserSums
) -> BothArms:
    """With one more hour; ``control`` are the control's users with it, ``deviations`` of the candidate's.

    Those are their lists in it, then the columns that the candidate's users have beyond theirs.
    """
    new = with_deviations(hour.of_arm(CANDIDATE), deviations)
    squares = known.candidate_squares + squares_of(known.candidates, new)
    candidates = user_table.add(known.candidates, new)
    more = hour.beyond_of(CONTROL), hour.beyond_of(CANDIDATE)
    of_control, of_candidate = map(user_table.add, known.beyond, more)
    return BothArms(
        candidates,
        squares,
        clustering(squares),
        (of_control, of_candidate),
        (heaviest(control, of_control), heaviest(candidates, of_candidate)),
    )


def with_deviations(users: UserSums, deviations: UserSums) -> UserSums:
    """The columns of ``users``, then those of ``deviations`` but the first; who has these is among them."""
    sums = np.pad(users.sums, ((0, 0), (0, deviations.sums.shape[1] - 1)))
    width = users.sums.shape[1]
    sums[np.searchsorted(users.keys, deviations.keys), width:] = deviations.sums[:, 1:]
    return UserSums(users.keys, sums)


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
