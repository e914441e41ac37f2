"""Rows that stand on two sides of a split, exactly or nearly: which row with which."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit import digest
from slipway.audit.knobs import Knobs
from slipway.audit.split_sides import SidePair
from slipway.audit.table import Prepared
from slipway.audit.thresholds import NEAR_COPIES_CELL, NEAR_COPIES_UNIQUE

PARTS = 8
"""Sets of columns in which near copies are looked for: a few differing columns spoil some sets, not
all. Up to this many columns, every set without two of them; beyond, random ones of these shares, the
first that tells rows apart."""

SHARES = (1 / 2, 3 / 4, 9 / 10)


FAR = 2**40

Cells = NDArray[np.int64]


class Twins(NamedTuple):
    """Pairs of rows: ``late`` in the test period, ``early`` before it; each late row once."""

    late: NDArray[np.intp]
    early: NDArray[np.intp]


NO_TWINS = Twins(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))


def equal_rows(of: digest.Digest, pair: SidePair) -> Twins:
    """Each late row with the first early row of the same digest."""
    here, there = np.flatnonzero(pair.late), np.flatnonzero(pair.early)
    if not len(there):
        return Twins(here[:0], here[:0])
    order = np.argsort(of[there])
    known = of[there[order]]
    start = np.flatnonzero(np.append(True, known[1:] != known[:-1]))
    first, known = np.minimum.reduceat(order, start), known[start]
    at = np.minimum(np.searchsorted(known, of[here]), len(known) - 1)
    same = known[at] == of[here]
    return Twins(here[same], there[first[at[same]]])


def unusual(table: Prepared, names: list[str], pair: SidePair, count: int, knobs: Knobs) -> bool:
    """Whether late rows have near copies in training more often than training rows have earlier."""
    early = np.flatnonzero(pair.early)
    if table.time is not None:
        early = early[np.argsort(table.time[early], kind="stable")]
    share = float(pair.late.sum() / (pair.late.sum() + len(early)))
    control = np.zeros(table.rows, dtype=bool)
    control[early[-max(1, int(len(early) * share)) :]] = True
    within = pair._replace(early=pair.early & ~control, late=control)
    usual = len(near(table, names, within, knobs).late) / control.sum()
    return bool(count / pair.late.sum() > knobs.near_excess * (usual + 1 / control.sum()))


def near(table: Prepared, names: list[str], pair: SidePair, knobs: Knobs) -> Twins:
    """Late rows that share most columns with an earlier one, found through sets of the columns."""
    found: list[Twins] = []
    cells = {name: _cells(table, name) for name in names}
    for of in _digests(cells):
        pairs = equal_rows(of, pair)
        same = np.zeros(len(pairs.late))
        for code in cells.values():
            same += np.abs(code[pairs.late] - code[pairs.early]) <= 1
        fine = same >= knobs.near_columns * len(names)
        found.append(Twins(pairs.late[fine], pairs.early[fine]))
    if not found:
        return NO_TWINS
    rows, first = np.unique(np.concatenate([t.late for t in found]), return_index=True)
    return Twins(rows, np.concatenate([t.early for t in found])[first])


def _cells(table: Prepared, name: str) -> Cells:
    """Cells [n] of numbers, :data:`NEAR_COPIES_CELL` deviations wide; twice the code of words.

    Near copies share a cell, or lie in neighbouring ones.
    """
    values = table.values.get(name)
    if values is None:
        return 2 * table.coded[name].code.astype(np.int64)
    known = np.isfinite(values)
    spread = float(values[known].std()) if known.any() else 0.0
    cell = np.floor(np.where(known, values, 0.0) / (NEAR_COPIES_CELL * spread or 1.0) + 1 / 3)
    return np.where(known, np.clip(cell, -FAR, FAR), 2 * FAR).astype(np.int64)


def _digests(cells: Mapping[str, Cells]) -> Iterator[digest.Digest]:
    """Digests of rows over sets of columns that tell rows apart."""
    for sets in _parts(list(cells)):
        for part in sets:
            of = digest.of_rows((cells[name] for name in part), len(cells[part[0]]))
            if digest.distinct(of) >= NEAR_COPIES_UNIQUE * len(of):
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


def beyond(near: Twins, exact: Twins) -> Twins:
    """The pairs of ``near`` whose late row has no exact copy."""
    fresh = ~np.isin(near.late, exact.late)
    return Twins(near.late[fresh], near.early[fresh])
