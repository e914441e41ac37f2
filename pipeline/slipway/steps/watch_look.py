"""One look at a champion since its promotion: rollups and ledger become what the watch judges."""

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.data.part_chain import RollupPart
from slipway.domain.accumulated_evidence import AccumulatedEvidence
from slipway.domain.blocks import Ints
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.measurement import Arrived, LiveMeasurements
from slipway.domain.release import Arm, Candidate, Transition
from slipway.domain.stage import Stage
from slipway.evidence.user_table import Keys
from slipway.settings import settings
from slipway.stats.histogram import BUCKETS
from slipway.steps import look, rollup_arrays, watch_means, watch_sums, watch_sums_store
from slipway.steps.watch_sums import WatchSums


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
    nothing = watch_sums.nothing(), start.at - HOUR
    known, until = up_to_date(line, start) if outcomes else nothing
    requests, visitors = _ahead(line, start, until)
    stands = bool(start.previous_share) and math.isinf(end)
    arms = known.arms | set(requests["arm"].unique())
    held = stands and Arm.PREVIOUS.value in arms
    control = Arm.PREVIOUS if held else Arm.RULES
    quiet = known.quiet | watch_sums.quiet_epochs(requests)
    by_arm = _arrived(watch_sums.visitors_joined(known.visitors, visitors), quiet, end)
    ahead = rollup_arrays.traffic(requests, watch_sums.CONTROLS[control.value])
    traffic = known.traffic[control.value]
    back, reference = start.previous_share, _reference(line, champion, transitions)
    return LiveMeasurements(
        line=line.name,
        version=champion.version,
        stage=Stage.CHAMPION,
        now=now,
        stage_since=champion.stage_since,
        live_since=champion.stage_since,
        has_champion=True,
        **(_matured(line, start, known, control) if outcomes else {}),
        arrivals=(rollup_arrays.came(Stage.CHAMPION, 0.0, by_arm, line.policy, back),),
        arrived=Arrived(
            traffic=watch_sums.traffic_joined(traffic, ahead), reference_latency=reference
        ),
        held_back=before if held else None,
    )


def _matured(line: Line, start: Transition, known: WatchSums, control: Arm) -> dict[str, Any]:
    """What outcomes say, and the traffic whose outcomes are known."""
    found = {
        **known.clicks_beside(control),
        "traffic": known.traffic[control.value],
        **known.users_of(control),
        "past": AccumulatedEvidence(
            heavy=(known.heaviest_of(control), known.heaviest_of(Arm.CHAMPION))
        ),
    }
    if control is Arm.PREVIOUS and line.policy.means:
        found["means"], found["mean_blocks"] = watch_means.measured(line, start)
    return found


def up_to_date(line: Line, start: Transition) -> tuple[WatchSums, datetime]:
    """The sums since a promotion with every matured part, and their end; read again where parts changed.

    They are added to a day at a time and kept after each, so that memory is bounded and a killed look goes on.
    """
    known, chain = watch_sums_store.load(line, start.epoch), rollup.matured(settings().home, line)
    since = start.at - HOUR
    wanted = chain.between(since, EVER)
    marks = _marks(wanted)
    if marks[: len(known.parts)] != known.parts:
        known = watch_sums.nothing()
    while new := wanted[len(known.parts) :][:TOGETHER]:
        begin, until = max(since, new[0].begin), new[-1].end
        seen = rollup.read(settings().home, line, since=begin, until=until, hourly=True)
        blocks, users = (part[part["epoch"] >= start.epoch] for part in (seen.blocks, seen.users))
        count = len(known.parts)
        known = watch_sums.added(known, marks[count : count + len(new)], blocks, users, line)
        try:
            watch_sums_store.save(line, start.epoch, known)
        except OSError as error:  # a full disk: the next look adds it again, this one judges it
            logging.getLogger("slipway").warning("sums of the watch not kept: %s", error)
    return known, max(since, wanted[-1].end) if wanted else since


TOGETHER, HOUR, EVER = 24, timedelta(hours=1), datetime.max.replace(tzinfo=UTC)
"""Parts that are added together."""


def _marks(parts: Sequence[RollupPart]) -> tuple[str, ...]:
    try:
        return tuple(map(watch_sums.mark, parts))
    except OSError:  # a file is gone: whoever reads the part says so
        return ("",) * len(parts)


def _ahead(line: Line, start: Transition, since: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Requests and visitors of a promotion that have arrived ``since`` the matured sums end."""
    seen = rollup.read_arrived(settings().home, line, since)
    return (
        seen.blocks[seen.blocks["epoch"] >= start.epoch],
        seen.users[seen.users["epoch"] >= start.epoch],
    )


def _arrived(
    visitors: Mapping[tuple[int, str], Keys], quiet: Collection[int], end: float
) -> dict[str, int]:
    """Distinct users by arm who came while no candidate had traffic, and before ``end``."""
    found: dict[str, list[Keys]] = {}
    for (epoch, arm), keys in visitors.items():
        if epoch in quiet and epoch < end:
            found.setdefault(arm, []).append(keys)
    return {arm: len(np.unique(np.concatenate(some))) for arm, some in found.items()}


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
    home = settings().home
    try:
        seen = rollup.read(home, line, since=begun.at - HOUR, until=ended.at + HOUR).blocks
    except BadInput as error:  # the reference alone is lost by it
        logging.getLogger("slipway").warning("%s", error)
        return nothing
    epochs = (seen["epoch"] >= begun.epoch) & (seen["epoch"] < ended.epoch)
    return rollup_arrays.shadow_latency(seen[epochs])
