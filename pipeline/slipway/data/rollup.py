"""Hourly sums of the log, as far as each of two watermarks has come: what a look reads instead of it.

**arrived**: requests, errors, latencies, shadow scores and who came need no outcome. An hour of them
is summed once the log is sealed ``GRACE`` beyond its end; what arrives later is in no arrived sum.
**matured**: exposures with their outcomes. An hour of them is summed once every outcome that can still
count has arrived; a row that arrives later than the line's maturity after its request is in none.

Nobody asks for arrivals of an hour that has matured, so the arrived sums begin where the matured ones
end when the first of them is made.

So the sums do not depend on when they were made, and no row changes one that was committed
(:mod:`slipway.data.part_chain`). What is summed (segments, means, maturity) names the folder: a line
declared otherwise gets sums of its own, made again from the log, and no look ever mixes them.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa

from slipway.data import deliveries, engine, labels, log, once, part_chain, parts, sums, user_caps
from slipway.data.part_chain import PartChain, RollupPart
from slipway.data.schema import (
    ARRIVED_BLOCKS,
    ARRIVED_USERS,
    ROLLUP_BLOCKS,
    VISIT,
    rollup_users,
)
from slipway.data.set_aside import unread
from slipway.data.times import GRACE, HOUR, floor_hour
from slipway.domain.line import Line

__all__ = ["GRACE", "Rollup", "arrived", "matured", "read", "read_arrived", "update"]

PART_BYTES = 64 << 20
"""Bytes of the log that one part sums at most: bounds the memory of catching up, and what a look reads."""
LAYOUT, ARRIVED_LAYOUT = 3, 2
_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Rollup:
    """Sums of the time asked for; ``until`` is where the rolled-up time ends (None: no part yet).

    Matured: ``blocks`` has the columns of ``ROLLUP_BLOCKS``; requests, fallbacks, shadow counts and
    the histograms (int64[64] of ``LATENCY_EDGES_MS``) are in the rows of segment ``all`` only.
    ``users`` has trials and successes by arm, version, epoch and user. Arrived: the columns of
    ``ARRIVED_BLOCKS`` and ``ARRIVED_USERS``.
    """

    blocks: pd.DataFrame
    users: pd.DataFrame
    until: datetime | None


def matured(home: Path, line: Line) -> PartChain:
    """Where the sums with outcomes lie, of the line as it is declared now."""
    means = [
        (mean.name, mean.column, mean.per_list.value, *((mean.cap,) if mean.cap else ()))
        for mean in line.policy.means
    ]
    declared = repr((LAYOUT, line.segments, line.maturity, means, line.policy.caps_declared))
    digest = hashlib.sha256(declared.encode()).hexdigest()[:12]
    return PartChain(home / "rollups" / line.name / digest)


def arrived(home: Path, line: Line) -> PartChain:
    """Where the sums without outcomes lie; of what the line declares they depend on users' caps alone."""
    digest = hashlib.sha256(repr(line.policy.caps_declared).encode()).hexdigest()[:8]
    return PartChain(home / "rollups" / line.name / f"arrived-{ARRIVED_LAYOUT}-{digest}")


def update(home: Path, line: Line, *, now: datetime) -> datetime:
    """Roll up every hour that is complete; returns the time up to which the matured ones are done.

    Idempotent, and safe beside a neighbour doing the same. Rows written for hours before the first
    part (imported history) are not rolled up any more. Raises BadInput for an unreadable log.
    """
    log.recover_and_report(home, line)
    complete = log.complete_until(home, line, now)
    came, known = (floor_hour(complete - wait) for wait in (GRACE, line.maturity))
    first = matured(home, line).end or _first(home, line, line.maturity)
    try:
        while part := _next(home, line, matured(home, line), first, known):
            _roll_matured(home, line, part)
    finally:  # damage to the sums of one kind does not keep harm from being seen in the other
        done = matured(home, line).end
        begin = done or _first(home, line, GRACE)
        while part := _next(home, line, arrived(home, line), begin, came):
            _roll_arrived(home, line, part)
    return done or first or known


def _next(
    home: Path, line: Line, chain: PartChain, first: datetime | None, complete: datetime
) -> RollupPart | None:
    """The next part of ``chain``, from ``first`` on; None where nothing more is ``complete``."""
    begin = chain.end or first
    if begin is None or begin >= complete:
        return None
    return chain.part(begin, _reach(home, line, begin, complete))


def _first(home: Path, line: Line, wait: timedelta) -> datetime | None:
    """Where the first part begins; None while the log is empty.

    Parts of the log are named after arrivals: the first request may be as much older as it may wait.
    """
    every = parts.hours(home, line, parts.EXPOSURES_KIND, None, _EVER)
    first = next((hour for hour, _ in every), None)
    return floor_hour(first - wait) if first else None


def _reach(home: Path, line: Line, begin: datetime, complete: datetime) -> datetime:
    """Where a part that begins at ``begin`` ends: at ``complete``, or after an hour of many bytes."""
    read = 0
    for hour, folder in parts.hours(home, line, parts.EXPOSURES_KIND, begin, complete):
        if read > PART_BYTES:
            return max(hour, begin + HOUR)
        read += sum(path.stat().st_size for path in folder.glob("[!.]*.parquet"))
    return complete


def _roll_arrived(home: Path, line: Line, part: RollupPart) -> None:
    con = engine.connect()
    rows = engine.exposures(
        con,
        home,
        line,
        arrived_before=part.end + GRACE,
        requested_from=part.begin,
        requested_to=part.end,
    )
    requests = sums.timely_requests(rows, GRACE)
    kept, doubles = once.kept(con, requests, sums.of_requests, home, line, ("request_id",))
    chain = arrived(home, line)
    made = sums.arrived(con, kept, home, line, user_caps.earlier(chain, part, ARRIVED_USERS))
    wrong = deliveries.faults(con, home, line, part.begin, part.end)
    con.disconnect()
    tables, missing = {"blocks": made.blocks, "users": made.users}, _unread(home, line, part, GRACE)
    chain.commit(part, tables, missing, doubles=doubles, usual=made.usual, **wrong)


def _roll_matured(home: Path, line: Line, part: RollupPart) -> None:
    con = engine.connect()
    cut = part.end + line.maturity + engine.TICK
    window = {"requested_from": part.begin, "requested_to": part.end}
    rows = engine.exposures(con, home, line, arrived_before=cut, **window)

    def ask(single: engine.Table) -> engine.Table:
        found = labels.labelled_by(con, home, line, line.primary, single, cut=cut, **window)
        return sums.of_exposures(found, line)

    kept, doubles = once.kept(con, sums.timely_exposures(rows, line), ask, home, line)
    chain = matured(home, line)
    made = sums.matured(con, kept, home, line, user_caps.earlier(chain, part, rollup_users(line)))
    wrong = deliveries.faults(con, home, line, part.begin, part.end)
    con.disconnect()
    tables = {"blocks": made.blocks, "users": made.users}
    missing = _unread(home, line, part, line.maturity)
    chain.commit(part, tables, missing, doubles=doubles, usual=made.usual, **wrong)


def _unread(home: Path, line: Line, part: RollupPart, wait: timedelta) -> list[str]:
    """Names of the segments whose rows could have been in ``part``."""
    found = unread(home, line, part.begin, part.end + wait)
    return [segment.name for segment in found]


def read_arrived(home: Path, line: Line, since: datetime, until: datetime | None = None) -> Rollup:
    """Requests of blocks that begin in ``[since, until)``, and who came in the whole hours of it.

    Raises BadInput as :func:`read`.
    """
    chain, before = arrived(home, line), until or _EVER
    wanted = chain.between(since, before)
    blocks = part_chain.read(wanted, "blocks", ARRIVED_BLOCKS)
    users = part_chain.read(wanted, "users", ARRIVED_USERS)
    return Rollup(
        blocks=part_chain.within("block_start", blocks, since, before).to_pandas(),
        users=part_chain.within("hour", users, floor_hour(since), before).to_pandas(),
        until=chain.end,
    )


def read_requests(home: Path, line: Line, since: datetime) -> Rollup:
    """Requests of blocks from ``since`` on: the matured sums, and after them what has arrived.

    A row that came late is in the matured sums alone. Columns are those of :func:`read_arrived`,
    which names the errors.
    """
    known = read(home, line, since, hourly=True)
    ahead = read_arrived(home, line, max(since, known.until or since))
    whole = known.blocks[known.blocks["segment"] == "all"]
    return Rollup(
        blocks=pd.concat([whole[ARRIVED_BLOCKS.names], ahead.blocks]),
        users=pd.concat([part[[f.name for f in VISIT]] for part in (known.users, ahead.users)]),
        until=ahead.until,
    )


def read(
    home: Path,
    line: Line,
    since: datetime,
    until: datetime | None = None,
    *,
    hourly: bool = False,
) -> Rollup:
    """The matured sums of blocks that begin in ``[since, until)``; users by whole hours of it.

    With ``hourly`` users keep their hour, else it is summed over. Raises BadInput naming a part
    that cannot be read, that is missing, or that holds a time or row twice or impossible counts.
    """
    chain, before = matured(home, line), until or _EVER
    wanted = chain.between(since, before)
    schema = rollup_users(line)
    blocks = part_chain.within(
        "block_start", part_chain.read(wanted, "blocks", ROLLUP_BLOCKS), since, before
    )
    users = part_chain.within(
        "hour", part_chain.read(wanted, "users", schema), floor_hour(since), before
    )
    if not hourly:
        users = _over_hours(users)
    return Rollup(blocks=blocks.to_pandas(), users=users.to_pandas(), until=chain.end)


def _over_hours(hours: pa.Table) -> pa.Table:
    """Sums by arm, version, epoch and user, ordered by them."""
    keys = ["arm", "version", "epoch", "user"]
    sums = [name for name in hours.column_names if name not in (*keys, "hour")]
    users = hours.group_by(keys).aggregate([(name, "sum") for name in sums])
    return users.rename_columns([*keys, *sums]).sort_by([(key, "ascending") for key in keys])
