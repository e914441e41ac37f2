"""One look at a champion since its promotion: rollups and ledger become what the watch judges."""

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.domain.accumulated_evidence import AccumulatedEvidence
from slipway.domain.blocks import Ints
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.measurement import Arrived, LiveMeasurements
from slipway.domain.release import Arm, Candidate, Transition
from slipway.domain.stage import Stage
from slipway.settings import settings
from slipway.stats.histogram import BUCKETS
from slipway.steps import look, rollup_arrays, watch_means


def measure(
    line: Line,
    champion: Candidate,
    transitions: Sequence[Transition],
    *,
    now: datetime,
    outcomes: bool = True,
) -> LiveMeasurements:
    """What became of ``champion`` since its promotion, beside the hold-back of the champion before.

    Where nobody is held back (any more), or nobody of them came yet, the rules' permanent hold-out is the
    control. Users are counted while no other candidate has traffic, and as long as the hold-back stands:
    only then are the arms' fractions fixed. Without ``outcomes`` nothing of them is read: for sums that are
    damaged, beside which errors are seen all the same.
    """
    start, end, before = _watched(champion, transitions)
    requests, visitors = look.arrived_since(line, start, matured=outcomes)
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
    back, reference = start.previous_share, _reference(line, champion, transitions)
    return LiveMeasurements(
        line=line.name,
        version=champion.version,
        stage=Stage.CHAMPION,
        now=now,
        stage_since=champion.stage_since,
        live_since=champion.stage_since,
        has_champion=True,
        **(_matured(line, start, places, control) if outcomes else {}),
        arrivals=(rollup_arrays.came(Stage.CHAMPION, 0.0, by_arm, line.policy, back),),
        arrived=Arrived(
            traffic=rollup_arrays.traffic(requests, places), reference_latency=reference
        ),
        held_back=before if held else None,
    )


def _matured(
    line: Line, start: Transition, places: Mapping[str, int], control: Arm
) -> dict[str, Any]:
    """What outcomes say, and the traffic whose outcomes are known."""
    blocks, users = _since(line, start)
    found = {
        **rollup_arrays.clicks(blocks, places),
        "traffic": rollup_arrays.traffic(blocks, places),
        **rollup_arrays.users_of(users, control),
        "past": AccumulatedEvidence(
            heavy=(
                rollup_arrays.heaviest_of(users, control),
                rollup_arrays.heaviest_of(users, Arm.CHAMPION),
            )
        ),
    }
    if control is Arm.PREVIOUS and line.policy.means:
        found["means"], found["mean_blocks"] = watch_means.measured(line, start)
    return found


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


def _reference(line: Line, champion: Candidate, transitions: Sequence[Transition]) -> Ints:
    """How fast the champion before answered in the shadow of ``champion``; nothing where it is not kept.

    The same quantiles as in the release: a threshold that the watch measured itself would move.
    """
    own = look.release_of(transitions, champion.version)
    begun = next((t for t in reversed(own) if t.to_stage is Stage.SHADOW), None)
    ended = next((t for t in own if begun and t.epoch > begun.epoch), None)
    nothing = np.zeros(BUCKETS, np.int64)
    if begun is None or ended is None:
        return nothing
    hour, home = timedelta(hours=1), settings().home
    try:
        seen = rollup.read(home, line, since=begun.at - hour, until=ended.at + hour).blocks
    except BadInput as error:  # the reference alone is lost by it
        logging.getLogger("slipway").warning("%s", error)
        return nothing
    epochs = (seen["epoch"] >= begun.epoch) & (seen["epoch"] < ended.epoch)
    return rollup_arrays.shadow_latency(seen[epochs])


def _since(line: Line, start: Transition) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Matured blocks and users from a transition on; its epoch is logged by the router."""
    seen = rollup.read(settings().home, line, since=start.at - timedelta(hours=1))
    wanted = seen.blocks["segment"].str.split("=").str[0].isin(["all", *line.live_segments])
    return (
        seen.blocks[wanted & (seen.blocks["epoch"] >= start.epoch)],
        seen.users[seen.users["epoch"] >= start.epoch],
    )
