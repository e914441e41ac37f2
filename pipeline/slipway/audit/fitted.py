"""LeakKind.FITTED: a column was scaled, ranked or filled with what the test period knows."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import FITTED_FEWEST
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]
Fits = Callable[[Floats, float], bool]

ASK = "Was this step fitted before the split? Fit it on the training rows alone."
QUARTILES = (0.25, 0.5, 0.75)


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Columns that are exactly standardised (or ranked, or filled) over both sides of the split.

    A step fitted on the training rows alone fits those rows exactly and not the whole table.
    """
    if table.late is None:
        return []
    found = []
    for name in table.coded:
        if name in table.values and table.kinds[name] == "number":
            step = _step(table.values[name], table.late, knobs)
            if step:
                found.append(_finding(name, step))
    return found


def _finding(name: str, step: str) -> Finding:
    return Finding(
        name,
        LeakKind.FITTED,
        Grade.LEAK,
        0.5,
        f"{step} over training and test rows together, to rounding, and not over the training rows",
        ASK,
    )


def _step(values: Floats, late: NDArray[np.bool_], knobs: Knobs) -> str:
    """What was fitted on all rows, in words; "" where nothing was."""
    known = np.isfinite(values)
    whole, early = values[known], values[known & ~late]
    if len(early) < FITTED_FEWEST or len(early) == len(whole) or (whole == np.floor(whole)).all():
        return ""
    exact = min(knobs.fitted_exact, knobs.fitted_chance / np.sqrt(len(whole)))
    for words, fits in STEPS.items():
        if fits(whole, exact) and not fits(early, 10 * exact):
            return words
    return _filled(whole, early)


def _standardised(values: Floats, exact: float) -> bool:
    return bool(abs(values.mean()) < exact and abs(values.std() - 1) < exact)


def _between_0_and_1(values: Floats, exact: float) -> bool:  # noqa: ARG001 - one signature
    """Both ends are reached, by a few rows only: a natural share reaches them often or never."""
    few = 3
    low, high = values.min(), values.max()
    ends = (values == low).sum() <= few and (values == high).sum() <= few
    return bool(abs(low) < TINY and abs(high - 1) < TINY and ends)


TINY = 1e-9


def _robust(values: Floats, exact: float) -> bool:
    low, middle, high = np.quantile(values, QUARTILES)
    return bool(abs(middle) < exact and abs(high - low - 1) < exact)


def _ranked(values: Floats, exact: float) -> bool:  # noqa: ARG001 - one signature
    """Evenly spaced from end to end, as ranks are and drawn numbers never."""
    gaps = np.diff(np.unique(values))
    even = bool(len(gaps) > FITTED_FEWEST and np.ptp(gaps) < 1e-6 * gaps.mean())
    return even and len(gaps) > len(values) / 2 and bool(values.max() <= 1 + TINY)


STEPS: Mapping[str, Fits] = {
    "it has mean 0 and standard deviation 1": _standardised,
    "it runs from 0 to 1": _between_0_and_1,
    "it has median 0 and quartiles 1 apart": _robust,
    "it is an even rank": _ranked,
}


def _filled(whole: Floats, early: Floats) -> str:
    """Whether the most frequent value is the mean or median of all others."""
    said, count = np.unique(whole, return_counts=True)
    top = int(np.argmax(count))
    spike = float(said[top])
    if (
        len(said) < FITTED_FEWEST
        or count[top] < FITTED_FEWEST
        or count[top] < 5 * np.partition(count, -2)[-2]
    ):
        return ""
    rest, before = whole[whole != spike], early[early != spike]
    if not len(before):
        return ""
    small = 1e-9 * max(abs(spike), float(rest.std()))
    for word, of in (("mean", np.mean), ("median", np.median)):
        if abs(float(of(rest)) - spike) < small <= abs(float(of(before)) - spike):
            return f"missing values were filled with the {word}"
    return ""
