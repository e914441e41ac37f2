"""Do events happen as often as predicted?"""

import numpy as np
from numpy.typing import ArrayLike


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
