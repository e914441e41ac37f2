"""Split e-processes on blocks: evidence about a ratio of two rates, safe under any peeking.

In block b the candidate had n1 trials and x1 successes, the control n0 and x0; pi = n1 / (n1 + n0).
If both arms share the block's rate up to a ratio r, each success is the candidate's with
probability q(r) = pi r / (pi r + 1 - pi), whatever the rate was: drift cancels. Against the null r0
the mixture over alternatives r_j with weights w_j is

    E = sum_j w_j exp(l_j / kappa),   l_j = sum_b x1 ln(q_j / q_0) + x0 ln((1 - q_j) / (1 - q_0)).

With kappa = 1, E is a supermartingale from 1 for every drift that both arms share. At r0 = 1: given
a block's total the candidate's successes are hypergeometric, smaller in convex order than the
binomial (Hoeffding 1963). At any r0: a block's factor has mean at most exp(n1 p1 (q_j / q_0 - 1) +
n0 p0 ((1 - q_j) / (1 - q_0) - 1)), for 1 + y <= exp(y), which is 1 at p1 = r0 p0 and less on the
null's side of it. So P(sup E >= 1/a) <= a (Ville; compare Turner, Ly and Grunwald,
arXiv 2106.02693). Clustered users need kappa = design effect (:mod:`pipeline.stats.deff`): a
heuristic, held by simulation.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

NI_WEIGHTS = (0.75, 0.25)
BISECTIONS = 40
WIDEST = float(np.log(50.0))


class Split(NamedTuple):
    """Counts of B blocks in order of time, each float64[B]: control first, then candidate."""

    control_trials: Floats
    control_successes: Floats
    candidate_trials: Floats
    candidate_successes: Floats


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


def split(
    control_trials: ArrayLike,
    control_successes: ArrayLike,
    candidate_trials: ArrayLike,
    candidate_successes: ArrayLike,
) -> Split:
    """Checked counts; blocks without both arms carry no evidence and are kept as zeros.

    Raises ValueError for counts that are not finite, negative, of unequal length, or successes
    above trials.
    """
    n0, x0, n1, x1 = (
        np.asarray(part, dtype=np.float64).reshape(-1)
        for part in (control_trials, control_successes, candidate_trials, candidate_successes)
    )
    if not len(n0) == len(x0) == len(n1) == len(x1):
        raise ValueError(f"blocks of {len(n0)}, {len(x0)}, {len(n1)}, {len(x1)} rows, not equal")
    rows = np.stack((n0, x0, n1, x1))
    if not np.isfinite(rows).all() or (rows < 0).any() or (x0 > n0).any() or (x1 > n1).any():
        raise ValueError("counts must be finite, >= 0, and successes at most trials")
    both = (n0 > 0) & (n1 > 0)
    return Split(*(np.where(both, part, 0.0) for part in (n0, x0, n1, x1)))


def mixture(
    data: Split,
    *,
    null_ratio: float,
    ratios: Sequence[float],
    weights: Sequence[float],
    kappa: float = 1.0,
) -> EProcess:
    """The e-process against ``null_ratio`` with alternatives ``ratios``, all on one side of it.

    >>> e = mixture(split([100], [10], [100], [0]), null_ratio=1, ratios=[0.8], weights=[1])
    >>> round(e.log_e, 4)  # ten successes, none the candidate's: 10 ln((5/9) / (1/2))
    1.0536
    """
    if len(ratios) != len(weights) or not kappa >= 1:
        raise ValueError(f"{len(ratios)} ratios, {len(weights)} weights, kappa {kappa}")
    path = np.zeros((len(ratios), len(data.control_trials)))
    for row, ratio in zip(path, ratios, strict=True):
        row[:] = np.cumsum(_log_ratio(data, null_ratio, ratio)) / kappa
    log_path = _log_sum(path, weights)
    if not len(log_path):
        return EProcess(0.0, 0.0, log_path)
    return EProcess(float(log_path[-1]), max(0.0, float(log_path.max())), log_path)


def harm(
    data: Split, *, effects: Sequence[float], weights: Sequence[float], kappa: float = 1.0
) -> EProcess:
    """Evidence against "not worse": effects 0.02 look for 2 % fewer successes."""
    return mixture(
        data, null_ratio=1.0, ratios=[1 - m for m in effects], weights=weights, kappa=kappa
    )


def non_inferiority(data: Split, *, margin: float, kappa: float = 1.0) -> EProcess:
    """Evidence against "worse by ``margin`` or more" (relative); alternatives: equal, as much better."""
    return mixture(
        data,
        null_ratio=1 - margin,
        ratios=(1.0, 1 / (1 - margin)),
        weights=NI_WEIGHTS,
        kappa=kappa,
    )


def superiority(
    data: Split, *, effects: Sequence[float], weights: Sequence[float], kappa: float = 1.0
) -> EProcess:
    """Evidence against "not better": the mirror of :func:`harm`."""
    return mixture(
        data, null_ratio=1.0, ratios=[1 / (1 - m) for m in effects], weights=weights, kappa=kappa
    )


def relative_effect(
    data: Split,
    *,
    effects: Sequence[float],
    weights: Sequence[float],
    alpha: float,
    kappa: float = 1.0,
) -> Effect:
    """Mantel-Haenszel ratio of rates - 1, with a two-sided confidence sequence at 1 - ``alpha``.

    The bounds are the ratios whose mixture e-process stays below 2 / alpha, searched within a
    factor of 50. Raises ValueError where the control has no success in a block with both arms: the
    ratio is undefined.
    """
    total = np.maximum(data.control_trials + data.candidate_trials, 1)
    over = float((data.candidate_successes * data.control_trials / total).sum())
    under = float((data.control_successes * data.candidate_trials / total).sum())
    if under <= 0:
        raise ValueError("the control has no success: a relative effect is undefined")
    limit = float(np.log(2 / alpha))

    def excess(log_null: float, towards: int) -> float:
        null = float(np.exp(log_null))
        ratios = [null * (1 - m) ** -towards for m in effects]
        found = mixture(data, null_ratio=null, ratios=ratios, weights=weights, kappa=kappa)
        return found.log_e - limit

    start = float(np.log(np.clip(over / under, np.exp(-WIDEST), np.exp(WIDEST))))
    lower = _crossing(lambda at: excess(at, 1), start, -WIDEST)
    upper = _crossing(lambda at: excess(at, -1), start, WIDEST)
    return Effect(over / under - 1, float(np.expm1(lower)), float(np.expm1(upper)))


def _crossing(excess: Callable[[float], float], inside: float, outside: float) -> float:
    """Between ``inside`` (not refuted) and ``outside``, where the evidence reaches its limit."""
    if excess(outside) < 0:
        return outside
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if excess(middle) < 0:
            inside = middle
        else:
            outside = middle
    return outside


def _log_ratio(data: Split, null_ratio: float, ratio: float) -> Floats:
    """float64[B]: log-likelihood ratio of each block for ``ratio`` against ``null_ratio``."""
    n0, x0, n1, x1 = data
    total = np.maximum(n0 + n1, 1)
    # ln(q_r / q_0) = ln(r / r0) - ln(D_r / D_0) with D_r = pi r + 1 - pi: no q of 0 or 1 occurs
    shift = np.log((n1 * ratio + n0 + (n0 + n1 == 0)) / total) - np.log(
        (n1 * null_ratio + n0 + (n0 + n1 == 0)) / total
    )
    increments: Floats = x1 * np.log(ratio / null_ratio) - (x0 + x1) * shift
    return increments


def _log_sum(path: Floats, weights: Sequence[float]) -> Floats:
    """Logarithm of sum_j w_j exp(path_j), without overflow."""
    if not path.size:
        return np.zeros(path.shape[-1])
    top = path.max(axis=0)
    mixed: Floats = top + np.log(np.asarray(weights, dtype=np.float64) @ np.exp(path - top))
    return mixed
