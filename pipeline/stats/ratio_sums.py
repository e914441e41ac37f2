"""All that blocks ever say about a ratio of rates, in a few dozen numbers that add up.

The log-likelihood of a ratio r, relative to r = 1, over blocks b with x1 + x0 = t successes is

    l(r) = x1 ln r - m(ln r),   m(s) = sum_b t_b ln(pi_b e^s + 1 - pi_b),

so any later e-value, against any null and for any alternatives, needs x1 and the function m. Each
of its terms is analytic in the strip |Im s| < pi, so the values at ``NODES`` Chebyshev points of
[-ln 25, ln 25] give it back everywhere between: barycentric interpolation converges like
rho^-NODES with rho = pi / L + sqrt((pi / L)^2 + 1) = 2.37 for L = ln 25 (Trefethen, Approximation
Theory and Approximation Practice, theorem 8.2), which is 1e-15 of m: nothing of the evidence is
lost. Sums of disjoint times add: a look costs what is new, however old the release is.
"""

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.split import Floats, Split

NODES = 40
FARTHEST = 25.0
"""Ratios are known from 1 / 25 to 25; a rate is rarely told apart from zero beyond that."""

_HALF = float(np.log(FARTHEST))
_ANGLES = (2 * np.arange(NODES) + 1) * np.pi / (2 * NODES)
_POINTS: Floats = _HALF * np.cos(_ANGLES)
_BARYCENTRIC: Floats = np.where(np.arange(NODES) % 2, -1.0, 1.0) * np.sin(_ANGLES)
_TRIALS, _SUCCESSES, _OVER, _UNDER, _FIRST = range(5)

WIDTH = _FIRST + NODES
"""Numbers in one vector of sums: candidate trials, candidate successes, the two Mantel-Haenszel
sums, and m at the nodes."""


def ratio_sums(data: Split) -> Floats:
    """Sums float64[..., WIDTH] of blocks [..., B]; those of later blocks are added with ``+``.

    >>> from pipeline.stats.split import split
    >>> ratio_sums(split([9, 8], [1, 2], [4, 3], [1, 1])).shape == (WIDTH,)
    True
    """
    n0, x0, n1, x1 = data
    total = np.maximum(n0 + n1, 1)
    out = np.empty((*n0.shape[:-1], WIDTH))
    out[..., _TRIALS] = n1.sum(axis=-1)
    out[..., _SUCCESSES] = x1.sum(axis=-1)
    out[..., _OVER] = (x1 * n0 / total).sum(axis=-1)
    out[..., _UNDER] = (x0 * n1 / total).sum(axis=-1)
    share, successes = n1 / total, x0 + x1
    for node, grown in enumerate(np.expm1(_POINTS)):  # a node at a time bounds the memory
        out[..., _FIRST + node] = (successes * np.log1p(share * grown)).sum(axis=-1)
    return out


def nothing() -> Floats:
    """The sums of no block at all."""
    return np.zeros(WIDTH)


def trials(sums: Floats) -> Floats:
    """Candidate trials in blocks with both arms, [...]."""
    return sums[..., _TRIALS]


def log_likelihood(sums: Floats, ratios: ArrayLike) -> Floats:
    """ln-likelihood of ``ratios`` [J] relative to ratio 1: float64[..., J] of sums [..., WIDTH].

    Raises ValueError for a ratio beyond ``FARTHEST``.

    >>> bool((log_likelihood(nothing(), [0.5, 2.0]) == 0).all())
    True
    """
    logs = np.log(np.asarray(ratios, dtype=np.float64))
    if not (np.abs(logs) <= _HALF + 1e-9).all():
        raise ValueError(f"ratios {ratios!r}, must be within a factor of {FARTHEST:g}")
    mixed = sums[..., _FIRST:] @ _basis(logs).T
    found: Floats = sums[..., _SUCCESSES, None] * logs - mixed
    return found


def mantel_haenszel(sums: Floats) -> tuple[float, float]:
    """The two sums whose quotient is the Mantel-Haenszel ratio of rates, of sums [WIDTH]."""
    return float(sums[_OVER]), float(sums[_UNDER])


def information(sums: Floats, ratio: float) -> float:
    """Fisher information about ln r at ``ratio``, of sums [WIDTH]: the curvature of m there.

    Independent trials: 1 / information is the variance of the log ratio; clustered users multiply
    it by their design effect. Raises ValueError without any success.

    >>> from pipeline.stats.split import split
    >>> round(information(ratio_sums(split([100], [50], [100], [50])), 1.0), 3)  # 100 / 4
    25.0
    """
    step = 1e-2  # errs by its square over 12: a part in a hundred thousand
    points = np.clip(np.log(ratio) + np.array([-step, 0.0, step]), -_HALF, _HALF)
    low, middle, high = _basis(points) @ sums[_FIRST:]
    found = float(low - 2 * middle + high) / step**2
    if not found > 0:
        raise ValueError("no success in a block with both arms: no information about a ratio")
    return found


def _basis(at: Floats) -> Floats:
    """float64[J, NODES]: weights of the nodes' values at the points ``at`` [J]."""
    away = at[:, None] - _POINTS
    exact = np.abs(away) < 1e-14  # noqa: PLR2004 - floating point, not a threshold
    parts = _BARYCENTRIC / np.where(exact, 1.0, away)
    hit = exact.any(axis=1, keepdims=True)
    weights: Floats = np.where(hit, exact.astype(np.float64), parts)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights
