"""Requests of a release as they arrive, hour by hour: errors, latency and who came wait for no outcome."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slipway.data import rollup
from slipway.domain.line import Line
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.release import Arm, Transition
from slipway.domain.stage import Stage
from slipway.gates.fold import fold_requests
from slipway.settings import settings
from slipway.stats import keyed
from slipway.stats.keyed import Keys
from slipway.steps import tables
from slipway.steps.book import Requests

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE = tuple(stage.value for stage in Stage if stage.is_live)


def begun(own: Sequence[Transition]) -> Transition:
    """The step that began the release: its shadow, or its first where it had none."""
    return next((t for t in own if t.to_stage is Stage.SHADOW), own[0])


def read_requests(
    known: Requests, line: Line, own: Sequence[Transition], blank: LiveMeasurements, until: datetime
) -> Requests:
    """Requests with those of the next day in it, but of none from ``until`` on."""
    until = min(until, known.until + DAY)
    if known.until >= until:
        return known
    rolled = rollup.read_arrived(settings().home, line, since=known.until, until=until)
    epoch = begun(own).epoch
    blocks = only(rolled.blocks, rolled.blocks["epoch"] >= epoch)
    users = only(rolled.users, rolled.users["epoch"] >= epoch)
    while known.until < until:
        ends = known.until + HOUR
        rows = only(blocks, blocks["block_start"].between(known.until, ends, inclusive="left"))
        here = only(users, users["hour"] == known.until)
        known = _enter_requests(known, line, own, blank, rows, here)
    return known


def _enter_requests(  # noqa: PLR0917 - one hour of one release, in the order it is told
    known: Requests,
    line: Line,
    own: Sequence[Transition],
    blank: LiveMeasurements,
    blocks: pd.DataFrame,
    users: pd.DataFrame,
) -> Requests:
    """Requests with the next hour in it."""
    first = next(t for t in own if t.to_stage.is_live)
    reference = known.reference
    if known.until <= first.at:  # then it is fixed: thresholds must not move
        reference = reference + tables.answers_of(blocks, Arm.CHAMPION, Stage.SHADOW.value)
    live = only(blocks, blocks["stage"].isin(LIVE))
    look = replace(
        blank,
        past=known.past,
        reference_latency=reference,
        traffic=tables.traffic(live, tables.PAIR),
    )
    return Requests(
        until=known.until + HOUR,
        past=fold_requests(look, line.policy),
        reference=reference,
        seen=_seen(known, own, users),
    )


def only(rows: pd.DataFrame, keep: Any) -> pd.DataFrame:  # noqa: ANN401 - booleans [N] of any kind
    """The rows to keep; a look at one hour mostly keeps all of them, which need not be copied."""
    return rows if keep.all() else rows[keep]


def _seen(
    known: Requests, own: Sequence[Transition], users: pd.DataFrame
) -> dict[tuple[int, str], Keys]:
    """Distinct users of each live stage; a stage holds until the version's next step."""
    arms, keys = [arm.value for arm in Arm], tables.keys_of(users)
    arm = tables.indices(users["arm"], {name: place for place, name in enumerate(arms)})
    place = np.searchsorted([t.epoch for t in own], users["epoch"], side="right") - 1
    live = np.array([t.to_stage.is_live for t in own])[place] & (arm >= 0)
    seen, of = dict(known.seen), place * len(arms) + arm
    for both in np.unique(of[live]).tolist():
        at, index = divmod(both, len(arms))
        before = seen.get((at, arms[index]), np.zeros(0, np.uint64))
        seen[at, arms[index]] = keyed.union(before, keys[of == both])
    return seen
