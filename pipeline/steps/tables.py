"""Rows of the rollups as the arrays that gates judge."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.domain.blocks import Counts, Ints, StageUsers, Traffic
from pipeline.domain.policy import Policy
from pipeline.domain.release import Arm, Transition
from pipeline.stats.histogram import BUCKETS

PAIR = {Arm.CHAMPION.value: 0, Arm.CANDIDATE.value: 1}
ARM_PLACES = {**PAIR, Arm.RULES.value: 2}
WATCH_PLACES = {Arm.RULES.value: 0, Arm.CHAMPION.value: 1}
"""In a watch the new champion stands as candidate and the rules' hold-out as control."""


def clicks(blocks: pd.DataFrame, places: Mapping[str, int]) -> dict[str, Any]:
    """Counts of the whole line and of each segment."""
    kept = blocks[blocks["arm"].isin(places) & (blocks["trials"] > 0)]
    columns = {
        "start_s": _seconds(kept["block_start"]),
        "stage": kept["stage"].to_numpy(dtype=np.str_),
        "arm": kept["arm"].map(places).to_numpy(np.int64),
        "trials": kept["trials"].to_numpy(np.int64),
        "successes": kept["successes"].to_numpy(np.int64),
    }
    of = kept.groupby("segment").indices
    parts = {
        str(name): Counts.from_long(**{key: column[rows] for key, column in columns.items()})
        for name, rows in of.items()
    }
    return {"clicks": parts.pop("all", Counts()), "segments": parts}


def traffic(blocks: pd.DataFrame, places: Mapping[str, int]) -> Traffic:
    """Requests, errors and latency of the whole line."""
    kept = blocks[(blocks["segment"] == "all") & blocks["arm"].isin(places)]
    return Traffic.from_long(
        start_s=_seconds(kept["block_start"]),
        stage=kept["stage"].to_numpy(dtype=np.str_),
        arm=kept["arm"].map(places).to_numpy(),
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
    there = (blocks["segment"] == "all") & (blocks["arm"] == arm.value) & (blocks["stage"] == stage)
    total: Ints = _histograms(blocks[there]["latency_hist"]).sum(axis=0)
    return total


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


def _seconds(times: "pd.Series[Any]") -> Ints:
    return times.to_numpy(dtype="datetime64[s]").astype(np.int64)


def _histograms(column: "pd.Series[Any]") -> Ints:
    known = column.dropna()
    out = np.zeros((len(column), BUCKETS), np.int64)
    if len(known):
        out[column.notna().to_numpy()] = np.stack(known.to_list())
    return out
