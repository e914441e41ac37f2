"""Split e-processes on blocks: evidence about a ratio of two rates, safe under any peeking.

In block b the candidate had n1 trials and x1 successes, the control n0 and x0; pi = n1 / (n1 + n0).
If both arms share the block's rate up to a ratio r, each success is the candidate's with
probability q(r) = pi r / (pi r + 1 - pi), whatever the rate was: drift cancels. Against the null r0
the mixture over alternatives r_j with weights w_j is

    E = sum_j w_j exp(l_j / d),   l_j = sum_b x1 ln(q_j / q_0) + x0 ln((1 - q_j) / (1 - q_0)).

With the design effect d = 1, E is a supermartingale from 1 for every drift that both arms share. At
r0 = 1: given a block's totals the candidate's successes are hypergeometric, smaller in convex order than the
binomial (Hoeffding 1963); harm (r0 = 1, every r_j < 1) is measured against the binomial of equal
mean and variance, which bounds that tail more closely (:mod:`slipway.stats.ratio_sums`): l_j is
then x1 ln r_j - h(ln r_j), and nothing is lost to looking at successes alone. At any r0: a block's factor has mean
at most exp(n1 p1 (q_j / q_0 - 1) + n0 p0 ((1 - q_j) / (1 - q_0) - 1)), for 1 + y <= exp(y), which is 1 at p1 = r0 p0 and less on the
null's side of it. So P(sup E >= 1/a) <= a (Ville; compare Turner, Ly and Grunwald,
arXiv 2106.02693). Users whose trials resemble each other need their design effect
(:mod:`slipway.stats.design_effect`): a heuristic, held by simulation.

Evidence is incremental: what earlier blocks said is kept as :mod:`slipway.stats.ratio_sums` and
passed as ``before``, so that a look costs what is new.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from slipway.stats.mixtures import NI_WEIGHTS, log_sum
from slipway.stats.ratio_sums import (
    earlier,
    is_harm_alone,
    likelihoods,
    mantel_haenszel,
    nothing,
    ratio_sums,
)
from slipway.stats.split import Floats, Split, split

__all__ = [
    "EProcess",
    "Effect",
    "Split",
    "harm",
    "likelihoods",
    "log_path",
    "mixture",
    "non_inferiority",
    "relative_effect",
    "split",
    "superiority",
]

WIDEST = float(np.log(20.0))
PRECISION = 1e-10


class EProcess(NamedTuple):
    """Evidence against a null, as natural logarithms.

    ``log_e`` is the present value (promote on this one), ``log_peak`` the largest so far (return on
    this one), ``log_path`` float64[B] the value after each block. No data: all zero, E = 1.
    """

    log_e: float
    log_peak: float
    log_path: Floats


class Effect(NamedTuple):
    """A relative effect (ratio of rates - 1) with bounds that hold at all looks at once."""

    estimate: float
    lower: float
    upper: float


def log_path(
    data: Split,
    *,
    null_ratio: float,
    ratios: Sequence[float],
    weights: Sequence[float],
    design_effect: ArrayLike = 1.0,
    before: Floats | None = None,
) -> Floats:
    """Logarithm of E after each block, float64[..., B], of many comparisons at once.

    ``design_effect`` broadcasts to the axes before the last, ``before`` [..., WIDTH] are the sums of all
    earlier blocks. Raises ValueError for weights that do not fit, or a design effect below 1.
    """
    if len(ratios) != len(weights):
        raise ValueError(f"{len(ratios)} ratios, {len(weights)} weights")
    parts = likelihoods(
        data, null_ratio=null_ratio, ratios=ratios, design_effect=design_effect, before=before
    )
    return log_sum(parts, weights)


def mixture(
    data: Split,
    *,
    null_ratio: float,
    ratios: Sequence[float],
    weights: Sequence[float],
    design_effect: float = 1.0,
    before: Floats | None = None,
) -> EProcess:
    """The e-process against ``null_ratio`` with alternatives ``ratios``, all on one side of it.

    ``data`` are the new blocks of one comparison and ``before`` the sums of the earlier ones; the
    peak is that of the new ones.

    >>> e = mixture(split([100], [0], [100], [10]), null_ratio=0.9, ratios=[1], weights=[1])
    >>> round(e.log_e, 4)  # ten successes, all the candidate's: 10 ln((1/2) / (9/19))
    0.5407
    """
    path = log_path(
        data,
        null_ratio=null_ratio,
        ratios=ratios,
        weights=weights,
        design_effect=design_effect,
        before=before,
    )
    fewer = is_harm_alone(null_ratio, ratios)
    begin = earlier(before, null_ratio, ratios, fewer=fewer)[:, None] / design_effect
    now = float(path[-1]) if path.size else float(log_sum(begin, weights)[0])
    return EProcess(now, max(0.0, now, float(path.max(initial=0.0))), path)


def harm(
    data: Split,
    *,
    effects: Sequence[float],
    weights: Sequence[float],
    design_effect: float = 1.0,
    before: Floats | None = None,
) -> EProcess:
    """Evidence against "not worse": effects 0.02 look for 2 % fewer successes."""
    ratios = [1 - m for m in effects]
    return mixture(
        data,
        null_ratio=1,
        ratios=ratios,
        weights=weights,
        design_effect=design_effect,
        before=before,
    )


def non_inferiority(
    data: Split, *, margin: float, design_effect: float = 1.0, before: Floats | None = None
) -> EProcess:
    """Evidence against "worse by ``margin`` or more" (relative); alternatives: equal, as much better."""
    return mixture(
        data,
        null_ratio=1 - margin,
        ratios=(1.0, 1 / (1 - margin)),
        weights=NI_WEIGHTS,
        design_effect=design_effect,
        before=before,
    )


def superiority(
    data: Split,
    *,
    effects: Sequence[float],
    weights: Sequence[float],
    design_effect: float = 1.0,
    before: Floats | None = None,
) -> EProcess:
    """Evidence against "not better": the mirror of :func:`harm`."""
    ratios = [1 / (1 - m) for m in effects]
    return mixture(
        data,
        null_ratio=1,
        ratios=ratios,
        weights=weights,
        design_effect=design_effect,
        before=before,
    )


def relative_effect(
    data: Split,
    *,
    effects: Sequence[float],
    weights: Sequence[float],
    alpha: float,
    design_effect: float = 1.0,
    before: Floats | None = None,
) -> Effect:
    """Mantel-Haenszel ratio of rates - 1, with a two-sided confidence sequence at 1 - ``alpha``.

    The bounds are the ratios whose mixture e-process stays below 2 / alpha, searched within a
    factor of 20. Raises ValueError where the control has no success in a block with both arms: the
    ratio is undefined.
    """
    sums = ratio_sums(data) + (nothing() if before is None else before)
    if not mantel_haenszel(sums)[1] > 0:
        raise ValueError("the control has no success: a relative effect is undefined")
    return _effect(sums.tobytes(), tuple(effects), tuple(weights), alpha, float(design_effect))


@lru_cache(maxsize=64)
def _effect(
    known: bytes,
    effects: tuple[float, ...],
    weights: tuple[float, ...],
    alpha: float,
    design_effect: float,
) -> Effect:
    """As :func:`relative_effect`; kept, because every gate of a look reports the same effect."""
    sums = np.frombuffer(known)
    over, under = mantel_haenszel(sums)
    limit = float(np.log(2 / alpha))

    def excess(log_null: float, towards: int) -> float:
        null = float(np.exp(log_null))
        ratios = [null * (1 - m) ** -towards for m in effects]
        near = np.clip(ratios, np.exp(-WIDEST), np.exp(WIDEST))  # at the edge there is no beyond
        parts = earlier(sums, null, near)[:, None] / design_effect
        return float(log_sum(parts, weights)[0]) - limit

    start = float(np.log(np.clip(over / under, np.exp(-WIDEST), np.exp(WIDEST))))
    lower = _crossing(lambda at: excess(at, 1), start, -WIDEST)
    upper = _crossing(lambda at: excess(at, -1), start, WIDEST)
    return Effect(over / under - 1, float(np.expm1(lower)), float(np.expm1(upper)))


def _crossing(excess: Callable[[float], float], inside: float, outside: float) -> float:
    """Between ``inside`` (not refuted) and ``outside``, where the evidence reaches its limit."""
    if excess(outside) < 0 or excess(inside) >= 0:
        return outside
    return float(brentq(excess, inside, outside, xtol=PRECISION))
