"""LeakKind.PROXY: the label is the result of a sum, difference or product of columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import Finding, Grade
from slipway.audit.honest_parts import honest_part
from slipway.audit.knobs import Knobs
from slipway.audit.label_sums import label_sums
from slipway.audit.table import Prepared
from slipway.audit.threshold import threshold_of
from slipway.audit.thresholds import (
    ARITHMETIC_NEARLY,
    ARITHMETIC_RANKED_ROWS,
    ARITHMETIC_ROWS,
    ARITHMETIC_ROWS_PER_COLUMN,
)
from slipway.audit.two_columns import limit_of_two, results_of_two
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]

WRITTEN_BEFORE = ", and it is written as what was there before: the other one holds the outcome"
ASK = "Is the label computed from these? Then at least one of them is known only with it."


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Columns that together give the label exactly: linearly, as a product, or by a threshold."""
    names = candidates(table)
    rows = np.linspace(0, table.rows - 1, min(ARITHMETIC_ROWS, table.rows)).astype(np.int64)
    names, matrix = _complete(table, names, rows, knobs.model_columns)
    if len(names) < 2:  # noqa: PLR2004 - a sum of two
        return []
    number = table.label_values is not None and len(table.design.targets) > 1
    y = table.label_values if number else None
    two = _of_two(table, names, matrix, rows, y)
    if two and y is None:
        return two
    names, matrix = _in_order(table, names, matrix, affordable(table, knobs))
    fine = np.isfinite(matrix).all(axis=1)
    enough = len(names) >= 2 and fine.sum() >= ARITHMETIC_ROWS_PER_COLUMN * len(names)  # noqa: PLR2004 - a sum of two
    if not enough:
        return two
    x, picked = matrix[fine], rows[fine]
    if y is not None:
        known = {f.column for f in two}
        return [*two, *(f for f in _numeric(names, x, y[picked], knobs) if f.column not in known)]
    yes = table.design.targets[0].yes[picked]
    parts = threshold_of(x, yes, most=knobs.identity_parts)
    said = f"whether {table.design.targets[0].name} follows exactly from a threshold on a sum of"
    return _findings(names, parts, said)


def candidates(table: Prepared) -> list[str]:
    """Columns of numbers, those first that go with the label most."""
    names = [n for n in table.values if n in table.coded and table.kinds[n] == "number"]
    yes = table.design.targets[0].yes.astype(float)
    y = yes if table.label_values is None else table.label_values
    some = slice(None, None, -(-table.rows // ARITHMETIC_RANKED_ROWS))
    strength = {n: abs(_correlation(table.values[n][some], y[some])) for n in names}
    return sorted(names, key=lambda n: -strength[n])


def affordable(table: Prepared, knobs: Knobs) -> int:
    """Columns among which a sum of many is no chance."""
    return min(
        knobs.model_columns,
        int(ARITHMETIC_NEARLY * min(table.rows, ARITHMETIC_ROWS)) // ARITHMETIC_ROWS_PER_COLUMN,
    )


def _correlation(x: Floats, y: Floats) -> float:
    known = np.isfinite(x) & np.isfinite(y)
    a, b = x[known], y[known]
    if len(a) < ARITHMETIC_ROWS_PER_COLUMN or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.mean((a - a.mean()) * (b - b.mean())) / (a.std() * b.std()))


def _of_two(
    table: Prepared, names: list[str], x: Floats, rows: NDArray[np.int64], y: Floats | None
) -> list[Finding]:
    """A difference, sum, product or ratio of two columns that is the label, or sets it by a limit."""
    if y is not None:
        return _results(names, x, y[rows])
    pair = limit_of_two(x, table.design.targets[0].yes[rows])
    if pair is None:
        return []
    said = (
        f"whether {table.design.targets[0].name} follows exactly from a limit on the {pair.how} of"
    )
    return _findings(names, pair.columns, said, is_limit=True)


def _results(names: list[str], x: Floats, y: Floats) -> list[Finding]:
    found: dict[str, Finding] = {}
    for how, (i, j) in results_of_two(x, y):
        known = np.isfinite(x[:, i]) & np.isfinite(x[:, j]) & np.isfinite(y)
        k = honest_part(how, x[known, i], x[known, j], y[known])
        older = "" if k is None else names[(i, j)[k]]
        for finding in _findings(names, (i, j), f"the label is, to rounding, the {how} of", older):
            if finding.column not in found or finding.worse_than(found[finding.column]):
                found[finding.column] = finding
    return list(found.values())


def _complete(
    table: Prepared, names: list[str], rows: NDArray[np.int64], most: int
) -> tuple[list[str], Floats]:
    """Columns that are known nearly everywhere and vary, float64[rows, columns]."""
    kept = []
    for name in names:
        values = table.values[name][rows]
        known = np.isfinite(values)
        if known.mean() >= ARITHMETIC_NEARLY and len(np.unique(values[known])) > 1:
            kept.append(name)
    kept = kept[:most]
    return kept, np.column_stack([table.values[n][rows] for n in kept]) if kept else np.zeros(
        (0, 0)
    )


def _numeric(names: list[str], x: Floats, y: Floats, knobs: Knobs) -> list[Finding]:
    found: dict[str, Finding] = {}
    for way in label_sums(x, y, most=knobs.identity_parts):
        kept = _older([names[k] for k in way.columns], x[:, way.columns], y)
        for finding in _findings(names, way.columns, way.said, kept):
            known = found.setdefault(finding.column, finding)
            if finding.worse_than(known):
                found[finding.column] = finding
    return list(found.values())


def _older(names: list[str], x: Floats, y: Floats) -> str:
    """Of two columns that give the label the one that was there before; "" where none shows."""
    if len(names) != 2:  # noqa: PLR2004 - two
        return ""
    for how in ("product", "sum"):
        if (k := honest_part(how, x[:, 0], x[:, 1], y)) is not None:
            return names[k]
    return ""


def _in_order(
    table: Prepared, names: list[str], matrix: Floats, most: int
) -> tuple[list[str], Floats]:
    """The first ``most`` columns, as they stand in the table."""
    place = {name: k for k, name in enumerate(table.values)}
    kept = sorted(range(min(most, len(names))), key=lambda k: place[names[k]])
    return [names[k] for k in kept], matrix[:, kept]


def _findings(
    names: list[str],
    parts: Sequence[int],
    said: str,
    older: str = "",
    *,
    is_limit: bool = False,
) -> list[Finding]:
    """``older`` was there before: a question. ``is_limit``: of two columns that set the label by a limit either may be honest."""
    others = " and ".join(sorted(names[k] for k in parts))
    return [
        Finding(
            names[k],
            LeakKind.PROXY,
            Grade.NOTE if names[k] == older else Grade.LEAK,
            1.0,
            f"{said} {others}" + (WRITTEN_BEFORE if names[k] == older else ""),
            ASK,
            {"parts": len(parts)},
            tuple(names[j] for j in parts if j != k) if is_limit else (),
        )
        for k in parts
    ]
