"""How far two classes lie apart along the best weighted sum of columns (Fisher 1936)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALIKE = 1e-9
"""Least share of a column's variance that another one leaves open."""


def pairs(x: Floats, yes: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Distances d' of the classes ``yes`` [n] along each column of ``x`` [n, d], and each pair.

    Alone: |mean difference| / s with s^2 the mean of the classes' variances, float64[d]. In pairs:
    Mahalanobis' distance, sqrt((a^2 + b^2 - 2 r a b) / (1 - r^2)) with a, b the signed distances and
    r their correlation inside the classes, float64[d, d] with the columns alone on the diagonal.
    Constants have distance 0. NaN counts are not handled: fill them first.

    >>> x = np.array([[0.0, 1], [1, 0], [2, 2], [0, 3], [1, 2], [2, 4]])
    >>> alone, both = pairs(x, x.sum(axis=1) > 2.5)
    >>> bool(both[0, 1] > alone.max())
    True
    """
    gap, covariance = _moments(x, yes)
    spread = np.sqrt(np.diag(covariance))
    scale = np.where(spread > 0, spread, np.inf)
    a = gap / scale
    r = np.clip(covariance / np.outer(scale, scale), -1, 1)
    open_part = np.maximum(1 - r**2, ALIKE)
    both = np.sqrt(np.maximum(a[:, None] ** 2 + a**2 - 2 * r * np.outer(a, a), 0) / open_part)
    alone = np.abs(a)
    return alone, np.maximum(both, np.maximum(alone[:, None], alone))  # a copy adds nothing


def score(x: Floats, yes: NDArray[np.bool_]) -> Floats:
    """The weighted sum [n] of columns ``x`` [n, d] that tells ``yes`` best."""
    gap, covariance = _moments(x, yes)
    ridge = ALIKE * np.diag(np.maximum(np.diag(covariance), 1e-300))
    found: Floats = x @ np.linalg.solve(covariance + ridge, gap)
    return found


def _moments(x: Floats, yes: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Difference of the class means [d], and the mean of the class covariances [d, d]."""
    one, two = x[yes], x[~yes]
    gap = one.mean(axis=0) - two.mean(axis=0)
    parts = [(part - part.mean(axis=0)) for part in (one, two)]
    covariance: Floats = sum((p.T @ p / len(p) for p in parts), np.zeros((x.shape[1],) * 2)) / 2
    return gap, covariance
