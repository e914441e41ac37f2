"""LeakKind.LATER: two columns hold the same thing, and where they differ the label is known: one is newer."""

from collections.abc import Iterator
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slipway.audit.conditional_model import block_rate
from slipway.audit.design import Target
from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import UPDATED_ROWS
from slipway.domain.leak import LeakKind
from slipway.stats.pure_bins import odds_multiple

Rows: TypeAlias = NDArray[np.int64]


ASK = "Which of the two is written later, and what else is written then? Take the earlier one."


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Pairs of columns that agree in most rows, and whose differences predict the label.

    Rows do not say which of the two is newer; the second one is named.
    """
    found = []
    for first, second in _pairs(table, knobs):
        differ = ~_equal(table, first, second, np.arange(table.rows))
        found += [_judge(table, (first, second), differ, t, knobs) for t in table.design.targets]
    return [finding for finding in found if finding is not None]


def _judge(
    table: Prepared, pair: tuple[str, str], differ: NDArray[np.bool_], target: Target, knobs: Knobs
) -> Finding | None:
    rows = float(table.weight[differ].sum())
    hits = min(float(table.weight[differ & target.yes].sum()), rows)
    base = float(block_rate(table.design, target.yes)[differ].mean())
    multiple = float(odds_multiple(hits, rows, base, z=knobs.z_purity))
    if multiple < knobs.differ:
        return None
    grade = Grade.SUSPECT if multiple >= knobs.differ_suspect else Grade.NOTE
    return Finding(
        pair[1],
        LeakKind.LATER,
        grade,
        min(1.0, multiple / 100),
        f"it holds the same as {pair[0]} but in {int(differ.sum()):,} rows; there {target.name} in"
        f" {hits / rows:.1%}, expected {base:.1%}: one of the two is updated later",
        ASK,
        {"odds_multiple": multiple, "rate": hits / rows},
    )


def _pairs(table: Prepared, knobs: Knobs) -> Iterator[tuple[str, str]]:
    """Pairs of words, or of numbers with many values, that agree in most rows and not in all."""
    rows = np.linspace(0, table.rows - 1, min(UPDATED_ROWS, table.rows)).astype(np.int64)
    few = 5
    for pool in (table.words, table.values):
        names = [n for n in pool if n in table.coded and table.coded[n].size >= few]
        for first, second in combinations(names[: knobs.model_columns], 2):
            same = float(_equal(table, first, second, rows).mean())
            if not knobs.same <= same < 1:
                continue
            shifted = np.roll(rows, len(rows) // 2)
            chance = float(_equal(table, first, second, rows, shifted).mean())
            if same - chance >= knobs.same * (1 - chance):
                yield first, second


def _equal(
    table: Prepared, first: str, second: str, rows: Rows, others: Rows | None = None
) -> NDArray[np.bool_]:
    """Whether ``first`` in ``rows`` equals ``second`` in the same rows, or in ``others``."""
    others = rows if others is None else others
    if first in table.values:
        a, b = table.values[first][rows], table.values[second][others]
        equal: NDArray[np.bool_] = (a == b) | (np.isnan(a) & np.isnan(b))
        return equal
    one, two = table.coded[first], table.coded[second]
    place = {word: k for k, word in enumerate(two.names)}
    known = np.array([place.get(word, -1) for word in one.names])
    found: NDArray[np.bool_] = known[one.code[rows]] == two.code[others]
    return found
