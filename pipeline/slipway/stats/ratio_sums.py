"""All that blocks ever say about a ratio of rates, in a few dozen numbers that add up.

The log-likelihood of a ratio r, relative to r = 1, over blocks b with x1 + x0 = t successes is

    l(r) = x1 ln r - m(ln r),   m(s) = sum_b t_b ln(pi_b e^s + 1 - pi_b),

so any later e-value, against any null and for any alternatives, needs x1 and the function m. Each
of its terms is analytic in the strip |Im s| < pi, so the values at ``NODES`` Chebyshev points of
[-ln 25, ln 25] give it back everywhere between: barycentric interpolation converges like
rho^-NODES with rho = pi / L + sqrt((pi / L)^2 + 1) = 2.37 for L = ln 25 (Trefethen, Approximation
Theory and Approximation Practice, theorem 8.2), which is 1e-15 of m: nothing of the evidence is
lost. Sums of disjoint times add: a look costs what is new, however old the release is.

Against "not worse" (r0 = 1, r < 1) a block tells more than its successes: of n1 + n0 = n trials t
succeeded, and the candidate drew n1 of them without replacement. The hypergeometric x1 is a sum of
independent yes or no of chances c_i (Vatutin and Mikhailov 1982) with sum c_i = t pi and
sum c_i^2 = t pi rho, rho = 1 - (n0 / n) (n - t) / (n - 1). As ln(1 + c (e^s - 1)) / c is concave in
c for s < 0, Jensen's inequality bounds ln E exp(s x1) by

    h(s) = sum_b (t_b pi_b / rho_b) ln(1 + rho_b (e^s - 1)) <= m(s),   s <= 0,

which has the variance of x1, where m has 1 / (1 - rate) times as much. It holds for one tail alone,
and is kept at ``FEWER_NODES`` points of [-ln 25, 0] (there rho is 4.14).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from slipway.stats.split import Floats, Split

NODES, FEWER_NODES = 40, 24
FARTHEST = 25.0
"""Ratios are known from 1 / 25 to 25; a rate is rarely distinguishable from zero beyond that."""

_HALF = float(np.log(FARTHEST))
_POINTS: Floats = _HALF * np.cos((2 * np.arange(NODES) + 1) * np.pi / (2 * NODES))
_FEWER: Floats = (
    _HALF / 2 * (np.cos((2 * np.arange(FEWER_NODES) + 1) * np.pi / (2 * FEWER_NODES)) - 1)
)
_TRIALS, _SUCCESSES, _OVER, _UNDER, _FIRST = range(5)
_LAST = _FIRST + NODES

LARGEST = 1_000_000
"""Logarithms held in memory at once."""

WIDTH = _LAST + FEWER_NODES
"""Numbers in one vector of sums: candidate trials, candidate successes, the two Mantel-Haenszel
sums, m at its nodes and h at its own."""


def ratio_sums(data: Split) -> Floats:
    """Sums float64[..., WIDTH] of blocks [..., B]; those of later blocks are added with ``+``.

    >>> from slipway.stats.split import split
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
    out[..., _FIRST:_LAST] = _at_nodes(_POINTS, *shares(data))
    out[..., _LAST:] = _at_nodes(_FEWER, *shares(data, fewer=True))
    return out


def _at_nodes(points: Floats, share: Floats, draws: Floats) -> Floats:
    """float64[..., K]: sum_b draws ln(1 + share (e^s - 1)) at the K ``points`` s."""
    grown, out = np.expm1(points), np.zeros((*share.shape[:-1], len(points)))
    step = max(1, LARGEST // max(1, share.size))  # nodes at a time: bounds the memory
    for node in range(0, len(points), step):
        mixed = np.log1p(share[..., None, :] * grown[node : node + step, None])
        out[..., node : node + step] = np.einsum("...kb,...b->...k", mixed, draws)
    return out


def shares(data: Split, *, fewer: bool = False) -> tuple[Floats, Floats]:
    """Chance and number of the draws whose binomial law bounds a block's x1, float64[..., B] each.

    Every success is the candidate's with chance pi; ``fewer``: as for h, against "not worse" alone.
    """
    n0, x0, n1, x1 = data
    total, successes = np.maximum(n0 + n1, 1), x0 + x1
    if not fewer:
        return n1 / total, successes
    chance = 1 - n0 / total * (total - successes) / np.maximum(total - 1, 1)
    drawn = n1 * successes / (total * np.where(chance > 0, chance, 1.0))
    return chance, drawn


def nothing() -> Floats:
    """The sums of no block at all."""
    return np.zeros(WIDTH)


def trials(sums: Floats) -> Floats:
    """Candidate trials in blocks with both arms, [...]."""
    return sums[..., _TRIALS]


def log_likelihood(sums: Floats, ratios: ArrayLike, *, fewer: bool = False) -> Floats:
    """ln-likelihood of ``ratios`` [J] relative to ratio 1: float64[..., J] of sums [..., WIDTH].

    ``fewer`` takes h for m: ratios up to 1. Raises ValueError for a ratio beyond ``FARTHEST``.

    >>> bool((log_likelihood(nothing(), [0.5, 2.0]) == 0).all())
    True
    """
    logs = np.log(np.asarray(ratios, dtype=np.float64))
    if not (np.abs(logs) <= _HALF + 1e-9).all() or (fewer and (logs > 0).any()):
        raise ValueError(f"ratios {ratios!r}, must be within a factor of {FARTHEST:g}")
    known = sums[..., _LAST:] if fewer else sums[..., _FIRST:_LAST]
    mixed = known @ _basis(tuple(logs.tolist()), fewer=fewer).T
    found: Floats = sums[..., _SUCCESSES, None] * logs - mixed
    return found


def mantel_haenszel(sums: Floats) -> tuple[float, float]:
    """The two sums whose quotient is the Mantel-Haenszel ratio of rates, of sums [WIDTH]."""
    return float(sums[_OVER]), float(sums[_UNDER])


def information(sums: Floats, ratio: float) -> float:
    """Fisher information about ln r at ``ratio``, of sums [WIDTH]: the curvature of m there.

    Independent trials: 1 / information is the variance of the log ratio; clustered users multiply
    it by their design effect. Raises ValueError without any success.

    >>> from slipway.stats.split import split
    >>> round(information(ratio_sums(split([100], [50], [100], [50])), 1.0), 3)  # 100 / 4
    25.0
    """
    step = 1e-2  # errs by its square over 12: a part in a hundred thousand
    points = np.clip(np.log(ratio) + np.array([-step, 0.0, step]), -_HALF, _HALF)
    low, middle, high = _basis(tuple(points.tolist())) @ sums[_FIRST:_LAST]
    found = float(low - 2 * middle + high) / step**2
    if not found > 0:
        raise ValueError("no success in a block with both arms: no information about a ratio")
    return found


@lru_cache(maxsize=256)
def _basis(at: tuple[float, ...], *, fewer: bool = False) -> Floats:
    """float64[J, K]: weights of the values at the K nodes for the points ``at`` [J]."""
    points = _FEWER if fewer else _POINTS
    away, place = np.asarray(at)[:, None] - points, np.arange(len(points))
    angles = (2 * place + 1) * np.pi / (2 * len(points))
    exact = np.abs(away) < 1e-14  # noqa: PLR2004 - floating point, not a threshold
    parts = np.where(place % 2, -1.0, 1.0) * np.sin(angles) / np.where(exact, 1.0, away)
    hit = exact.any(axis=1, keepdims=True)
    weights: Floats = np.where(hit, exact.astype(np.float64), parts)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def likelihoods(
    data: Split,
    *,
    null_ratio: float,
    ratios: Sequence[float],
    design_effect: ArrayLike = 1.0,
    before: Floats | None = None,
) -> Floats:
    """Log-likelihood ratios after each block, float64[J, ..., B], over the design effect.

    ``before`` [..., WIDTH] are the sums of all earlier blocks. Raises ValueError for a design effect below 1.
    """
    wide = np.asarray(design_effect, dtype=np.float64)
    if not (wide >= 1).all():
        raise ValueError(f"design effect {design_effect!r}, must be at least 1")
    shape = data.control_trials.shape
    parts = np.zeros((len(ratios), *shape))
    fewer = is_harm_alone(null_ratio, ratios)
    begin, (share, drawn) = (
        earlier(before, null_ratio, ratios, fewer=fewer),
        shares(data, fewer=fewer),
    )
    for place, ratio in enumerate(ratios):
        # ln(q_r / q_0) = ln(r / r0) - ln(D_r / D_0), D_r = pi r + 1 - pi: no q of 0 or 1 occurs
        shift = np.log1p(share * (ratio - 1)) - np.log1p(share * (null_ratio - 1))
        log_ratios = data.candidate_successes * np.log(ratio / null_ratio) - drawn * shift
        parts[place] = np.cumsum(log_ratios, axis=-1)
        parts[place] = (parts[place] + begin[..., place, None]) / wide[..., None]
    return parts


def is_harm_alone(null_ratio: float, ratios: Sequence[float]) -> bool:
    """Whether the question is harm alone: the closer bound holds."""
    return null_ratio == 1 and max(ratios) <= 1


def earlier(
    before: Floats | None, null_ratio: float, ratios: ArrayLike, *, fewer: bool = False
) -> Floats:
    """float64[..., J]: what the earlier blocks said for each ratio against the null."""
    sums = nothing() if before is None else before
    if fewer:
        return log_likelihood(sums, ratios, fewer=True)
    found = log_likelihood(sums, [*np.asarray(ratios).tolist(), null_ratio])
    return found[..., :-1] - found[..., -1:]
