"""LeakKind.PROXY: the label is the result of a sum, difference or product of columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import Finding, Grade
from slipway.audit.table import Prepared
from slipway.audit.threshold import threshold_of
from slipway.audit.thresholds import Knobs
from slipway.domain.leak import LeakKind
from slipway.stats import exact_sum

Floats = NDArray[np.float64]
ROWS = 4_000
"""Rows, evenly spread, in which an identity is looked for; it holds in all rows or in none."""

ASK = "Is the label computed from these? Then at least one of them is known only with it."


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Columns that together give the label exactly: linearly, as a product, or by a threshold."""
    names = [n for n in table.values if n in table.coded and table.kinds[n] == "number"]
    rows = np.linspace(0, table.rows - 1, min(ROWS, table.rows)).astype(np.int64)
    names, matrix = _complete(table, names, rows, knobs.model_columns)
    fine = np.isfinite(matrix).all(axis=1)
    if len(names) < 2 or fine.sum() < ROWS_PER_COLUMN * len(names):  # noqa: PLR2004 - a sum of two
        return []
    x, picked = matrix[fine], rows[fine]
    if table.label_values is not None and len(table.design.targets) > 1:
        return _numeric(names, x, table.label_values[picked], knobs)
    yes = table.design.targets[0].yes[picked]
    parts = threshold_of(x, yes, most=knobs.identity_parts)
    said = f"whether {table.design.targets[0].name} follows exactly from a threshold on a sum of"
    return _findings(names, parts, said)


ROWS_PER_COLUMN = 20


def _complete(
    table: Prepared, names: list[str], rows: NDArray[np.int64], most: int
) -> tuple[list[str], Floats]:
    """Columns that are known nearly everywhere and vary, float64[rows, columns]."""
    nearly = 0.95
    kept = []
    for name in names:
        values = table.values[name][rows]
        known = np.isfinite(values)
        if known.mean() >= nearly and len(np.unique(values[known])) > 1:
            kept.append(name)
    kept = kept[:most]
    return kept, np.column_stack([table.values[n][rows] for n in kept]) if kept else np.zeros(
        (0, 0)
    )


def _numeric(names: list[str], x: Floats, y: Floats, knobs: Knobs) -> list[Finding]:
    parts = exact_sum.sum_of(x, y, most=knobs.identity_parts)
    if parts:
        return _findings(names, parts, "the label is, to rounding, a weighted sum of")
    positive = (x > 0).all(axis=0)
    if (y > 0).all() and positive.any():
        kept = np.flatnonzero(positive)
        parts = exact_sum.sum_of(np.log(x[:, kept]), np.log(y), most=knobs.identity_parts)
        if parts:
            back = [int(kept[k]) for k in parts]
            return _findings(names, back, "the label is, to rounding, a product of powers of")
    return []


def _findings(names: list[str], parts: Sequence[int], said: str) -> list[Finding]:
    told = " and ".join(names[k] for k in parts)
    return [
        Finding(
            names[k], LeakKind.PROXY, Grade.LEAK, 1.0, f"{said} {told}", ASK, {"parts": len(parts)}
        )
        for k in parts
    ]
