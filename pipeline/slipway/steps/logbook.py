"""The evidence of one release, kept between looks: a look costs the hours that are new.

Hours are entered one by one in the order of time, so the sums depend on the rollups alone and never
on when somebody looked. Whatever is missing, damaged or written under another policy is made anew
from the rollups.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.data.parts import floor_hour
from slipway.data.schema import MICRO, amount_column
from slipway.domain.line import Line
from slipway.domain.measurement import Arrived, LiveMeasurements, MeanTotals
from slipway.domain.release import Arm, Transition
from slipway.domain.stage import Stage
from slipway.gates.fold import fold
from slipway.settings import settings
from slipway.stats import keyed
from slipway.stats.keyed import Keyed
from slipway.stats.ratio_sums import WIDTH
from slipway.steps import amounts, tables
from slipway.steps.arrived_update import DAY, HOUR, LIVE, begun, only, read_requests
from slipway.steps.book import Logbook, Requests, load, save
from slipway.steps.tables import Came, keys_of

FORMAT = 4
HOUR_S = 3600
CONTROL, CANDIDATE = tables.PAIR.values()


def up_to_date(line: Line, own: Sequence[Transition], blank: LiveMeasurements) -> Logbook:
    """The release's logbook with every hour of the rollups; ``own`` are the version's transitions.

    ``blank`` is the look that is being taken, without blocks. A logbook that is made anew is read a
    day at a time and kept after each: the memory is bounded, and who is killed goes on from there.
    """
    key = _key(line, own, blank)
    book, home = load(line, blank.version, key) or _begin(line, begun(own), key), settings().home
    known = floor_hour(blank.now - line.maturity)
    known = min(rollup.matured(home, line).end or book.until, known)
    came = floor_hour(blank.now - rollup.GRACE)
    came = min(rollup.arrived(home, line).end or book.until, came)
    while book.until < known or book.requests.until < came:
        book = _read_on(book, line, own, blank, min(known, book.until + DAY))
        arrived = read_requests(book.requests, line, own, blank, came)
        book = replace(book, requests=arrived)
        save(line, blank.version, book)
    return book


def _read_on(
    book: Logbook, line: Line, own: Sequence[Transition], blank: LiveMeasurements, until: datetime
) -> Logbook:
    """The logbook with every hour before ``until`` in it, outcomes included."""
    if book.until >= until:
        return book
    rolled = rollup.read(settings().home, line, since=book.until, until=until, hourly=True)
    epoch = begun(own).epoch
    judged = {"all", *line.live_segments}
    named = [name for name in rolled.blocks["segment"].unique() if name.split("=")[0] in judged]
    wanted = rolled.blocks["segment"].isin(named) & (rolled.blocks["epoch"] >= epoch)
    blocks, users = only(rolled.blocks, wanted), tables.came(rolled.users, line.policy.means)
    begins = blocks["block_start"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    users = users.among(users.epoch >= epoch)
    while book.until < until:
        at = int(book.until.timestamp())
        rows = only(blocks, (at <= begins) & (begins < at + HOUR_S))
        book = _enter(book, line, own, blank, rows, users.among(users.hour_s == at))
    return book


def _key(line: Line, own: Sequence[Transition], blank: LiveMeasurements) -> str:
    parts = [FORMAT, WIDTH, repr(line.policy), line.live_segments, line.maturity.total_seconds()]
    body = json.dumps([*parts, blank.version, begun(own).epoch, blank.has_champion])
    return hashlib.sha256(body.encode()).hexdigest()


def _begin(line: Line, first: Transition, key: str) -> Logbook:
    """An empty logbook; users' history ends before anybody could see the candidate."""
    names = [amount_column(mean.name) for mean in line.policy.means]
    start = floor_hour(first.at) - HOUR
    history = keyed.none(len(names))
    if names and line.policy.history_days:
        since = start - timedelta(days=line.policy.history_days)
        before = rollup.read(settings().home, line, since=since, until=start).users
        rows = keyed.summed(keys_of(before), before[["lists", *names]].to_numpy(np.float64))
        lists = np.maximum(rows.sums[:, :1], 1)
        history = Keyed(rows.keys, rows.sums[:, 1:] / lists / MICRO)
    columns = 3 + 2 * len(names)
    return Logbook(
        key,
        start,
        keyed.none(columns),
        history,
        np.zeros((columns + 2, columns + 2)),
        Requests(start),
        totals=(MeanTotals(),) * len(names),
    )


def _enter(  # noqa: PLR0917 - one hour of one release, in the order it is told
    book: Logbook,
    line: Line,
    own: Sequence[Transition],
    blank: LiveMeasurements,
    blocks: pd.DataFrame,
    users: Came,
) -> Logbook:
    """The logbook with its next hour in it."""
    first = next(t for t in own if t.to_stage.is_live)
    reference = book.reference
    if book.until <= first.at:  # then it is fixed: thresholds must not move
        reference = reference + tables.answers_of(blocks, Arm.CHAMPION, Stage.SHADOW.value)
    pair = (users.arm == CONTROL) | (users.arm == CANDIDATE)
    exposed = users.among(pair & (users.epoch >= first.epoch))
    totals, away = amounts.entered(book.totals, book.history, exposed)
    new = _control(users, away)
    squares = book.squares + amounts.squares_of(book.users, new)
    of_users, totals = amounts.spread(squares, totals)
    live = only(blocks, blocks["stage"].isin(LIVE))
    look = replace(
        blank,
        past=replace(book.past, users=of_users),
        reference_latency=reference,
        means=_named(line, totals),
        traffic=tables.traffic(live, tables.PAIR),
        **tables.clicks(_with_rules(live, blank), tables.ARM_PLACES),
    )
    return replace(
        book,
        until=book.until + HOUR,
        users=keyed.add(book.users, new),
        squares=squares,
        past=fold(look, line.policy),
        reference=reference,
        totals=totals,
    )


def _control(users: Came, away: Keyed) -> Keyed:
    """Trials and successes of the hour's control users, then the columns of ``away``."""
    control = users.arm == CONTROL
    keys, shown = keyed.summed(users.key[control], users.counts[control, :2])
    sums = np.pad(shown, ((0, 0), (0, away.sums.shape[1])))
    sums[np.searchsorted(keys, away.keys), 2:] = away.sums  # who was exposed is a control user, too
    return Keyed(keys, sums)


def measured(
    book: Logbook, line: Line, own: Sequence[Transition], blank: LiveMeasurements
) -> LiveMeasurements:
    """The look that gates judge: all of it in the past."""
    requests = book.requests
    return replace(
        blank,
        past=book.past,
        reference_latency=book.reference,
        means=_named(line, book.totals),
        arrivals=tables.arrivals(own, requests.came(), line.policy),
        arrived=Arrived(past=requests.past, reference_latency=requests.reference),
    )


def _named(line: Line, totals: Sequence[MeanTotals]) -> dict[str, MeanTotals]:
    return {mean.name: part for mean, part in zip(line.policy.means, totals, strict=True)}


def _with_rules(live: pd.DataFrame, blank: LiveMeasurements) -> pd.DataFrame:
    """In a first release the rules answer in the champion's arm as well."""
    if blank.has_champion:
        return live
    ruled = live[live["arm"] == Arm.CHAMPION.value]
    return pd.concat([live, ruled.assign(arm=Arm.RULES.value)])
