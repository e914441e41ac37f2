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
from typing import Any

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.data.parts import floor_hour
from slipway.data.schema import MICRO, amount_column
from slipway.domain.line import Line
from slipway.domain.measurement import LiveMeasurements, MeanTotals
from slipway.domain.release import Arm, Transition
from slipway.domain.stage import Stage
from slipway.gates.fold import fold
from slipway.settings import settings
from slipway.stats import keyed
from slipway.stats.keyed import Keyed, Keys
from slipway.stats.ratio_sums import WIDTH
from slipway.steps import amounts, tables
from slipway.steps.book import Logbook, load, save
from slipway.steps.tables import Came, keys_of

FORMAT = 3
HOUR, DAY, HOUR_S = timedelta(hours=1), timedelta(days=1), 3600
CONTROL, CANDIDATE = tables.PAIR.values()
LIVE = tuple(stage.value for stage in Stage if stage.is_live)


def up_to_date(line: Line, own: Sequence[Transition], blank: LiveMeasurements) -> Logbook:
    """The release's logbook with every hour of the rollups; ``own`` are the version's transitions.

    ``blank`` is the look that is being taken, without blocks. A logbook that is made anew is read a
    day at a time and kept after each: the memory is bounded, and who is killed goes on from there.
    """
    key = _key(line, own, blank)
    book = load(line, blank.version, key) or _begin(line, _begun(own), key)
    mature = floor_hour(blank.now - line.maturity)
    until = min(rollup.end(settings().home, line) or book.until, mature)
    while book.until < until:
        book = _read_on(book, line, own, blank, min(until, book.until + DAY))
        save(line, blank.version, book)
    return book


def _begun(own: Sequence[Transition]) -> Transition:
    return next((t for t in own if t.to_stage is Stage.SHADOW), own[0])


def _read_on(
    book: Logbook, line: Line, own: Sequence[Transition], blank: LiveMeasurements, until: datetime
) -> Logbook:
    """The logbook with every hour before ``until`` in it."""
    rolled = rollup.read(settings().home, line, since=book.until, until=until, hourly=True)
    epoch = _begun(own).epoch
    judged = {"all", *line.live_segments}
    named = [name for name in rolled.blocks["segment"].unique() if name.split("=")[0] in judged]
    wanted = rolled.blocks["segment"].isin(named) & (rolled.blocks["epoch"] >= epoch)
    blocks, users = _only(rolled.blocks, wanted), tables.came(rolled.users, line.policy.means)
    begins = blocks["block_start"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    users = users.among(users.epoch >= epoch)
    while book.until < until:
        at = int(book.until.timestamp())
        rows = _only(blocks, (at <= begins) & (begins < at + HOUR_S))
        book = _enter(book, line, own, blank, rows, users.among(users.hour_s == at))
    return book


def _only(rows: pd.DataFrame, keep: Any) -> pd.DataFrame:  # noqa: ANN401 - booleans [N] of any kind
    """The rows to keep; a look at one hour mostly keeps all of them, which need not be copied."""
    return rows if keep.all() else rows[keep]


def _key(line: Line, own: Sequence[Transition], blank: LiveMeasurements) -> str:
    parts = [FORMAT, WIDTH, repr(line.policy), line.live_segments, line.maturity.total_seconds()]
    body = json.dumps([*parts, blank.version, _begun(own).epoch, blank.has_champion])
    return hashlib.sha256(body.encode()).hexdigest()


def _begin(line: Line, begun: Transition, key: str) -> Logbook:
    """An empty logbook; users' history ends before anybody could see the candidate."""
    names = [amount_column(mean.name) for mean in line.policy.means]
    start = floor_hour(begun.at) - HOUR
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
    live = _only(blocks, blocks["stage"].isin(LIVE))
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
        seen=_seen(book, own, users),
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
    return replace(
        blank,
        past=book.past,
        reference_latency=book.reference,
        means=_named(line, book.totals),
        arrivals=tables.arrivals(own, book.came(), line.policy),
    )


def _named(line: Line, totals: Sequence[MeanTotals]) -> dict[str, MeanTotals]:
    return {mean.name: part for mean, part in zip(line.policy.means, totals, strict=True)}


def _with_rules(live: pd.DataFrame, blank: LiveMeasurements) -> pd.DataFrame:
    """In a first release the rules answer in the champion's arm as well."""
    if blank.has_champion:
        return live
    ruled = live[live["arm"] == Arm.CHAMPION.value]
    return pd.concat([live, ruled.assign(arm=Arm.RULES.value)])


def _seen(book: Logbook, own: Sequence[Transition], users: Came) -> dict[tuple[int, str], Keys]:
    """Distinct users of each live stage; a stage holds until the version's next step."""
    place = np.searchsorted([t.epoch for t in own], users.epoch, side="right") - 1
    live = np.array([t.to_stage.is_live for t in own])[place] & (users.arm >= 0)
    seen, arms = dict(book.seen), [arm.value for arm in Arm]
    of = place * len(arms) + users.arm
    for both in np.unique(of[live]).tolist():
        at, arm = divmod(both, len(arms))
        known = seen.get((at, arms[arm]), np.zeros(0, np.uint64))
        seen[at, arms[arm]] = keyed.union(known, users.key[of == both])
    return seen
