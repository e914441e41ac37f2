"""The noise floor: what a change of nothing but chance does to a measurement."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student


class EstimatedSd(NamedTuple):
    """A standard deviation and the degrees of freedom it was estimated with (inf: known)."""

    sd: float
    degrees: float


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


def pair_spread(pairs: ArrayLike) -> float:
    """Standard deviation of one value from pairs [n, 2] that differ by chance: sqrt(mean d^2 / 2).

    >>> round(pair_spread([[1.0, 3.0], [5.0, 3.0]]), 3)
    1.414
    """
    values = np.asarray(pairs, dtype=np.float64)
    if values.ndim != 2 or not len(values) or not np.isfinite(values).all():  # noqa: PLR2004 - pairs
        raise ValueError(f"pairs of shape {values.shape}, must be [n >= 1, 2], all finite")
    return float(np.sqrt(((values[:, 0] - values[:, 1]) ** 2).mean() / 2))


def without(total: float, part: float) -> float:
    """What ``total`` leaves when ``part`` is taken out in quadrature, never below 0.

    >>> without(5.0, 3.0)
    4.0
    """
    return float(np.sqrt(max(0.0, total**2 - part**2)))


def floor_of(parts: Sequence[EstimatedSd], alpha: float) -> float:
    """The largest gain that chance explains: t * sqrt(sum sd^2), one-sided at ``alpha``.

    t is Student's quantile with Welch and Satterthwaite's degrees of freedom, (sum sd^2)^2 / sum
    (sd^4 / degrees): a spread that was estimated from a few fits widens the floor by what is not
    known of it. A gain above the floor is passed in ``alpha`` of the weeks in which there is none.

    >>> round(floor_of([EstimatedSd(3.0, np.inf), EstimatedSd(4.0, np.inf)], 0.05), 3)
    8.224
    """
    if not parts or not all(np.isfinite(p.sd) and p.sd >= 0 and p.degrees >= 1 for p in parts):
        raise ValueError("parts must be finite, >= 0, with at least one degree of freedom")
    variance = sum(p.sd**2 for p in parts)
    if variance == 0:
        return 0.0
    unknown = sum(p.sd**4 / p.degrees for p in parts)
    degrees = variance**2 / unknown if unknown > 0 else np.inf
    return float(student.ppf(1 - alpha, degrees) * np.sqrt(variance))
