"""LeakKind.PROXY: flags of which the label is one: classes of one outcome, written as columns."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import EXCLUSIVE_FLAGS_EXPECTED
from slipway.domain.leak import LeakKind

ASK = (
    "Are these the outcomes of one and the same event? Then all of them are written with the label."
)
VALUES = 2


class Flag(NamedTuple):
    """Column ``name`` where it has one of its two values, rows bool[n]; ``said`` is the value."""

    name: str
    said: str
    rows: NDArray[np.bool_]


def judge(table: Prepared, _knobs: Knobs) -> list[Finding]:
    """SUSPECT for flags that never meet the label's yes, nor another such flag, however often they should."""
    found = {}
    for target in table.design.targets:
        flags = [flag for flag in _flags(table) if _never_meet(flag.rows, target.yes)]
        for flag in flags:
            others = [
                o.name for o in flags if o.name != flag.name and _never_meet(o.rows, flag.rows)
            ]
            if others:
                found[flag.name] = _finding(flag, target.name, others)
    return list(found.values())


def _flags(table: Prepared) -> Iterator[Flag]:
    for name, coded in table.coded.items():
        size = np.bincount(coded.code, minlength=coded.size)
        codes = np.flatnonzero(size)
        if len(codes) != VALUES or (codes == 0).any():
            continue
        for code in codes:
            yield Flag(name, coded.names[code], coded.code == code)


def _never_meet(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Whether no row holds both, where independent ones would in many."""
    expected = float(one.sum()) * float(other.sum()) / len(one)
    return expected >= EXCLUSIVE_FLAGS_EXPECTED and not (one & other).any()


def _finding(flag: Flag, target: str, others: list[str]) -> Finding:
    rows = int(flag.rows.sum())
    return Finding(
        flag.name,
        LeakKind.PROXY,
        Grade.SUSPECT,
        0.5,
        f"where it is {flag.said}, in {rows:,} rows, {target} never is, nor in any row {' or '.join(others[:3])}:"
        " they exclude each other as the classes of one outcome do",
        ASK,
        {"rows": rows},
    )
