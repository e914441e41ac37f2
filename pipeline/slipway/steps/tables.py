"""Rows of the rollups as the arrays that gates judge."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway.data.schema import MICRO, amount_column
from slipway.domain.blocks import Counts, Ints, StageUsers, Traffic
from slipway.domain.mean import Mean
from slipway.domain.policy import Policy
from slipway.domain.release import Arm, Transition
from slipway.stats.histogram import BUCKETS
from slipway.stats.keyed import Keys
from slipway.stats.split import Floats

PAIR = {Arm.CHAMPION.value: 0, Arm.CANDIDATE.value: 1}
ARM_PLACES = {**PAIR, Arm.RULES.value: 2}
WATCH_PLACES = {Arm.RULES.value: 0, Arm.CHAMPION.value: 1}
"""In a watch the new champion stands as candidate and the rules' hold-out as control."""


def clicks(blocks: pd.DataFrame, places: Mapping[str, int]) -> dict[str, Any]:
    """Counts of the whole line and of each segment."""
    arm = indices(blocks["arm"], places)
    kept = (arm >= 0) & (blocks["trials"].to_numpy() > 0)
    part, names = pd.factorize(blocks["segment"][kept])
    found = Counts.of_parts(
        part,
        _seconds(blocks["block_start"])[kept],
        blocks["stage"].to_numpy(dtype=np.str_)[kept],
        arm[kept],
        blocks["trials"].to_numpy(np.int64)[kept],
        blocks["successes"].to_numpy(np.int64)[kept],
    )
    parts = dict(zip(names.tolist(), found, strict=True))
    return {"clicks": parts.pop("all", Counts()), "segments": parts}


def traffic(blocks: pd.DataFrame, places: Mapping[str, int]) -> Traffic:
    """Requests, errors and latency of the whole line."""
    whole = _whole(blocks)
    arm = indices(whole["arm"], places)
    kept = whole[arm >= 0]
    return Traffic.from_long(
        start_s=_seconds(kept["block_start"]),
        stage=kept["stage"].to_numpy(dtype=np.str_),
        arm=arm[arm >= 0],
        requests=kept["requests"].to_numpy(),
        fallbacks=kept["fallbacks"].to_numpy(),
        latency=_histograms(kept["latency_hist"]),
        shadow=(
            kept["shadow_requests"].to_numpy(),
            kept["shadow_errors"].to_numpy(),
            _histograms(kept["shadow_latency_hist"]),
        ),
    )


def answers_of(blocks: pd.DataFrame, arm: Arm, stage: str) -> Ints:
    """Latency histogram int64[64] of an arm's answers in one stage."""
    whole = _whole(blocks)
    there = (whole["arm"] == arm.value) & (whole["stage"] == stage)
    total: Ints = _histograms(whole[there]["latency_hist"]).sum(axis=0)
    return total


def _whole(blocks: pd.DataFrame) -> pd.DataFrame:
    """Rows of the whole line; blocks of arrived requests know no segments."""
    return blocks[blocks["segment"] == "all"] if "segment" in blocks else blocks


class Came(NamedTuple):
    """Users by hour, epoch and arm: N rows in the order of the rollup.

    ``hour_s`` int64[N] POSIX seconds, ``key`` uint64[N] the user, ``arm`` int64[N] the place in
    ``Arm``, ``epoch`` int64[N], ``counts`` float64[N, 3] trials, successes and lists, ``amounts``
    float64[N, M] of the declared means.
    """

    hour_s: Ints
    key: Keys
    arm: Ints
    epoch: Ints
    counts: Floats
    amounts: Floats

    def among(self, keep: NDArray[np.bool_]) -> "Came":
        """Only the rows where ``keep`` [N] is true."""
        return Came(
            self.hour_s[keep],
            self.key[keep],
            self.arm[keep],
            self.epoch[keep],
            self.counts[keep],
            self.amounts[keep],
        )


def came(users: pd.DataFrame, means: Sequence[Mean]) -> Came:
    """Rows of ``rollup_users``, hour by hour."""
    columns = [amount_column(mean.name) for mean in means]
    return Came(
        _seconds(users["hour"]),
        keys_of(users),
        indices(users["arm"], {arm.value: place for place, arm in enumerate(Arm)}),
        users["epoch"].to_numpy(np.int64),
        users[["trials", "successes", "lists"]].to_numpy(np.float64),
        users[columns].to_numpy(np.float64) / MICRO,
    )


def keys_of(rows: pd.DataFrame) -> Keys:
    """Users as numbers of 64 bits: of a million users two share one once in 40 million releases."""
    return pd.util.hash_array(rows["user"].to_numpy(dtype=object), categorize=False)


def users_of(users: pd.DataFrame, arm: Arm) -> dict[str, Any]:
    """Trials and successes of each user of an arm."""
    sums = users[users["arm"] == arm.value].groupby("user")[["trials", "successes"]].sum()
    return {
        "user_trials": sums["trials"].to_numpy(),
        "user_successes": sums["successes"].to_numpy(),
    }


def by_arm(came: Mapping[str, int]) -> tuple[int, int, int, int]:
    """Counts of champion, candidate, rules and explore; 0 for an arm that nobody came to."""
    champion, candidate, rules, explore = (int(came.get(arm.value, 0)) for arm in Arm)
    return champion, candidate, rules, explore


def arrivals(
    own: Sequence[Transition], came: Mapping[int, Mapping[str, int]], policy: Policy
) -> tuple[StageUsers, ...]:
    """Distinct users by arm in each live stage; ``came`` counts them by the step's place in ``own``."""
    rest = 1 - policy.rules_share - policy.explore_share
    held_out = (policy.rules_share, policy.explore_share)
    return tuple(
        StageUsers(
            step.to_stage,
            (rest * (1 - step.share), rest * step.share, *held_out),
            by_arm(came.get(place, {})),
        )
        for place, step in enumerate(own)
        if step.to_stage.is_live
    )


def indices(arms: "pd.Series[Any]", places: Mapping[str, int]) -> Ints:
    """int64[N]: the index of each arm in ``places``, -1 for one without."""
    found, names = pd.factorize(arms)
    return np.array([places.get(str(name), -1) for name in names], np.int64)[found]


def _seconds(times: "pd.Series[Any]") -> Ints:
    return times.to_numpy(dtype="datetime64[s]").astype(np.int64)


def _histograms(column: "pd.Series[Any]") -> Ints:
    known = column.dropna()
    out = np.zeros((len(column), BUCKETS), np.int64)
    if len(known):
        out[column.notna().to_numpy()] = np.stack(known.to_list())
    return out
