"""One look at a release: rollups and ledger become the measurements that the gates judge."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data import features, rollup
from pipeline.domain.blocks import Counts, Ints, StageUsers, Traffic
from pipeline.domain.errors import UnknownReference
from pipeline.domain.line import Line
from pipeline.domain.measurement import LiveMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.release import Arm, Candidate, Transition
from pipeline.domain.stage import Stage
from pipeline.settings import settings
from pipeline.stats.histogram import BUCKETS
from pipeline.steps import context

PAIR = {Arm.CHAMPION.value: 0, Arm.CANDIDATE.value: 1}
ARM_PLACES = {**PAIR, Arm.RULES.value: 2}
WATCH_PLACES = {Arm.RULES.value: 0, Arm.CHAMPION.value: 1}
"""In a watch the new champion stands as candidate and the rules' hold-out as control."""


def refresh(line: Line, now: datetime) -> datetime:
    """Roll up every complete hour and make the as-of features that are due.

    Returns the time up to which the rollups are complete.
    """
    home = settings().home
    due = features.refresh_due(home, line, now)
    if due is not None:
        features.compute(home, line, due)
    return rollup.update(home, line, now=now)


def release_of(transitions: Sequence[Transition], version: str) -> list[Transition]:
    """The transitions of one version; raises UnknownReference where the ledger has none."""
    own = [t for t in transitions if t.candidate.version == version]
    if not own:
        raise UnknownReference(
            "version", found=version, expected="a version that was offered",
            next_step="see `slipway history`",
        )  # fmt: skip
    return own


def measure(
    line: Line,
    candidate: Candidate,
    transitions: Sequence[Transition],
    *,
    has_champion: bool,
    now: datetime,
) -> LiveMeasurements:
    """Everything that arrived in time about ``candidate`` from its first stage on.

    Control is all concurrent traffic of the champion's arm. The latency reference is the
    champion's traffic of the candidate's own shadow stage: the same machines, the same hours.
    """
    own = release_of(transitions, candidate.version)
    started = next((t for t in own if t.to_stage is Stage.SHADOW), own[0])
    blocks, users = _since(line, started)
    live = blocks[blocks["stage"].isin([s.value for s in Stage if s.is_live])]
    if not has_champion:  # the rules answer in the champion's arm as well
        ruled = live[live["arm"] == Arm.CHAMPION.value]
        live = pd.concat([live, ruled.assign(arm=Arm.RULES.value)])
    whole = blocks[blocks["segment"] == "all"]
    return LiveMeasurements(
        line=line.name,
        version=candidate.version,
        stage=candidate.stage,
        now=now,
        stage_since=candidate.stage_since,
        live_since=candidate.live_since,
        has_champion=has_champion,
        **_clicks(live, ARM_PLACES),
        traffic=_traffic(whole, PAIR),
        **_control_users(users, Arm.CHAMPION),
        arrivals=_arrivals(users, own, line.policy),
        reference_latency=_reference(whole),
    )


def measure_watch(
    line: Line, champion: Candidate, transitions: Sequence[Transition], *, now: datetime
) -> LiveMeasurements:
    """What became of ``champion`` since its promotion, beside the rules' permanent hold-out.

    Users are counted while no other candidate has traffic: only then are the arms' fractions fixed.
    """
    own = [t for t in release_of(transitions, champion.version) if t.to_stage is Stage.CHAMPION]
    blocks, users = _since(line, own[-1])
    quiet = set(blocks[blocks["stage"].isin(["", Stage.SHADOW.value])]["epoch"])
    arrived = users[users["epoch"].isin(quiet)].groupby("arm")["user"].nunique()
    held_out = (line.policy.rules_share, line.policy.explore_share)
    arrivals = StageUsers(
        Stage.CHAMPION,
        (1 - sum(held_out), 0.0, *held_out),
        _by_arm(arrived),
    )
    return LiveMeasurements(
        line=line.name,
        version=champion.version,
        stage=Stage.CHAMPION,
        now=now,
        stage_since=champion.stage_since,
        live_since=champion.stage_since,
        has_champion=True,
        **_clicks(blocks, WATCH_PLACES),
        traffic=_traffic(blocks[blocks["segment"] == "all"], WATCH_PLACES),
        **_control_users(users, Arm.RULES),
        arrivals=(arrivals,),
    )


def _since(line: Line, start: Transition) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Blocks and users of the rollup from a transition on; its epoch is logged by the router."""
    seen = rollup.read(settings().home, line, since=start.at - timedelta(hours=1))
    wanted = seen.blocks["segment"].str.split("=").str[0].isin(["all", *line.live_segments])
    return (
        seen.blocks[wanted & (seen.blocks["epoch"] >= start.epoch)],
        seen.users[seen.users["epoch"] >= start.epoch],
    )


def _clicks(blocks: pd.DataFrame, places: Mapping[str, int]) -> dict[str, Any]:
    """Counts of the whole line and of each segment."""
    kept = blocks[blocks["arm"].isin(places) & (blocks["trials"] > 0)]
    parts = {str(name): _counts(part, places) for name, part in kept.groupby("segment")}
    return {"clicks": parts.pop("all", Counts()), "segments": parts}


def _counts(blocks: pd.DataFrame, places: Mapping[str, int]) -> Counts:
    return Counts.from_long(
        start_s=_seconds(blocks["block_start"]),
        stage=blocks["stage"].to_numpy(dtype=np.str_),
        arm=blocks["arm"].map(places).to_numpy(),
        trials=blocks["trials"].to_numpy(),
        successes=blocks["successes"].to_numpy(),
    )


def _traffic(blocks: pd.DataFrame, places: Mapping[str, int]) -> Traffic:
    kept = blocks[blocks["arm"].isin(places)]
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


def _reference(blocks: pd.DataFrame) -> Ints:
    shadow = (blocks["stage"] == Stage.SHADOW.value) & (blocks["arm"] == Arm.CHAMPION.value)
    total: Ints = _histograms(blocks[shadow]["latency_hist"]).sum(axis=0)
    return total


def _control_users(users: pd.DataFrame, arm: Arm) -> dict[str, Any]:
    sums = users[users["arm"] == arm.value].groupby("user")[["trials", "successes"]].sum()
    return {
        "user_trials": sums["trials"].to_numpy(),
        "user_successes": sums["successes"].to_numpy(),
    }


def _arrivals(
    users: pd.DataFrame, own: Sequence[Transition], policy: Policy
) -> tuple[StageUsers, ...]:
    """Distinct users by arm in each live stage; a stage holds until the next transition's epoch."""
    rest = 1 - policy.rules_share - policy.explore_share
    arrivals = []
    for place, step in enumerate(own):
        if not step.to_stage.is_live:
            continue
        end = own[place + 1].epoch if place + 1 < len(own) else np.inf
        part = users[(users["epoch"] >= step.epoch) & (users["epoch"] < end)]
        expected = (
            rest * (1 - step.share),
            rest * step.share,
            policy.rules_share,
            policy.explore_share,
        )
        came = _by_arm(part.groupby("arm")["user"].nunique())
        arrivals.append(StageUsers(step.to_stage, expected, came))
    return tuple(arrivals)


def _by_arm(came: "pd.Series[int]") -> tuple[int, int, int, int]:
    champion, candidate, rules, explore = (int(came.get(arm.value, 0)) for arm in Arm)
    return champion, candidate, rules, explore


def _seconds(times: "pd.Series[Any]") -> Ints:
    return times.to_numpy(dtype="datetime64[s]").astype(np.int64)


def _histograms(column: "pd.Series[Any]") -> Ints:
    known = column.dropna()
    out = np.zeros((len(column), BUCKETS), np.int64)
    if len(known):
        out[column.notna().to_numpy()] = np.stack(known.to_list())
    return out


def path_of(line_name: str, epoch: int, digest: str) -> Path:
    """Where the look taken at an epoch of the ledger lies."""
    return context.folder(line_name, "looks") / f"{epoch:05d}-{digest[:12]}.json"


def save(live: LiveMeasurements, epoch: int) -> dict[str, str]:
    """Write one look where its gates read it; returns its path and digest."""
    body = live.to_dict()
    canonical = json.dumps([epoch, body], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    path = context.write_json(path_of(live.line, epoch, digest), body)
    return {"measurements": str(path), "digest": digest}


def load(path: str | Path) -> LiveMeasurements:
    """Read what :func:`save` wrote."""
    return LiveMeasurements.from_dict(context.read_json(path))
