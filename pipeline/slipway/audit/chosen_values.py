"""LeakKind.PROXY: a column that repeats another one where the label is of one class: the value of what was chosen."""

from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    CHOSEN_VALUES_ELSEWHERE,
    CHOSEN_VALUES_FEWEST,
    CHOSEN_VALUES_KINDS,
    CHOSEN_VALUES_MOST,
    CHOSEN_VALUES_RIGHT,
    CHOSEN_VALUES_ROWS,
)
from slipway.domain.leak import LeakKind

ASK = "Is it the price, the score or the time of what was chosen? Then it is known only with the choice."


class ChosenValue(NamedTuple):
    """Column ``name`` equals ``other`` where ``target`` is yes, in ``rows`` rows; ``only`` where it hardly does elsewhere."""

    name: str
    other: str
    target: str
    rows: int
    only: bool


def judge(table: Prepared, _knobs: Knobs) -> list[Finding]:
    """LEAK for what repeats another column in each of several classes; of a single pair either may be it: SUSPECT."""
    found: dict[str, list[ChosenValue]] = {}
    for pair in _pairs(table):
        found.setdefault(pair.name, []).append(pair)
    only = {name: [p for p in pairs if p.only] for name, pairs in found.items()}
    hubs = {
        name for name, pairs in only.items() if pairs and len({p.other for p in found[name]}) > 1
    }
    return [
        _finding(name, pairs, is_sure=name in hubs)
        for name, pairs in only.items()
        if name in hubs or (pairs and not any(p.other in hubs for p in pairs))
    ]


def _pairs(table: Prepared) -> Iterator[ChosenValue]:
    rows = np.linspace(0, table.rows - 1, min(CHOSEN_VALUES_ROWS, table.rows)).astype(np.int64)
    coded = table.coded
    names = [n for n in table.values if n in coded and coded[n].size > CHOSEN_VALUES_KINDS]
    columns = {n: table.values[n][rows] for n in names[:CHOSEN_VALUES_MOST]}
    for name, other in permutations(columns, 2):
        same = columns[name] == columns[other]
        if not CHOSEN_VALUES_FEWEST <= same.sum() < len(rows) - CHOSEN_VALUES_FEWEST:
            continue
        for target in table.design.targets:
            elsewhere = 1.0 if target.is_cut else _elsewhere(same, target.yes[rows])
            if elsewhere <= CHOSEN_VALUES_ELSEWHERE:
                only = elsewhere <= 1 - CHOSEN_VALUES_RIGHT
                yield ChosenValue(name, other, target.name, int(same.sum()), only)


def _elsewhere(same: NDArray[np.bool_], yes: NDArray[np.bool_]) -> float:
    """How often two columns are equal outside of the answer (yes or no) in which they are; 1 where there is none."""
    sides = (yes, ~yes) if 0 < yes.mean() < 1 else ()
    inside = [side for side in sides if same[side].mean() >= CHOSEN_VALUES_RIGHT]
    return min((float(same[~side].mean()) for side in inside), default=1.0)


def _finding(name: str, pairs: list[ChosenValue], *, is_sure: bool) -> Finding:
    said = " and ".join(f"{p.other} where {p.target}" for p in pairs[:3])
    return Finding(
        name,
        LeakKind.PROXY,
        Grade.LEAK if is_sure else Grade.SUSPECT,
        1.0,
        f"it equals {said}, and hardly anywhere else",
        ASK,
        {"rows": float(sum(p.rows for p in pairs))},
        () if is_sure else tuple(p.other for p in pairs),
    )
