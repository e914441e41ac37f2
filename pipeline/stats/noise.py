"""The noise floor: what a change of nothing but the seed does to a measurement."""

import numpy as np
from numpy.typing import ArrayLike


def seed_spread(values: ArrayLike) -> float:
    """Standard deviation (n - 1) of a measurement over k >= 2 seeds on the same rows.

    Raises ValueError for fewer than two seeds or a number that is not finite.

    >>> seed_spread([1.0, 2.0, 3.0])
    1.0
    """
    seeds = np.asarray(values, dtype=np.float64)
    if seeds.size < 2 or not np.isfinite(seeds).all():  # noqa: PLR2004 - a spread needs two
        raise ValueError(f"{seeds.size} seeds, must be at least 2, all finite")
    return float(seeds.std(ddof=1))
