"""No user decides: of each user's day so many requests count as its caps allow, in every arm.

Caps follow from the control's own users (:class:`slipway.domain.user_cap.UserCap`), from the day before and
from this day as far as it has come, so that they are the same whenever somebody rolls up. What is cut are
whole requests, the later ones of a day: whether one counts follows from what came before it alone.
Most hours have nobody to cut: then nothing but a sum over users is asked. A request without a user's id
counts nowhere, for nobody knows whose it was.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slipway.data import engine, part_chain
from slipway.data.part_chain import PartChain, RollupPart
from slipway.data.schema import COUNTED, beyond
from slipway.data.times import HOUR
from slipway.domain.line import Line
from slipway.domain.release import Arm
from slipway.domain.user_cap import UserCap
from slipway.stats.user_cap import before_cap, usual

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Usual = Mapping[int, tuple[float, ...]]
"""What is usual in a day, by the day (since 1970)."""

WHO = ["arm", "user"]
_WHO_TYPE = pa.schema([(name, pa.string()) for name in WHO])
_REQUEST = [*WHO, "requested_at"]
_HOUR_US, _HOURS = 3_600_000_000, 24


_OF_REQUEST = {
    "trials": ibis._.count(),
    "successes": ibis._.succeeded.sum().cast("int64"),
    "requests": ibis._.requests.sum().cast("int64"),
    "errors": (ibis._.fallbacks + ibis._.shadow_errors).sum().cast("int64"),
}
"""Each count of one request, as the users' sums have it of all."""


class Earlier(NamedTuple):
    """What is known before a part: users of its day's earlier hours, and what was usual the day before.

    ``users`` has :data:`WHO`, each count, and what was beyond the caps of it.
    """

    users: pa.Table
    usual: Usual


class Bounded(NamedTuple):
    """The users' sums of what counts, and what is usual in each day of the part."""

    users: pa.Table
    usual: Usual


class _Part(NamedTuple):
    """Users K of a part, its hours H: ``code`` int64[N] and ``place`` int64[N] of each row of the sums.

    ``caps`` float64[H, C]; ``counted`` float64[K, C] is what counted of each in earlier hours of the
    first day; ``heavy`` bool[K] who may have reached a cap.
    """

    hours: Ints
    caps: Floats
    counted: Floats
    heavy: NDArray[np.bool_]
    code: Ints
    usual: Usual


def earlier(chain: PartChain, part: RollupPart, schema: pa.Schema) -> Earlier:
    """What is known before a part of ``chain``; ``schema`` is that of its users."""
    midnight = part.begin.replace(hour=0)
    wanted = pa.schema([f for f in schema if f.name in (*WHO, "hour", *COUNTED)])
    users = part_chain.columns(chain.between(midnight, part.begin), "users", wanted)
    before = chain.between(midnight - HOUR, midnight)
    usual_of = chain.usual(before[-1]) if before else {}
    return Earlier(part_chain.within("hour", users, midnight, part.begin), usual_of)


def bounded(
    con: engine.Backend,
    rows: engine.Table,
    ask: Callable[[engine.Table], engine.Table],
    counts: tuple[str, ...],
    before: Earlier,
    home: Path,
    line: Line,
) -> Bounded:
    """Users' sums within the caps; what is beyond them is taken out of ``rows``, which were kept.

    ``ask`` makes the sums, among them ``counts``, from rows.
    """
    fetch = partial(engine.fetch, con, home=home, line=line)
    users = fetch(ask(rows))
    part = _part(users, counts, before, line.policy)
    nothing = {beyond(name): pa.array(np.zeros(users.num_rows, np.int64)) for name in counts}
    whole = pa.table({**dict(zip(users.column_names, users.columns, strict=True)), **nothing})
    if not part.heavy.any():
        return Bounded(whole, part.usual)
    of_heavy = part.heavy[part.code]
    raw = users.filter(pa.array(of_heavy))
    who = ibis.memtable(raw.select(WHO).group_by(WHO).aggregate([]))
    theirs = engine.keep(con, rows.semi_join(who, WHO), home, line)
    requests = theirs.group_by(*_REQUEST, "hour")
    sums = requests.aggregate(**{name: _OF_REQUEST[name] for name in counts})
    dropped = _dropped(fetch(sums), raw.select(WHO), part, counts)
    if not dropped.num_rows:
        return Bounded(whole, part.usual)
    for table in (rows, theirs):
        engine.remove(con, table, dropped, _REQUEST)
    again = fetch(ask(theirs))
    kept = _beside(whole, raw, again, counts, np.flatnonzero(of_heavy))
    return Bounded(kept, part.usual)


def _part(users: pa.Table, counts: tuple[str, ...], earlier: Earlier, policy: UserCap) -> _Part:
    """Caps of each hour, and who may reach one: what a user had is at most what counted and is new."""
    both = [part.select(WHO).cast(_WHO_TYPE) for part in (earlier.users, users)]
    code, names = _codes(pa.concat_tables(both))
    old, code = np.split(code, [earlier.users.num_rows])
    hours, begins = np.unique(_hours(users["hour"]), return_index=True)  # ordered by the hour
    size = len(names.control)
    counted = _summed(old, _matrix(earlier.users, counts), size)
    had = counted + _summed(old, _matrix(earlier.users, [beyond(n) for n in counts]), size)
    new, at_most = _matrix(users, counts), counted.copy()
    came = names.control & (had[:, 0] > 0)
    known, caps, heavy = dict(earlier.usual), [], names.unnamed.copy()
    for at, hour in enumerate(hours):
        day = int(hour) // _HOURS
        if at and day != int(hours[at - 1]) // _HOURS:
            for of_day in (had, at_most, came):
                of_day.fill(0)
        here = slice(begins[at], begins[at + 1] if at + 1 < len(hours) else None)
        who, place = np.unique(code[here], return_inverse=True)
        more = _summed(place, new[here], len(who))
        had[who] += more
        at_most[who] += more
        came[who] = names.control[who] & (had[who, 0] > 0)
        if (today := usual(had[came], policy.user_cap_quantile)) is not None:
            known[day] = today
        cap = policy.cap(known.get(day - 1), today)
        caps.append(np.full(len(counts), np.inf) if cap is None else np.asarray(cap))
        heavy[who] |= (more[:, 0] > 0) & (at_most[who] >= caps[-1]).any(axis=1)
    of_part = {day: of for day, of in known.items() if day in {int(h) // _HOURS for h in hours}}
    return _Part(hours, np.reshape(caps, (-1, len(counts))), counted, heavy, code, of_part)


class _Whose(NamedTuple):
    """Of each code: whether it is a user of the control, and whether it has no id."""

    control: NDArray[np.bool_]
    unnamed: NDArray[np.bool_]


def _codes(who: pa.Table) -> tuple[Ints, _Whose]:
    """A number for each arm and user of rows [N]: int64[N], and what the numbers stand for."""
    arm, user = (who[name].combine_chunks().dictionary_encode() for name in WHO)
    arms, size = arm.dictionary.to_pylist(), len(user.dictionary)
    code = arm.indices.to_numpy().astype(np.int64) * size + user.indices.to_numpy()
    empty = pc.equal(user.dictionary, "").to_numpy(zero_copy_only=False)
    control = np.repeat([name == Arm.CHAMPION.value for name in arms], size)
    return code, _Whose(control.astype(bool), np.tile(empty, len(arms)).astype(bool))


def _summed(code: Ints, values: Floats, size: int) -> Floats:
    """Rows [N, C] added up by their code: float64[size, C]."""
    columns = [np.bincount(code, column, size) for column in values.T]
    return np.stack(columns, axis=1).astype(np.float64)


def _matrix(table: pa.Table, names: list[str] | tuple[str, ...]) -> Floats:
    columns = [table[name].to_numpy().astype(np.float64) for name in names]
    return np.stack(columns, axis=1).reshape(-1, len(names))


def _hours(times: pa.ChunkedArray) -> Ints:
    hours: Ints = times.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy() // _HOUR_US
    return hours


def _dropped(requests: pa.Table, raw: pa.Table, part: _Part, counts: tuple[str, ...]) -> pa.Table:
    """The requests that come after their user has reached a cap: the columns of ``_REQUEST``."""
    of_rows = part.code[part.heavy[part.code]]
    keys = (
        pa.table({**{n: raw[n] for n in WHO}, "code": of_rows})
        .group_by([*WHO, "code"])
        .aggregate([])
    )
    found = requests.join(keys, WHO).to_pandas().sort_values(["code", "requested_at"])
    code, who = np.unique(found["code"].to_numpy(), return_inverse=True)
    values = found[list(counts)].to_numpy(np.float64)
    hours = _hours(pa.chunked_array([pa.array(found["hour"], pa.timestamp("us", "UTC"))]))
    unnamed = (found["user"] == "").to_numpy()
    so_far, kept = part.counted[code], np.zeros(len(found), bool)
    for at, hour in enumerate(part.hours):
        if at and hour // _HOURS != part.hours[at - 1] // _HOURS:
            so_far = np.zeros_like(so_far)
        here = hours == hour
        if not here.any():
            continue
        kept[here] = before_cap(who[here], values[here], so_far, part.caps[at]) & ~unnamed[here]
        so_far = so_far + _summed(who[here][kept[here]], values[here][kept[here]], len(so_far))
    rest = found[~kept][_REQUEST]
    return pa.Table.from_pandas(rest, requests.select(_REQUEST).schema, preserve_index=False)


def _beside(
    whole: pa.Table, raw: pa.Table, again: pa.Table, counts: tuple[str, ...], place: Ints
) -> pa.Table:
    """``whole`` with the sums ``again`` of what counts of heavy users in the rows ``place``.

    Beside them stands what was beyond the caps; what counts of who has no more rows is 0.
    """
    values = [name for name in raw.column_names if pa.types.is_int64(raw.schema.field(name).type)]
    keys = [name for name in raw.column_names if name not in values]
    before, after = (part.to_pandas().set_index(keys)[values] for part in (raw, again))
    after = after.reindex(before.index, fill_value=0)
    for name in counts:
        after[beyond(name)] = before[name] - after[name]
    columns = dict(zip(whole.column_names, whole.columns, strict=True))
    for name in after.columns:
        column = columns[name].to_numpy().copy()
        column[place] = after[name].to_numpy()
        columns[name] = pa.array(column)
    return pa.table(columns)
