"""What is kept of a champion's watch, so that a look reads the hours that are new and no others.

The sums follow the parts of the rollup that they were added from: a part that was made again, mended or
damaged is another one, and all of them are read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from slipway.data.part_chain import RollupPart
from slipway.data.schema import beyond
from slipway.domain.accumulated_evidence import ArmUsers
from slipway.domain.blocks import Counts, Ints, Traffic
from slipway.domain.line import Line
from slipway.domain.release import Arm
from slipway.domain.stage import Stage
from slipway.evidence.arm_users import heaviest
from slipway.evidence.user_table import Keys, UserSums, none, summed
from slipway.steps import rollup_arrays

CONTROLS = {
    Arm.PREVIOUS.value: rollup_arrays.WATCH_PLACES,
    Arm.RULES.value: rollup_arrays.RULES_PLACES,
}
"""Either arm may be the control, and has its own traffic beside the champion's."""
COUNTED = (*CONTROLS, Arm.CHAMPION.value)
"""Arms whose users are summed."""
QUIET = ("", Stage.SHADOW.value)
"""Stages in which no candidate answers users."""


@dataclass(frozen=True, eq=False)
class WatchSums:
    """Sums of the rollup's ``parts``: counts by segment, traffic beside each control, and users by arm.

    ``visitors`` are those of an epoch and arm, ``users`` trials, successes and trials beyond their caps of those of an arm.
    """

    parts: tuple[str, ...]
    clicks: Mapping[str, Counts]
    traffic: Mapping[str, Traffic]
    quiet: frozenset[int]
    arms: frozenset[str]
    visitors: Mapping[tuple[int, str], Keys]
    users: Mapping[str, UserSums]

    def clicks_beside(self, control: Arm) -> dict[str, Any]:
        """Counts of the whole line and of each segment, as :func:`slipway.steps.rollup_arrays.clicks`."""
        found = dict(self.clicks)
        if control is Arm.RULES:
            found = {name: _beside_rules(counts) for name, counts in found.items()}
        found = {name: counts for name, counts in found.items() if len(counts.start_s)}
        return {"clicks": found.pop("all", Counts()), "segments": found}

    def users_of(self, control: Arm) -> dict[str, Ints]:
        """Trials and successes of each user of a control, as :func:`slipway.steps.rollup_arrays.users_of`."""
        trials, successes, _ = self.users[control.value].sums.astype(np.int64).T
        return {"user_trials": trials, "user_successes": successes}

    def heaviest_of(self, arm: Arm) -> ArmUsers:
        """Whose impressions an arm's are, as :func:`slipway.steps.rollup_arrays.heaviest_of`."""
        keys, sums = self.users[arm.value]
        counted, more = (
            UserSums(keys[there], column[there, None])
            for column in (sums[:, 0], sums[:, 2])
            for there in [column > 0]
        )
        return heaviest(counted, more)


def nothing() -> WatchSums:
    """No part yet."""
    return WatchSums(
        (),
        {},
        dict.fromkeys(CONTROLS, Traffic()),
        frozenset(),
        frozenset(),
        {},
        dict.fromkeys(COUNTED, none(3)),
    )


def mark(part: RollupPart) -> str:
    """What a part is known by: its hours, and when its files were written."""
    stats = [part.file(name).stat() for name in ("blocks", "users")]
    return "-".join([part.stem.name, *(f"{s.st_size}.{s.st_mtime_ns}" for s in stats)])


def added(
    known: WatchSums, parts: Sequence[str], blocks: pd.DataFrame, users: pd.DataFrame, line: Line
) -> WatchSums:
    """The sums with the rows of later ``parts``; every block is of one part."""
    whole = blocks[blocks["segment"] == "all"]
    names = [
        n for n in blocks["segment"].unique() if n.split("=")[0] in {"all", *line.live_segments}
    ]
    counts = rollup_arrays.clicks(blocks[blocks["segment"].isin(names)], rollup_arrays.WATCH_PLACES)
    new = {"all": counts["clicks"], **counts["segments"]}
    clicks = dict(known.clicks)
    for name, part in new.items():
        clicks[name] = _counts_joined(clicks[name], part) if name in clicks else part
    return WatchSums(
        (*known.parts, *parts),
        clicks,
        {
            arm: traffic_joined(known.traffic[arm], rollup_arrays.traffic(whole, places))
            for arm, places in CONTROLS.items()
        },
        known.quiet | quiet_epochs(whole),
        known.arms | set(whole["arm"].unique()),
        visitors_joined(known.visitors, users),
        {arm: _users_joined(known.users[arm], users[users["arm"] == arm]) for arm in COUNTED},
    )


def quiet_epochs(blocks: pd.DataFrame) -> frozenset[int]:
    """Epochs in which some request came while no candidate had traffic."""
    return frozenset(blocks[blocks["stage"].isin(QUIET)]["epoch"].unique().tolist())


def visitors_joined(
    known: Mapping[tuple[int, str], Keys], rows: pd.DataFrame
) -> dict[tuple[int, str], Keys]:
    """Distinct users by epoch and arm, with those of ``rows``."""
    found = dict(known)
    keys = rollup_arrays.keys_of(rows) if len(rows) else np.zeros(0, np.uint64)
    epochs, arms = rows["epoch"].to_numpy(np.int64), rows["arm"].to_numpy(dtype=np.str_)
    for epoch, arm in sorted(set(zip(epochs.tolist(), arms.tolist(), strict=True))):
        own = np.unique(keys[(epochs == epoch) & (arms == arm)])
        before = found.get((epoch, arm))
        found[epoch, arm] = own if before is None else np.union1d(before, own)
    return found


def traffic_joined(before: Traffic, after: Traffic) -> Traffic:
    """Traffic of blocks that all come later than the ones before."""
    both = (before, after)
    return Traffic(*(np.concatenate([getattr(t, name) for t in both]) for name in OF_TRAFFIC))


OF_TRAFFIC, OF_COUNTS = (tuple(f.name for f in fields(of)) for of in (Traffic, Counts))


def _counts_joined(before: Counts, after: Counts) -> Counts:
    both = (before, after)
    return Counts(*(np.concatenate([getattr(c, name) for c in both]) for name in OF_COUNTS))


def _users_joined(known: UserSums, rows: pd.DataFrame) -> UserSums:
    if not len(rows):
        return known
    sums = rows[["trials", "successes", beyond("trials")]].to_numpy(np.float64)
    keys = np.concatenate([known.keys, rollup_arrays.keys_of(rows)])
    return summed(keys, np.concatenate([known.sums, sums]))


def _beside_rules(counts: Counts) -> Counts:
    """The rules as control and no third arm; blocks without either are left out."""
    trials, successes = (
        np.column_stack([of[:, 2], of[:, 1], np.zeros(len(of), np.int64)])
        for of in (counts.trials, counts.successes)
    )
    return Counts(counts.start_s, counts.stage, trials, successes).among(trials.sum(axis=1) > 0)
