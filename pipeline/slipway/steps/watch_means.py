"""Declared means of a watch: the champion's users beside the hold-back's, a day at a time."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.data.times import HOUR, floor_hour
from slipway.domain.line import Line
from slipway.domain.mean_blocks import MeanBlocks
from slipway.domain.measurement import MeanTotals
from slipway.domain.release import Arm, Transition
from slipway.evidence import amount_bounds, arm_means, arm_users, user_table
from slipway.evidence.add import by_name
from slipway.evidence.amount_bounds import UsersAmounts
from slipway.evidence.arm_means import MeanSumsOfBlocks
from slipway.evidence.comparisons import CANDIDATE, CONTROL
from slipway.evidence.user_table import Ints, UserHours, UserSums
from slipway.settings import settings
from slipway.stats.split import Floats
from slipway.steps import rollup_arrays

DAY = timedelta(days=1)
ARMS = {Arm.PREVIOUS.value: CONTROL, Arm.CHAMPION.value: CANDIDATE}


def measured(line: Line, start: Transition) -> tuple[dict[str, MeanTotals], dict[str, MeanBlocks]]:
    """Totals and blocks of each mean of the line since a promotion, as far as outcomes are known.

    A day of users is in memory, and of each user so far its sums.
    """
    count = len(line.policy.means)
    totals = (MeanTotals(),) * count
    known, blocks = UsersAmounts.none(count), []
    users = [user_table.none(1 + 2 * count)] * 2
    # users are summed by whole hours: days that met within one would count its users twice
    since, end = floor_hour(start.at - HOUR), rollup.matured(settings().home, line).end
    while end and since < end:
        rows = _rows(line, start, since, min(end, since + DAY))
        bounded = amount_bounds.bounded(rows, known, line.policy)
        found = arm_means.blocks_of(bounded.rows, user_table.none(count))
        totals = arm_means.added(totals, found, bounded.capped)
        users = [
            user_table.add(of, more)
            for of, more in zip(users, (found.control, found.candidate), strict=True)
        ]
        known, since = bounded.known, since + DAY
        blocks.append(found)
    squares = [_squares(of) for of in users]
    totals = arm_means.with_spread(totals, *squares)
    return by_name(line.policy, totals), _blocks(line, blocks)


def _rows(line: Line, start: Transition, since: datetime, until: datetime) -> UserHours:
    """The users' hours of both arms since the promotion; its epoch is logged by the router."""
    users = rollup.read(settings().home, line, since=since, until=until, hourly=True).users
    mine = users["arm"].isin(list(ARMS)) & (users["epoch"] >= start.epoch) & (users["trials"] > 0)
    return _in_watch(users[mine], line)


def _in_watch(users: pd.DataFrame, line: Line) -> UserHours:
    """Rows of hold-back and champion as those of control and candidate."""
    places: Ints = np.array([ARMS[arm] for arm in users["arm"]], np.int64)
    return rollup_arrays.user_hours(users, line)._replace(arm=places)


def _squares(users: UserSums) -> Floats:
    """Sums of squares and products of lists and deviations, where trials and successes would stand nothing."""
    nothing = np.zeros((len(users.keys), 2))
    rows = UserSums(users.keys, np.column_stack((nothing, users.sums)))
    return arm_users.squares_of(user_table.none(rows.sums.shape[1]), rows)


def _blocks(line: Line, found: list[MeanSumsOfBlocks]) -> dict[str, MeanBlocks]:
    starts = [part.start_s for part in found]
    return {
        mean.name: MeanBlocks(
            np.concatenate([np.zeros(0, np.int64), *starts]),
            np.concatenate([np.zeros(0), *(part.sums[place].weight for part in found)]),
            np.concatenate([np.zeros(0), *(part.sums[place].difference for part in found)]),
        )
        for place, mean in enumerate(line.policy.means)
    }
