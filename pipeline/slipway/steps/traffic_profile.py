"""A line's real traffic, as its rollups have it: what a policy is explained with."""

from datetime import timedelta

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.data.schema import MICRO, amount_column
from slipway.domain.line import Line
from slipway.domain.mean import Mean
from slipway.domain.release import Arm
from slipway.release.required_sample import Flow
from slipway.settings import settings
from slipway.stats.design_effect import at_least_one

WINDOW = timedelta(days=28)
DAY = timedelta(days=1)


def measure(line: Line) -> Flow | None:
    """The last four weeks that were rolled up; None where nothing was, or nobody clicked."""
    home = settings().home
    until = rollup.matured(home, line).end
    if until is None:
        return None
    seen = rollup.read(home, line, since=until - WINDOW)
    blocks = seen.blocks[seen.blocks["segment"] == "all"]
    clicks = int(blocks["successes"].sum())
    if not clicks:
        return None
    days = max((until - blocks["block_start"].min()) / DAY, 1 / 24)
    by_arm = blocks.groupby("arm")[["trials", "successes"]].sum()
    control = seen.users[seen.users["arm"] == Arm.CHAMPION.value]
    users = control.groupby("user").sum(numeric_only=True)
    return Flow(
        days=float(days),
        exposures_per_day=float(blocks["trials"].sum() / days),
        lists_per_day=float(blocks["requests"].sum() / days),
        click_rate=clicks / float(blocks["trials"].sum()),
        design_effect=at_least_one(users["trials"], users["successes"]) if len(users) else 1.0,
        rules_ratio=_ratio(by_arm),
        means={
            mean.name: found
            for mean in line.policy.means
            if (found := _mean(users, mean)) is not None
        },
    )


def _ratio(by_arm: pd.DataFrame) -> float | None:
    """Click rate of the rules over the champion's."""
    rate = (by_arm["successes"] / by_arm["trials"]).to_dict()
    champion, rules = rate.get(Arm.CHAMPION.value), rate.get(Arm.RULES.value)
    return rules / champion if champion and rules else None


def _mean(users: pd.DataFrame, mean: Mean) -> tuple[float, float] | None:
    """Level and variance of one list, users counted whole."""
    lists = users["lists"].to_numpy(np.float64)
    amount = users[amount_column(mean.name)].to_numpy(np.float64) / MICRO
    if not lists.sum() > 0 or not amount.sum() > 0:
        return None
    level = amount.sum() / lists.sum()
    return float(level), float(((amount - level * lists) ** 2).sum() / lists.sum())
