"""LeakKind.OVERLAP: the same row, exactly or nearly, in training and in the test period."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit import digest
from slipway.audit.finding import WHOLE_TABLE, Finding, Grade
from slipway.audit.shared_groups import worst_of
from slipway.audit.split_sides import SidePair
from slipway.audit.table import Prepared, index_of
from slipway.audit.thresholds import Knobs
from slipway.domain.leak import LeakKind

PARTS = 8
"""Sets of columns in which near copies are looked for: a few differing columns spoil some sets, not
all. Up to this many columns, every set without two of them; beyond, random ones of these shares, the
first that tells rows apart."""

SHARES = (1 / 2, 3 / 4, 9 / 10)

UNIQUE = 0.9
"""Share of distinct rows from which a set of columns tells rows apart."""

CELL = 0.02
"""Standard deviations within which numbers of near copies lie."""

FAR = 2**40

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]


class Twins(NamedTuple):
    """Pairs of rows: ``late`` in the test period, ``early`` before it; each late row once."""

    late: NDArray[np.intp]
    early: NDArray[np.intp]


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Exact copies anywhere (a note), exact and near copies on any two sides."""
    repeated = _repeated(table)
    found = [repeated] if repeated else []
    if table.sides is None:
        return found
    names = _telling(table)
    equal, alike = [], []
    for pair in table.sides.pairs():
        exact = _pairs(_digest(table, names), pair)
        equal.append(_copies(table, exact, pair, "equal to", knobs))
        near = _beyond(_near(table, names, pair, knobs), exact)
        if len(near.late) and _unusual(table, names, pair, len(near.late), knobs):
            alike.append(_copies(table, near, pair, "nearly equal to", knobs))
    return [*found, *worst_of(equal), *worst_of(alike)]


def _telling(table: Prepared) -> list[str]:
    """Columns but the identifiers: a copied row gets a new number."""
    rows = table.rows
    return [
        name
        for name in table.coded
        if name != table.group_name
        and not (name in table.words and len(table.words[name].dictionary) >= UNIQUE * rows)
        and not _counts(table, name)
    ]


def _counts(table: Prepared, name: str) -> bool:
    """Whether the numbers of a column are unique whole numbers."""
    values = table.values.get(name)
    if values is None or table.kinds[name] == "time":
        return values is not None
    known = values[np.isfinite(values)]
    whole = bool(len(known) and (known == np.floor(known)).all())
    return whole and len(np.unique(known)) >= UNIQUE * len(known)


def _digest(table: Prepared, names: list[str]) -> digest.Digest:
    columns = (table.values[n] if n in table.values else index_of(table.words[n]) for n in names)
    return digest.of_rows(columns, table.rows)


def _pairs(of: digest.Digest, pair: SidePair) -> Twins:
    """Each late row with the first early row of the same digest."""
    here, there = np.flatnonzero(pair.late), np.flatnonzero(pair.early)
    known, first = np.unique(of[there], return_index=True)
    if not len(known):
        return Twins(here[:0], here[:0])
    at = np.minimum(np.searchsorted(known, of[here]), len(known) - 1)
    same = known[at] == of[here]
    return Twins(here[same], there[first[at[same]]])


def _unusual(table: Prepared, names: list[str], pair: SidePair, count: int, knobs: Knobs) -> bool:
    """Whether late rows have near copies in training more often than training rows have earlier."""
    early = np.flatnonzero(pair.early)
    if table.time is not None:
        early = early[np.argsort(table.time[early], kind="stable")]
    share = float(pair.late.sum() / (pair.late.sum() + len(early)))
    control = np.zeros(table.rows, dtype=bool)
    control[early[-max(1, int(len(early) * share)) :]] = True
    within = pair._replace(early=pair.early & ~control, late=control)
    usual = len(_near(table, names, within, knobs).late) / control.sum()
    return bool(count / pair.late.sum() > knobs.near_excess * (usual + 1 / control.sum()))


def _near(table: Prepared, names: list[str], pair: SidePair, knobs: Knobs) -> Twins:
    """Late rows that share most columns with an earlier one, found through sets of the columns."""
    found: list[Twins] = []
    cells = {name: _cells(table, name) for name in names}
    for of in _digests(cells):
        pairs = _pairs(of, pair)
        same = np.zeros(len(pairs.late))
        for code in cells.values():
            same += np.abs(code[pairs.late] - code[pairs.early]) <= 1
        fine = same >= knobs.near_columns * len(names)
        found.append(Twins(pairs.late[fine], pairs.early[fine]))
    if not found:
        return Twins(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
    rows, first = np.unique(np.concatenate([t.late for t in found]), return_index=True)
    return Twins(rows, np.concatenate([t.early for t in found])[first])


def _cells(table: Prepared, name: str) -> Cells:
    """Cells [n] of numbers, :data:`CELL` deviations wide; twice the code of words.

    Near copies share a cell, or lie in neighbouring ones.
    """
    values = table.values.get(name)
    if values is None:
        return 2 * table.coded[name].code.astype(np.int64)
    known = np.isfinite(values)
    spread = float(values[known].std()) if known.any() else 0.0
    cell = np.floor(np.where(known, values, 0.0) / (CELL * spread or 1.0) + 1 / 3)
    return np.where(known, np.clip(cell, -FAR, FAR), 2 * FAR).astype(np.int64)


def _digests(cells: Mapping[str, Cells]) -> Iterator[digest.Digest]:
    """Digests of rows over sets of columns that tell rows apart."""
    for sets in _parts(list(cells)):
        for part in sets:
            of = digest.of_rows((cells[name] for name in part), len(cells[part[0]]))
            if len(np.unique(of)) >= UNIQUE * len(of):
                yield of
                break


def _parts(names: list[str]) -> Iterator[Sequence[Sequence[str]]]:
    """Sets of columns, each as choices from small to large."""
    if len(names) <= PARTS:
        yield from ((part,) for part in combinations(names, max(1, len(names) - 2)))
        return
    rng = np.random.default_rng(5)
    for _ in range(PARTS):
        order = [names[k] for k in rng.permutation(len(names))]
        yield [sorted(order[: int(share * len(names))]) for share in SHARES]


def _beyond(near: Twins, exact: Twins) -> Twins:
    fresh = ~np.isin(near.late, exact.late)
    return Twins(near.late[fresh], near.early[fresh])


def _copies(
    table: Prepared, twins: Twins, pair: SidePair, words: str, knobs: Knobs
) -> Finding | None:
    exact = words == "equal to"
    least_share, least_kappa = (
        (knobs.twin_share, knobs.twin_kappa) if exact else (knobs.near_share, knobs.near_kappa)
    )
    tested = int(pair.late.sum())
    count = len(twins.late)
    share = count / max(tested, 1)
    if count < knobs.twin_rows or share < least_share:
        return None
    agree = kappa(table.design.targets[0].yes, twins)
    if agree < least_kappa:
        return None
    grade = Grade.LEAK if share >= knobs.twin_leak else Grade.SUSPECT
    return Finding(
        WHOLE_TABLE, LeakKind.OVERLAP, grade, share,
        f"{count:,} of {tested:,} {pair.late_name} rows ({share:.1%}) are {words} a {pair.early_name}"
        f" row, and their labels agree beyond chance (kappa {agree:.2f})",
        "Were rows copied or joined twice? Keep each real event on one side of the split.",
        {"rows": count, "share": share, "kappa": agree},
    )  # fmt: skip


def kappa(yes: NDArray[np.bool_], twins: Twins) -> float:
    """Cohen's (1960) kappa of the labels of pairs: 1 for copies, about 0 for strangers."""
    a, b = yes[twins.late], yes[twins.early]
    if not len(a):
        return 0.0
    seen = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
    return (seen - chance) / (1 - chance) if chance < 1 else 0.0


def _repeated(table: Prepared) -> Finding | None:
    """Rows that repeat an earlier row in all values; copies count once in the probes."""
    repeated = round(table.rows - float(table.weight.sum()))
    share = repeated / table.rows
    if share < 1 / 1000:
        return None
    return Finding(
        WHOLE_TABLE, LeakKind.OVERLAP, Grade.NOTE, share,
        f"{repeated:,} rows ({share:.1%}) repeat another row in all values but the label",
        "Are these real events, or was a join or export done twice?",
        {"rows": repeated, "share": share},
    )  # fmt: skip
