"""One look at a champion since its promotion: rollups and ledger become what the watch judges."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd

from slipway.data import rollup
from slipway.domain.line import Line
from slipway.domain.measurement import Arrived, LiveMeasurements
from slipway.domain.release import Arm, Candidate, Transition
from slipway.domain.stage import Stage
from slipway.settings import settings
from slipway.steps import look, rollup_arrays


def measure(
    line: Line, champion: Candidate, transitions: Sequence[Transition], *, now: datetime
) -> LiveMeasurements:
    """What became of ``champion`` since its promotion, beside the hold-back of the champion before.

    Where nobody is held back (any more), or nobody of them came yet, the rules' permanent hold-out is the
    control. Users are counted while no other candidate has traffic, and as long as the hold-back stands:
    only then are the arms' fractions fixed.
    """
    start, end, before = _watched(champion, transitions)
    blocks, users = _since(line, start)
    requests, visitors = look.arrived_since(line, start)
    stands = bool(start.previous_share) and math.isinf(end)
    held = stands and bool((requests["arm"] == Arm.PREVIOUS.value).any())
    control, places = (
        (Arm.PREVIOUS, rollup_arrays.WATCH_PLACES)
        if held
        else (Arm.RULES, rollup_arrays.RULES_PLACES)
    )
    quiet = set(requests[requests["stage"].isin(["", Stage.SHADOW.value])]["epoch"])
    counted = visitors["epoch"].isin(quiet) & (visitors["epoch"] < end)
    arrived = visitors[counted].groupby("arm")["user"].nunique()
    by_arm = {str(arm): int(n) for arm, n in arrived.items()}
    back = start.previous_share
    return LiveMeasurements(
        line=line.name,
        version=champion.version,
        stage=Stage.CHAMPION,
        now=now,
        stage_since=champion.stage_since,
        live_since=champion.stage_since,
        has_champion=True,
        **rollup_arrays.clicks(blocks, places),
        traffic=rollup_arrays.traffic(blocks, places),
        **rollup_arrays.users_of(users, control),
        arrivals=(rollup_arrays.came(Stage.CHAMPION, 0.0, by_arm, line.policy, back),),
        arrived=Arrived(traffic=rollup_arrays.traffic(requests, places)),
        held_back=before if held else None,
    )


def _watched(
    champion: Candidate, transitions: Sequence[Transition]
) -> tuple[Transition, float, str | None]:
    """The promotion of ``champion``, the epoch at which its hold-back ended, and who led before it."""
    own = look.release_of(transitions, champion.version)
    start = next(t for t in own if t.candidate.stage_since == champion.stage_since)
    later = [t for t in transitions if t.epoch > start.epoch]
    ends = (t.epoch for t in later if t.previous_share != start.previous_share)
    before = [t.champion for t in transitions if t.epoch < start.epoch]
    return start, next(ends, math.inf), before[-1] if before else None


def _since(line: Line, start: Transition) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Matured blocks and users from a transition on; its epoch is logged by the router."""
    seen = rollup.read(settings().home, line, since=start.at - timedelta(hours=1))
    wanted = seen.blocks["segment"].str.split("=").str[0].isin(["all", *line.live_segments])
    return (
        seen.blocks[wanted & (seen.blocks["epoch"] >= start.epoch)],
        seen.users[seen.users["epoch"] >= start.epoch],
    )
