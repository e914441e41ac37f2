"""What the log holds of a line's loop: explored lists of a week, what each arm showed, and a candidate's places."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from slipway.data import engine, labels, once
from slipway.domain.line import Line, Listed
from slipway.domain.release import Arm
from slipway.monitoring.loop_weeks import ArmShown, ExploredLists
from slipway.stats import examination
from slipway.stats.click_cells import ClickCells, RankedRows, counted
from slipway.stats.exploration import counts_by_cell, effective_shown
from slipway.stats.ways_to_explore import Exploration

Array = npt.NDArray[np.float64]

PARTS = 10
"""Parts of the users by which the noise of a week is known."""
BUCKETS = 50
"""Buckets of users that a candidate's value is jackknifed over."""
FEWEST_CLICKS = 200
"""Explored clicks below which the usual looks of places stand."""
MOST_OFFERED = 20
"""Different numbers of offered items that are told apart exactly."""
_ROUNDS = 60
_ALL = "all"


class LogWeek(NamedTuple):
    """A week of a log: explored lists with the names of their codes, and what arms showed of ``items``.

    ``offered`` is how many items the middle explored list was chosen from.
    """

    lists: ExploredLists
    segments: tuple[str, ...]
    items: tuple[str, ...]
    theta: Array
    arms: dict[str, ArmShown]
    version: str
    offered: int
    requests: float


def read_week(home: Path, line: Line, begin: datetime, end: datetime) -> LogWeek:
    """The rows requested in ``[begin, end)`` with what came of them; raises BadInput for a log that cannot be read."""
    con = engine.connect()
    try:
        window = {"requested_from": begin, "requested_to": end}
        cut = end + line.maturity + engine.TICK
        rows = engine.exposures(con, home, line, arrived_before=cut, **window)
        kept = engine.keep(con, once.exposures(con, rows, home, line), home, line)
        shown = engine.fetch(con, _shown(kept), home, line)
        explored = kept.filter(kept.arm == Arm.EXPLORE.value)
        explored = labels.labelled_by(con, home, line, line.primary, explored, cut=cut, **window)
        group = line.exposure.group_of
        columns = [
            "request_id",
            "user",
            "item",
            "position",
            "score",
            "propensity",
            "items_offered",
            "model_position",
            line.label.name,
        ]
        found = explored.select(*columns, *([group] if group else []))
        table = engine.fetch(con, found.order_by("request_id", "position"), home, line)
        versions = kept.filter(kept.arm == Arm.CHAMPION.value).order_by(kept.requested_at.desc())
        newest = engine.fetch(con, versions.select("version").limit(1), home, line)
    finally:
        con.disconnect()
    version = str(newest["version"][0]) if newest.num_rows else ""
    return _week(line, table, shown, version)


def _shown(rows: engine.Table) -> engine.Table:
    """Exposures by arm, user and item."""
    part = rows.user.hash().abs() % PARTS
    keyed = rows.select("arm", "user", "item", part=part)
    return keyed.group_by("arm", "user", "item", "part").aggregate(shown=ibis._.count())


def _week(line: Line, explored: pa.Table, shown: pa.Table, version: str) -> LogWeek:
    items, item = _codes(
        pa.chunked_array([*shown["item"].chunks, *explored["item"].chunks], pa.string())
    )
    group = line.exposure.group_of
    names, segment = _codes(explored[group]) if group else ((_ALL,), np.zeros(len(explored), int))
    theta = _theta(line, explored)
    arm = np.asarray(shown["arm"].to_pylist(), object)
    arms = {}
    for each in (Arm.CHAMPION, Arm.RULES, Arm.EXPLORE):
        of_arm = np.flatnonzero(arm == each.value)
        if len(of_arm):
            arms[each.value] = _arm(shown.take(of_arm), item[: len(shown)][of_arm], len(items))
    lists = _lists(line, explored, segment, item[len(shown) :], theta)
    requests = float(np.sum(shown["shown"].to_numpy())) / line.list_length
    offered = _offered(line, explored, len(items))
    return LogWeek(lists, names, items, theta, arms, version, offered, requests)


def _codes(column: pa.ChunkedArray | pa.Array) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Names in sorted order and the code of each row; a missing value is a name of its own."""
    values = np.array([str(v) for v in column.to_pylist()], object)
    names, code = np.unique(values, return_inverse=True)
    return tuple(names.tolist()), code.astype(np.int64)


def _theta(line: Line, explored: pa.Table) -> Array:
    """Looks of places from the week's explored clicks; the usual ones where there are too few."""
    length = line.list_length
    clicked = explored[line.label.name].to_numpy().astype(np.float64)
    if clicked.sum() < FEWEST_CLICKS:
        return examination.usual(length)
    ranked = np.nan_to_num(explored["model_position"].to_numpy().astype(np.float64)).astype(int)
    place = ranked if line.exposure.slot_only else np.zeros(len(explored), int)
    position = np.minimum(explored["position"].to_numpy().astype(int), length)
    shown = counts_by_cell(place, position, np.ones(len(place)), length)
    clicks = counts_by_cell(place, position, clicked, length)
    return examination.of_places(*effective_shown(shown, clicks, _ROUNDS))


def _offered(line: Line, explored: pa.Table, items: int) -> int:
    """How many items a list is chosen from; older logs of shuffled lists say it by their propensity."""
    known = explored["items_offered"].drop_null().to_numpy()
    if len(known):
        return round(float(np.median(known)))
    if line.exposure.slot_only or not len(explored):
        return items
    return round(1 / float(np.median(explored["propensity"].to_numpy())))


def _arm(shown: pa.Table, item: npt.NDArray[np.int64], items: int) -> ArmShown:
    count = shown["shown"].to_numpy().astype(np.float64)
    cell = shown["part"].to_numpy().astype(int) * items + item
    parts = np.bincount(cell, weights=count, minlength=PARTS * items).astype(np.float64)
    _, user = np.unique(np.asarray(shown["user"].to_pylist(), object), return_inverse=True)
    total = np.bincount(user, weights=count)
    share = count / total[user]
    entropies = np.bincount(user, weights=-share * np.log(share)).astype(np.float64)
    return ArmShown(parts.reshape(PARTS, items), entropies)


def _lists(
    line: Line,
    explored: pa.Table,
    segment: npt.NDArray[np.int64],
    item: npt.NDArray[np.int64],
    theta: Array,
) -> ExploredLists:
    """Rows of requests side by side, [n, K]; places beyond a shorter list hold item -1."""
    length = line.list_length
    _, request = np.unique(
        np.asarray(explored["request_id"].to_pylist(), object), return_inverse=True
    )
    _, user = np.unique(np.asarray(explored["user"].to_pylist(), object), return_inverse=True)
    place = np.minimum(explored["position"].to_numpy().astype(int), length) - 1
    lists = int(request.max()) + 1 if len(request) else 0
    values = {
        "items": np.full((lists, length), -1),
        "scores": np.zeros((lists, length)),
        "clicked": np.zeros((lists, length)),
    }
    values["items"][request, place] = item
    values["scores"][request, place] = explored["score"].to_numpy()
    values["clicked"][request, place] = explored[line.label.name].to_numpy() > 0
    first = np.unique(request, return_index=True)[1]
    looked = np.broadcast_to(theta, (lists, length))
    return ExploredLists(
        segment[first], user[first], looked=looked, by_chance=not line.exposure.slot_only, **values
    )


def candidate_cells(
    home: Path, line: Line, begin: datetime, end: datetime
) -> tuple[ClickCells, str] | None:
    """Clicks by where champion and shadow rank what was shown, and the shadow's version; None without a shadow.

    Of the newest release alone: each candidate has an epoch of its own.
    """
    con = engine.connect()
    try:
        window = {"requested_from": begin, "requested_to": end}
        cut = end + line.maturity + engine.TICK
        rows = engine.exposures(con, home, line, arrived_before=cut, **window)
        rows = rows.filter(rows.shadow_position.notnull() & rows.model_position.notnull())
        rows = engine.keep(con, once.exposures(con, rows, home, line), home, line)
        newest = engine.fetch(con, rows.aggregate(epoch=rows.epoch.max()), home, line)
        epoch = newest["epoch"][0].as_py()
        if epoch is None:
            return None
        of_epoch = rows.filter(rows.epoch == epoch)
        named = engine.fetch(con, of_epoch.aggregate(v=of_epoch.shadow_version.max()), home, line)
        rows = labels.labelled_by(con, home, line, line.primary, of_epoch, cut=cut, **window)
        keyed = rows.select(
            bucket=rows.user.hash().abs() % BUCKETS,
            offered=rows.items_offered,
            explored=rows.arm == Arm.EXPLORE.value,
            champion=rows.model_position,
            candidate=rows.shadow_position,
            position=rows.position,
            came=(rows[line.label.name] > 0).cast("int64"),
        )
        keys = [name for name in keyed.columns if name != "came"]
        sums = keyed.group_by(*keys).aggregate(shown=ibis._.count(), clicks=keyed.came.sum())
        table = engine.fetch(con, sums, home, line)
    finally:
        con.disconnect()
    return _cells(line, table), str(named["v"][0].as_py())


def _cells(line: Line, sums: pa.Table) -> ClickCells:
    how = line.exposure.exploration if isinstance(line.exposure, Listed) else Exploration.SHUFFLED
    values = {name: sums[name].to_numpy(zero_copy_only=False) for name in sums.column_names}
    ints = {name: values[name].astype(np.int64) for name in RankedRows._fields if name in values}
    ints["offered"] = _binned(ints["offered"])
    rows = RankedRows(
        **ints | {"explored": values["explored"].astype(bool)},
        clicked=values["clicks"].astype(np.float64),
    )
    return counted(
        rows,
        BUCKETS,
        line.list_length,
        how,
        values["shown"].astype(np.float64),
    )


def _binned(offered: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of offered items, those of many different ones as the middle of their bin."""
    known = np.unique(offered)
    if len(known) <= MOST_OFFERED:
        return offered
    chosen = known[np.linspace(0, len(known) - 1, MOST_OFFERED).astype(int)]
    nearest = np.abs(offered[:, None] - chosen).argmin(axis=1)
    return np.asarray(chosen[nearest], np.int64)
