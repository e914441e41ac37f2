"""Of two columns that give the label together: which one was there before, as far as the way they are written tells."""

import numpy as np
from numpy.typing import NDArray

from slipway.audit.thresholds import (
    HONEST_PARTS_AS_WIDE,
    HONEST_PARTS_CHANGES,
    HONEST_PARTS_FINER,
    HONEST_PARTS_NEARLY_ALL,
)

Floats = NDArray[np.float64]

MOST_DIGITS = 9
SINGLE = 1e-6
"""Share of a number within which one of single precision ends."""


def honest_part(how: str, a: Floats, b: Floats, y: Floats) -> int | None:
    """0 for ``a`` [n], 1 for ``b`` [n] where it is the older part of a label ``y`` [n] that is their result; None if neither shows.

    A rate times its base is a count: what was computed of the two others is written with more digits than both. A change
    of both signs and the value before it are the value now: the value before is written as the label is.
    """
    if how in ("product", "ratio"):
        own = digits(y)
        finer = [digits(x) - own >= HONEST_PARTS_FINER for x in (a, b)]
        if sum(finer) == 1:
            return finer.index(False)
        return _exact(a, b, y) if how == "product" else None
    if how in ("sum", "difference") and _positive(y):
        before = [_positive(x) and _as_wide(x, y) for x in (a, b)]
        change = [_both_signs(x) for x in (a, b)]
        return next((k for k in (0, 1) if before[k] and change[1 - k]), None)
    return None


def _exact(a: Floats, b: Floats, y: Floats) -> int | None:
    """The part whose rounding is too fine to explain why the product is not exactly ``y``: the other was rounded after it."""
    made = a * b
    known = np.isfinite(made) & np.isfinite(y) & (made != 0)
    if not known.any():
        return None
    unit = float(np.median(y[known] / made[known]))
    gap = float(np.median(np.abs(unit * made - y)[known]))
    if gap <= HONEST_PARTS_FINER * 10.0 ** -digits(y):
        return None
    moved = [
        float(np.median(np.abs(unit * other[known]))) * 10.0 ** -digits(x)
        for x, other in ((a, b), (b, a))
    ]
    return int(np.argmin(moved)) if max(moved) >= HONEST_PARTS_FINER * min(moved) else None


def digits(x: Floats) -> int:
    """Decimals that nearly all numbers [n] are written with, at most nine; those of single precision end where it does.

    >>> digits(np.array([0.5, 1.25])), digits(np.array([1 / 3, 2 / 3]))
    (2, 9)
    """
    known = x[np.isfinite(x)]
    for places in range(MOST_DIGITS):
        scaled = known * 10.0**places
        near = np.abs(scaled - np.rint(scaled)) <= SINGLE * np.minimum(np.abs(scaled), 1e5) + 1e-9
        if near.mean() >= HONEST_PARTS_NEARLY_ALL:
            return places
    return MOST_DIGITS


def _positive(x: Floats) -> bool:
    return float(np.mean(x >= 0)) >= HONEST_PARTS_NEARLY_ALL


def _both_signs(x: Floats) -> bool:
    return min(float(np.mean(x < 0)), float(np.mean(x > 0))) >= HONEST_PARTS_CHANGES


def _as_wide(x: Floats, y: Floats) -> bool:
    """Whether two columns are as large and vary as much: amounts of one kind."""
    wide = HONEST_PARTS_AS_WIDE
    return bool(1 / wide <= x.std() / max(y.std(), 1e-300) <= wide) and bool(
        1 / wide <= np.median(x) / max(float(np.median(y)), 1e-300) <= wide
    )
