"""No user decides a mean: what of a user's day counts of its amounts, in every arm. Pure.

A user's amounts of a day count up to the policy's ratio of what is usual among the control's users: of all
days before, or of this day so far, whichever is more. What is above is left out, and counted.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from slipway.domain.user_cap import UserCap
from slipway.evidence import user_table
from slipway.evidence.comparisons import CONTROL
from slipway.evidence.user_table import Ints, UserHours, UserSums, none
from slipway.stats.amount_cap import SIZES, sizes, usual_amount
from slipway.stats.split import Floats

DAY_S = 86_400


@dataclass(frozen=True, eq=False)
class UsersAmounts:
    """What is known of M means' amounts: ``days`` int64[M, SIZES] are sizes of control users' whole days.

    Of the ``day`` (since 1970) under way ``control`` has each control user's amounts, ``counted`` what
    counted of each user's of both arms.
    """

    days: Ints
    day: int
    control: UserSums
    counted: UserSums

    @classmethod
    def none(cls, means: int) -> "UsersAmounts":
        """Nobody came yet."""
        return cls(np.zeros((means, SIZES), np.int64), 0, none(means), none(means))


class BoundedAmounts(NamedTuple):
    """Rows of users' hours as far as their amounts count, and what is known with them.

    ``capped`` float64[M] are how many rows had more than counts.
    """

    rows: UserHours
    known: UsersAmounts
    capped: Floats


def bounded(exposed: UserHours, known: UsersAmounts, policy: UserCap) -> BoundedAmounts:
    """Rows of the arms control and candidate, hour by hour, up to what counts of each user's day."""
    amounts = exposed.amounts.copy()
    for hour in np.unique(exposed.hour_s) if amounts.shape[1] else ():
        here = exposed.hour_s == hour
        known, amounts[here] = _hour(exposed.among(here), known, policy)
    capped = (amounts != exposed.amounts).sum(axis=0).astype(np.float64)
    return BoundedAmounts(exposed._replace(amounts=amounts), known, capped)


def _hour(rows: UserHours, known: UsersAmounts, policy: UserCap) -> tuple[UsersAmounts, Floats]:
    """What is known with one more hour, and what counts of its amounts."""
    day, means = int(rows.hour_s[0]) // DAY_S, rows.amounts.shape[1]
    if day != known.day:
        whole = known.days + sizes(known.control.sums)
        known = UsersAmounts(whole, day, none(means), none(means))
    of_control = rows.arm == CONTROL
    new = user_table.summed(rows.key[of_control], rows.amounts[of_control])
    control = user_table.add(known.control, new)
    usual = [
        max(usual_amount(of, policy.user_cap_quantile) for of in both)
        for both in zip(known.days, sizes(control.sums), strict=True)
    ]
    most = policy.amount_cap_ratio * np.array(usual)
    so_far = user_table.look_up(known.counted, rows.key, np.zeros(means))
    total = np.clip(so_far + rows.amounts, np.minimum(-most, so_far), np.maximum(most, so_far))
    within = np.abs(so_far + rows.amounts) <= most
    counts = np.where(within, rows.amounts, total - so_far)  # the same bits where nothing is cut
    counted = user_table.add(known.counted, user_table.summed(rows.key, counts))
    return replace(known, control=control, counted=counted), counts
