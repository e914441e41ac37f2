"""LeakKind.LOOK_AHEAD: means of the label per category that hold the row's own label, or later ones."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from slipway.audit.digest import mix
from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.order import places
from slipway.audit.table import Prepared, index_of
from slipway.audit.thresholds import ENCODINGS_ALIKE, ENCODINGS_TREND
from slipway.domain.leak import LeakKind
from slipway.stats.target_encoding import FEWEST_GROUPS, History, share_of_noise

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


ALL_ROWS = ""
ASK = "Which rows is this mean computed from? Only labels known before the row's time may count."


@dataclass(frozen=True, slots=True)
class EncodedEntity:
    """A way to group the rows: their codes ``group`` int64[n] and labels; ``early`` marks training rows.

    ``rows`` int64[m] of some groups, in time order within each, have a ``history``; ``middle`` [m] is the place
    among them of the row in the middle of each row's group. ``early`` is None where no split is known.
    """

    name: str
    group: Codes
    label: Floats
    early: NDArray[np.bool_] | None
    rows: Codes
    middle: Codes
    history: History

    @property
    def said(self) -> str:
        """How it reads after "within"."""
        return self.name or "the whole table"


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """The worst finding of each numeric column over all ways to group the rows."""
    names = [
        n
        for n in table.values
        if n in table.coded and table.kinds[n] == "number" and _fine(table, n)
    ]
    worst: dict[str, Finding] = {}
    most = min(knobs.entities, knobs.histories // max(len(names), 1))
    for entity in _entities(table, most, knobs) if names else ():
        for name in names:
            found = _look(name, table.values[name], entity, knobs) if name != entity.name else None
            if found and (name not in worst or found.worse_than(worst[name])):
                worst[name] = found
    return list(worst.values())


def _fine(table: Prepared, name: str) -> bool:
    few = 4  # missing and three values
    known = np.isfinite(table.values[name])
    return table.coded[name].size > few and known.mean() > 1 / 2


def _label(table: Prepared) -> Floats:
    if table.label_values is not None and len(table.design.targets) > 1:
        return table.label_values
    return table.design.targets[0].yes.astype(float)


def _entities(table: Prepared, most: int, knobs: Knobs) -> Iterator[EncodedEntity]:
    """Groups by word, by repeated whole number, by ``--group``, and all rows as one group."""
    codes: dict[str, Codes] = {}
    for name in table.coded:
        if name in table.words:
            codes[name] = index_of(table.words[name]).astype(np.int64) + 1
        elif table.kinds[name] == "number" and _whole(table.values[name]):
            codes[name] = np.unique(table.values[name], return_inverse=True)[1].astype(np.int64)
    if table.group is not None:
        codes[table.group_name] = table.group
    fine = [name for name, code in codes.items() if _repeats(code)]
    place = places(table, knobs)
    yield _entity(ALL_ROWS, np.zeros(table.rows, dtype=np.int64), table, place, knobs)
    for name in fine[:most]:
        yield _entity(name, codes[name], table, place, knobs)


def _entity(name: str, code: Codes, table: Prepared, place: Codes, knobs: Knobs) -> EncodedEntity:
    time = place if table.time is None else table.time
    rows = np.flatnonzero(_some_groups(code, knobs.entity_rows)[code])
    rows = rows[np.argsort(time[rows], kind="stable")][-knobs.entity_rows :]
    rows = rows[np.lexsort((place[rows], time[rows], code[rows]))]
    label = _label(table)
    _, group = np.unique(code[rows], return_inverse=True)
    edge = np.searchsorted(group, np.arange(group[-1] + 2))
    middle = ((edge[:-1] + edge[1:]) // 2)[group]
    early = None if table.late is None else ~table.late
    return EncodedEntity(name, code, label, early, rows, middle, History(label[rows], group))


def _some_groups(code: Codes, most_rows: int) -> NDArray[np.bool_]:
    """As many groups, drawn by their digest, as hold ``most_rows`` rows; at least one."""
    n = np.bincount(code)
    drawn = np.argsort(mix(np.arange(len(n), dtype=np.uint64)))
    drawn = drawn[n[drawn] > 0]
    kept = np.zeros(len(n), dtype=bool)
    kept[drawn[: max(1, int(np.searchsorted(np.cumsum(n[drawn]), most_rows, side="right")))]] = True
    return kept


def _whole(values: Floats) -> bool:
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _repeats(code: Codes) -> bool:
    """At least eight groups, and most rows share theirs."""
    n = np.bincount(code)
    return bool(np.count_nonzero(n) >= FEWEST_GROUPS and n[n > 1].sum() > len(code) / 2)


def _look(name: str, values: Floats, entity: EncodedEntity, knobs: Knobs) -> Finding | None:
    x = values[entity.rows]
    steady = float(np.mean(x == x[entity.middle]))
    if steady < knobs.encoding_steady or _alike(x) > ENCODINGS_ALIKE:
        return _echo(name, x, entity, knobs)
    return _mean_of_rows(name, values, entity, knobs) if entity.name else None


def _alike(x: Floats) -> float:
    """Chance of two rows to hold one value."""
    _, shown = np.unique(x, return_counts=True)
    return float(np.sum((shown / len(x)) ** 2))


def _mean_of_rows(name: str, x: Floats, entity: EncodedEntity, knobs: Knobs) -> Finding | None:
    parts = {"all rows of the table": np.isfinite(x)}
    if entity.early is not None:
        parts["the training rows themselves"] = np.isfinite(x) & entity.early
    for said, part in parts.items():
        noise = share_of_noise(x[part], entity.group[part], entity.label[part])
        if noise < knobs.encoding_noise:
            grade = Grade.LEAK if noise < knobs.encoding_leak else Grade.SUSPECT
            return Finding(
                name,
                LeakKind.LOOK_AHEAD,
                grade,
                1 - noise,
                f"it is the label's mean per {entity.name}, computed from {said}: it lies only"
                f" {noise:.1%} of the sampling noise away from it, so each row's own label is in it",
                ASK,
                {"noise": noise},
            )
    return None


def _runs_on(x: Floats) -> bool:
    """Whether a series rises or falls all along: any other series that does seems to explain it."""
    known = np.isfinite(x)
    rank = rankdata(x[known])
    return abs(float(np.corrcoef(rank, np.arange(len(rank)))[0, 1])) >= ENCODINGS_TREND


def _echo(name: str, x: Floats, entity: EncodedEntity, knobs: Knobs) -> Finding | None:
    found = entity.history.echo(x)
    if found.steps < knobs.echo_steps:
        return None
    own = abs(found.own) - abs(found.previous) - knobs.z_power / math.sqrt(found.steps)
    if entity.name and found.against <= -knobs.echo_against:
        grade, strength = Grade.LEAK, -found.against
        said = (
            "it lies the lower the higher the row's own label is, exactly as the label's mean of all the"
            " other rows, later ones among them"
        )
    elif found.ahead >= knobs.echo_ahead and not (entity.name == ALL_ROWS and _runs_on(x)):
        grade = Grade.LEAK if found.ahead >= knobs.echo_leak else Grade.SUSPECT
        strength, said = (
            found.ahead,
            (
                f"later labels explain {found.ahead:.0%} of what the row's own and earlier ones leave open"
            ),
        )
    elif own >= knobs.echo_own:
        grade = Grade.LEAK if own >= knobs.echo_leak else Grade.SUSPECT
        strength, said = (
            own,
            (
                f"its step into a row goes with the row's own label ({found.own:.2f}), not with that of"
                f" the row before ({found.previous:.2f})"
            ),
        )
    else:
        return None
    numbers = found._asdict()
    return Finding(
        name, LeakKind.LOOK_AHEAD, grade, strength, f"within {entity.said}, {said}", ASK, numbers
    )
