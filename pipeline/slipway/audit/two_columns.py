"""A label that is the difference, sum, product or ratio of two columns, or a limit on one of these.

Every pair is tried: what many columns and few rows forbid for sums of many, two columns allow.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.threshold import cuts_through
from slipway.audit.thresholds import (
    TWO_COLUMNS_FEWEST,
    TWO_COLUMNS_FIRST,
    TWO_COLUMNS_KNOWN,
    TWO_COLUMNS_MOST,
    TWO_COLUMNS_RIGHT,
    TWO_COLUMNS_ROUNDED,
    TWO_COLUMNS_WORTH,
)

Floats = NDArray[np.float64]

MOST_DECIMALS = 5
SINGLE = 1.2e-7
"""Share of a number within which one of single precision ends."""


class OfTwo(NamedTuple):
    """How two columns of a matrix give the label."""

    how: str
    columns: tuple[int, int]


def results(a: Floats, b: Floats) -> Iterator[tuple[str, Floats, Floats | float]]:
    """What people compute of two columns, float64[n] each, and by how much the rounding of the two may move it."""
    own, other = _rounded(a), _rounded(b)
    yield "difference", a - b, own + other
    yield "absolute difference", np.abs(a - b), own + other
    yield "sum", a + b, own + other
    with np.errstate(all="ignore"):
        yield "product", a * b, own * np.abs(b) + other * np.abs(a)
        yield "ratio", a / b, own / np.abs(b) + other * np.abs(a / b**2)
        yield "ratio", b / a, other / np.abs(a) + own * np.abs(b / a**2)
        yield "relative difference", (a - b) / b, own / np.abs(b) + other * np.abs(a / b**2)
        yield "relative difference", (b - a) / a, other / np.abs(a) + own * np.abs(b / a**2)
    yield "higher one", np.maximum(a, b), 0.0
    yield "lower one", np.minimum(a, b), 0.0


def results_of_two(x: Floats, y: Floats) -> list[OfTwo]:
    """The pairs of columns of ``x`` [n, d] of which ``y`` [n] is a result, up to its sign."""
    pairs = []
    for i, j in combinations(range(min(TWO_COLUMNS_MOST, x.shape[1])), 2):
        rows = _rows(x, i, j, np.isfinite(y))
        if rows is None:
            continue
        a, b, goal = x[rows, i], x[rows, j], y[rows]
        for how, found, step in results(a, b):
            first = step[:TWO_COLUMNS_FIRST] if isinstance(step, np.ndarray) else step
            if (
                _equal(
                    found[:TWO_COLUMNS_FIRST], goal[:TWO_COLUMNS_FIRST], first, TWO_COLUMNS_WORTH
                )
                and _equal(found, goal, step)
                and not _lone(a, b, goal)
            ):
                pairs.append(OfTwo(how, (i, j)))
                break
    return pairs


def _equal(
    found: Floats, goal: Floats, step: Floats | float = 0.0, least: float = TWO_COLUMNS_RIGHT
) -> bool:
    """Whether ``goal`` [n] is ``found`` in some unit (per cent, thousands), up to its sign and to rounding.

    ``step`` is what the rounding of the columns that ``found`` was made of may amount to.
    """
    some = np.isfinite(found) & (found != 0)
    if not some.any():
        return False
    unit = float(np.median(np.abs(goal[some] / found[some])))
    step = np.minimum(unit * np.nan_to_num(step), TWO_COLUMNS_ROUNDED * float(np.std(goal)))
    size = np.maximum(np.abs(goal), np.std(goal)) * 1e-6 + 1e-12 + _rounded(goal) + step
    best = 0.0
    for factor in {unit, float(f"{unit:.3g}")}:
        with np.errstate(all="ignore"):
            same = np.abs(factor * found - goal) <= size
            opposite = np.abs(factor * found + goal) <= size
        best = max(best, float(same.mean()), float(opposite.mean()))
    return best >= least


def _rounded(goal: Floats) -> float:
    """Half the step to which numbers [n] are rounded; 0 where it is too coarse to tell a result from chance."""
    for decimals in range(MOST_DECIMALS):
        if np.allclose(goal, np.round(goal, decimals), rtol=SINGLE, atol=1e-9):
            half = 0.51 * 10.0**-decimals
            return half if half <= TWO_COLUMNS_ROUNDED * float(np.std(goal)) else 0.0
    return 0.0


def _lone(a: Floats, b: Floats, goal: Floats) -> bool:
    """Whether one of the two alone is the label, and the other adds 0 or multiplies by 1."""
    return _equal(a, goal) or _equal(b, goal)


def limit_of_two(x: Floats, yes: NDArray[np.bool_]) -> OfTwo | None:
    """The pair of which a limit on a result is ``yes`` [n] best, where the rows lie close to it.

    None where some pair is as good and merely lies far apart: classes that are easy to separate.
    """
    best, found = 0.0, dict[OfTwo, Floats]()
    for i, j in combinations(range(min(TWO_COLUMNS_MOST, x.shape[1])), 2):
        rows = _rows(x, i, j, np.ones(len(yes), dtype=bool))
        if rows is None or not 0 < yes[rows].mean() < 1:
            continue
        for how, score, right in _limits(x[rows, i], x[rows, j], yes[rows]):
            if right > best:
                best, found = right, {}
            if right == best:
                found[OfTwo(how, (i, j))] = np.column_stack([score, yes[rows]])
    if not all(cuts_through(s[:, 0], s[:, 1] > 0) for s in found.values()):
        return None
    return next(iter(found), None)


def _limits(a: Floats, b: Floats, yes: NDArray[np.bool_]) -> Iterator[tuple[str, Floats, float]]:
    """Results that a limit parts, which neither column alone does, with the share that is right."""
    for how, found, _ in results(a, b):
        if (
            not np.isfinite(found).all()
            or _parts(found[:TWO_COLUMNS_FIRST], yes[:TWO_COLUMNS_FIRST]) < TWO_COLUMNS_RIGHT
        ):
            continue
        right = _parts(found, yes)
        if right >= TWO_COLUMNS_RIGHT and max(_parts(a, yes), _parts(b, yes)) < TWO_COLUMNS_RIGHT:
            yield how, found if found[yes].mean() > found[~yes].mean() else -found, right


def _parts(x: Floats, yes: NDArray[np.bool_]) -> float:
    """Share of rows on the right side of the best limit on ``x``."""
    order = np.argsort(x, kind="stable")
    below, last = np.cumsum(yes[order]), np.append(np.diff(x[order]) > 0, True)
    right = 2 * below - np.arange(1, len(x) + 1) + (~yes).sum()
    return float(max(right[last].max(), len(x) - right[last].min()) / len(x))


def _rows(x: Floats, i: int, j: int, also: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    fine = np.isfinite(x[:, i]) & np.isfinite(x[:, j]) & also
    return fine if fine.sum() >= max(TWO_COLUMNS_FEWEST, TWO_COLUMNS_KNOWN * len(fine)) else None
