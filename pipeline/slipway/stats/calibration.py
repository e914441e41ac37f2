"""Do events happen as often as predicted?"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def expected_calibration_error(
    predicted: ArrayLike, happened: ArrayLike, weight: ArrayLike | None = None, *, bins: int = 20
) -> float:
    """Mean |share that happened - mean prediction| over ``bins`` groups of equal size.

    ``predicted`` [n] in [0, 1], ``happened`` [n] in {0, 1}, ``weight`` [n] >= 0. Rows are sorted by
    prediction and cut in equal counts (Nguyen and O'Connor 2015), so no bin is empty; equal
    predictions stay together. Noise adds about sqrt(p (1 - p) bins / n) even to a perfect model.

    Raises ValueError without rows or for numbers outside their range.

    >>> expected_calibration_error([0.2] * 10, [1, 1] + [0] * 8)
    0.0
    """
    p, y = np.asarray(predicted, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    w = np.ones_like(p) if weight is None else np.asarray(weight, dtype=np.float64)
    inside = p.size and ((p >= 0) & (p <= 1) & (y >= 0) & (y <= 1) & (w >= 0)).all()
    if not inside or not w.sum() > 0:
        raise ValueError("no rows, or a prediction, outcome or weight outside its range")
    edges = np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1])
    place = np.searchsorted(edges, p, side="left")
    gap = np.bincount(place, weights=w * (y - p), minlength=bins)
    return float(np.round(np.abs(gap).sum() / w.sum(), 15))


def recalibrated(predicted: ArrayLike, happened: ArrayLike, *, steps: int = 25) -> NDArray[Any]:
    """``predicted`` [n] in (0, 1) on the level and slope that ``happened`` [n] bears out.

    The maximum-likelihood a, b of logit(p) -> a + b logit(p) (Platt 1999; Cox 1958), by Newton's
    steps. Two models that differ in calibration alone become equal. Raises ValueError for numbers
    outside their range or outcomes of one kind, to which any level fits.
    """
    p, y = np.asarray(predicted, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if not p.size or not ((p > 0) & (p < 1)).all() or not 0 < y.mean() < 1:
        raise ValueError("predictions must be inside (0, 1) and outcomes of both kinds")
    logit = np.log(p) - np.log1p(-p)
    design = np.column_stack([np.ones_like(logit), logit])
    found = np.array([0.0, 1.0])
    for _ in range(steps):
        q = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (y - q)
        curve = (design * (q * (1 - q))[:, None]).T @ design
        step = np.linalg.lstsq(curve, slope, rcond=None)[0]
        found = found + step
        if np.abs(step).max() < 1e-10:  # noqa: PLR2004 - converged
            break
    level: NDArray[Any] = 1 / (1 + np.exp(-design @ found))
    return level
