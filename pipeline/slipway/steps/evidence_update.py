"""Bring the evidence of a release up to date: load it, add hour by hour, save it.

Hours are added one by one in the order of time, so the sums depend on the rollups alone and never
on when somebody looked. Whatever is missing, damaged or written under another policy is made again
from the rollups. Requests run ahead of outcomes: those that have not matured are read at each look.
"""

import hashlib
import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.data.schema import MICRO, amount_column
from slipway.data.times import floor_hour
from slipway.domain.line import Line
from slipway.domain.measurement import Arrived, LiveMeasurements, MeanTotals
from slipway.evidence import user_table
from slipway.evidence.add import HOUR, Hour, JudgedRelease, Requests, add, by_name, with_requests
from slipway.evidence.amount_bounds import UsersAmounts
from slipway.evidence.release_evidence import ReleaseEvidence
from slipway.evidence.user_table import UserSums
from slipway.settings import settings
from slipway.stats.ratio_sums import WIDTH
from slipway.steps import rollup_arrays
from slipway.steps.evidence_store import load, save
from slipway.steps.rollup_arrays import LIVE

FORMAT = 7
DAY, HOUR_S = timedelta(days=1), 3600


def up_to_date(line: Line, release: JudgedRelease) -> ReleaseEvidence:
    """The release's evidence with every hour of the rollups.

    Evidence that is made again is read a day at a time and kept after each: the memory is bounded,
    and who is killed goes on from there.
    """
    version, key = release.look.version, _key(line, release)
    known = load(line, version, key) or _begin(line, release, key)
    matured = rollup.matured(settings().home, line).end or known.until
    until = min(matured, floor_hour(release.look.now - line.maturity))
    while known.until < until:
        known = _read_outcomes(known, line, release, min(until, known.until + DAY))
        try:
            save(line, version, known)
        except OSError as error:  # a full disk: the next look adds it again, this one judges it
            logging.getLogger("slipway").warning("evidence of %s not kept: %s", version, error)
    return known


def kept(line: Line, release: JudgedRelease) -> ReleaseEvidence:
    """The release's evidence as an earlier look left it; nothing where there was none."""
    key = _key(line, release)
    return load(line, release.look.version, key) or _nothing(line, release, key)


def _read_outcomes(
    known: ReleaseEvidence, line: Line, release: JudgedRelease, until: datetime
) -> ReleaseEvidence:
    """The evidence with every hour before ``until`` in it."""
    rolled = rollup.read(settings().home, line, since=known.until, until=until, hourly=True)
    judged = {"all", *line.live_segments}
    named = [name for name in rolled.blocks["segment"].unique() if name.split("=")[0] in judged]
    own = release.covers(rolled.blocks["epoch"].to_numpy(np.int64))
    wanted = rolled.blocks["segment"].isin(named) & own
    blocks, users = _only(rolled.blocks, wanted), rollup_arrays.user_hours(rolled.users, line)
    begins = blocks["block_start"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    users = users.among(release.covers(users.epoch))
    while known.until < until:
        at = int(known.until.timestamp())
        rows = _only(blocks, (at <= begins) & (begins < at + HOUR_S))
        live = _only(rows, rows["stage"].isin(LIVE))
        hour = Hour(
            **rollup_arrays.clicks(
                rollup_arrays.with_rules(live, has_champion=release.look.has_champion),
                rollup_arrays.ARM_PLACES,
            ),
            traffic=rollup_arrays.traffic(live, rollup_arrays.PAIR),
            shadow_latency=rollup_arrays.shadow_latency(rows),
            users=users.among(users.hour_s == at),
        )
        known = add(known, hour, release, line.policy)
    return known


def _ahead(known: ReleaseEvidence, line: Line, release: JudgedRelease) -> Requests:
    """Requests that have arrived since the evidence ends."""
    until = floor_hour(release.look.now - rollup.GRACE)
    since = known.until
    rolled = rollup.read_arrived(settings().home, line, since=since, until=max(since, until))
    rows, users = (
        _only(part, release.covers(part["epoch"].to_numpy(np.int64)))
        for part in (rolled.blocks, rolled.users)
    )
    # from the first live stage on the reference is fixed: thresholds must not move
    before = rows["block_start"] < floor_hour(release.first_live.at) + HOUR
    return Requests(
        rollup_arrays.traffic(_only(rows, rows["stage"].isin(LIVE)), rollup_arrays.PAIR),
        rollup_arrays.shadow_latency(_only(rows, before)),
        rollup_arrays.by_step(users, release.steps, release.moved),
    )


def _only(rows: pd.DataFrame, keep: Any) -> pd.DataFrame:  # booleans [N] of any kind
    """The rows to keep; a look at one hour mostly keeps all of them, which need not be copied."""
    return rows if keep.all() else rows[keep]


def _key(line: Line, release: JudgedRelease) -> str:
    look = release.look
    parts = [FORMAT, WIDTH, repr(line.policy), line.live_segments, line.maturity.total_seconds()]
    body = json.dumps([*parts, look.version, release.begun.epoch, look.has_champion])
    return hashlib.sha256(body.encode()).hexdigest()


def _begin(line: Line, release: JudgedRelease, key: str) -> ReleaseEvidence:
    """No evidence; users' history ends before anybody could see the candidate."""
    names = [amount_column(mean.name) for mean in line.policy.means]
    known = _nothing(line, release, key)
    start = known.until
    if names and line.policy.history_days:
        since = start - timedelta(days=line.policy.history_days)
        before = rollup.read(settings().home, line, since=since, until=start).users
        keys = rollup_arrays.keys_of(before)
        rows = user_table.summed(keys, before[["lists", *names]].to_numpy(np.float64))
        lists = np.maximum(rows.sums[:, :1], 1)
        return replace(known, history=UserSums(rows.keys, rows.sums[:, 1:] / lists / MICRO))
    return known


def _nothing(line: Line, release: JudgedRelease, key: str) -> ReleaseEvidence:
    """No evidence and no history."""
    means = len(line.policy.means)
    columns = 3 + 2 * means
    return ReleaseEvidence(
        key,
        floor_hour(release.begun.at) - HOUR,
        user_table.none(columns),
        user_table.none(means),
        np.zeros((columns + 2, columns + 2)),
        totals=(MeanTotals(),) * means,
        candidates=user_table.none(columns),
        candidate_squares=np.zeros((columns + 2, columns + 2)),
        amounts=UsersAmounts.none(means),
    )


def measured(known: ReleaseEvidence, line: Line, release: JudgedRelease) -> LiveMeasurements:
    """The look that gates judge: all of it in the past."""
    arrived = with_requests(known, _ahead(known, line, release), release, line.policy)
    return replace(
        release.look,
        past=known.past,
        reference_latency=known.reference,
        means=by_name(line.policy, known.totals),
        arrivals=rollup_arrays.arrivals(release.steps, arrived.seen, line.policy),
        arrived=Arrived(past=arrived.past, reference_latency=arrived.reference),
    )
