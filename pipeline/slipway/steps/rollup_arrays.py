"""Rows of the rollups as the arrays that gates judge."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from slipway.data.schema import MICRO, amount_column, beyond
from slipway.domain.accumulated_evidence import ArmUsers
from slipway.domain.blocks import Counts, Ints, StageUsers, Traffic
from slipway.domain.line import Line
from slipway.domain.policy import Policy
from slipway.domain.release import Arm, Transition
from slipway.domain.stage import Stage
from slipway.evidence import user_table
from slipway.evidence.arm_users import heaviest
from slipway.evidence.release_evidence import Seen, seen_by_step
from slipway.evidence.user_table import UNNAMED, Keys, UserHours
from slipway.stats.histogram import BUCKETS

LIVE = tuple(stage.value for stage in Stage if stage.is_live)
PAIR = {Arm.CHAMPION.value: 0, Arm.CANDIDATE.value: 1}
ARM_PLACES = {**PAIR, Arm.RULES.value: 2}
WATCH_PLACES = {Arm.PREVIOUS.value: 0, Arm.CHAMPION.value: 1, Arm.RULES.value: 2}
RULES_PLACES = {Arm.RULES.value: 0, Arm.CHAMPION.value: 1}
"""In a watch the new champion stands as candidate; as control the hold-back of the previous champion,
and where there is none the rules' hold-out."""


def clicks(blocks: pd.DataFrame, places: Mapping[str, int]) -> dict[str, Any]:
    """Counts of the whole line and of each segment."""
    arm = _places(blocks["arm"], places)
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
    arm = _places(whole["arm"], {name: at for name, at in places.items() if at in PAIR.values()})
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


def shadow_latency(blocks: pd.DataFrame) -> Ints:
    """Latency histogram int64[64] of the champion's answers beside a shadow."""
    return answers_of(blocks, Arm.CHAMPION, Stage.SHADOW.value)


def with_rules(blocks: pd.DataFrame, *, has_champion: bool) -> pd.DataFrame:
    """In a first release the rules answer in the champion's arm as well."""
    if has_champion:
        return blocks
    ruled = blocks[blocks["arm"] == Arm.CHAMPION.value]
    return pd.concat([blocks, ruled.assign(arm=Arm.RULES.value)])


def _whole(blocks: pd.DataFrame) -> pd.DataFrame:
    """Rows of the whole line; blocks of arrived requests know no segments."""
    return blocks[blocks["segment"] == "all"] if "segment" in blocks else blocks


def user_hours(users: pd.DataFrame, line: Line) -> UserHours:
    """Rows of ``rollup_users``, hour by hour."""
    columns = [amount_column(mean.name) for mean in line.policy.means]
    return UserHours(
        _seconds(users["hour"]),
        keys_of(users),
        _places(users["arm"], {arm.value: place for place, arm in enumerate(Arm)}),
        users["epoch"].to_numpy(np.int64),
        users[["trials", "successes", "lists"]].to_numpy(np.float64),
        users[columns].to_numpy(np.float64) / MICRO,
        users[beyond("trials")].to_numpy(np.float64),
    )


def keys_of(rows: pd.DataFrame) -> Keys:
    """Users as numbers of 64 bits: of a million users two share one once in 40 million releases."""
    names = rows["user"].to_numpy(dtype=object)
    keys = pd.util.hash_array(names, categorize=False)
    return np.where(names == "", UNNAMED, keys)


def users_of(users: pd.DataFrame, arm: Arm) -> dict[str, Any]:
    """Trials and successes of each user of an arm."""
    sums = users[users["arm"] == arm.value].groupby("user")[["trials", "successes"]].sum()
    return {
        "user_trials": sums["trials"].to_numpy(),
        "user_successes": sums["successes"].to_numpy(),
    }


def heaviest_of(users: pd.DataFrame, arm: Arm) -> ArmUsers:
    """Whose impressions an arm's are: of those that counted, and of those beyond users' caps."""
    rows = users[users["arm"] == arm.value]
    keys, names = keys_of(rows), ["trials", beyond("trials")]
    counted, more = (
        user_table.summed(keys[there], values[there, None])
        for values in rows[names].to_numpy(np.float64).T
        for there in [values > 0]
    )
    return heaviest(counted, more)


def by_step(users: pd.DataFrame, steps: Sequence[Transition], moved: Sequence[int] = ()) -> Seen:
    """Users of rows that have ``user``, ``arm`` and ``epoch``, by step and arm."""
    arms = {arm.value: place for place, arm in enumerate(Arm)}
    epochs = users["epoch"].to_numpy(np.int64)
    return seen_by_step(keys_of(users), _places(users["arm"], arms), epochs, steps, moved)


def came(
    stage: Stage, share: float, by_arm: Mapping[str, int], policy: Policy, back: float
) -> StageUsers:
    """Counts of users ``by_arm`` beside the fractions that a stage with ``share`` should have.

    ``back`` is the hold-back's fraction of all users; 0 for an arm that nobody came to.
    """
    held_out = (policy.rules_share, policy.explore_share)
    rest = 1 - policy.rules_share - policy.explore_share
    rest -= back
    expected = (rest * (1 - share), rest * share, *held_out, *((back,) if back else ()))
    arms = list(Arm)[: len(expected)]
    return StageUsers(stage, expected, tuple(int(by_arm.get(arm.value, 0)) for arm in arms))


def arrivals(own: Sequence[Transition], seen: Seen, policy: Policy) -> tuple[StageUsers, ...]:
    """Distinct users by arm in each live stage; ``seen`` has them by the step's index in ``own``."""
    return tuple(
        came(
            step.to_stage,
            step.share,
            {arm: len(keys) for (at, arm), keys in seen.items() if at == place},
            policy,
            step.previous_share,
        )
        for place, step in enumerate(own)
        if step.to_stage.is_live
    )


def _places(arms: "pd.Series[Any]", places: Mapping[str, int]) -> Ints:
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
