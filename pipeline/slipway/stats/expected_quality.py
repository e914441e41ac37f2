"""How good predictions are before their outcomes are known: what calibrated probabilities expect (CBPE).

If an outcome comes with probability c_i, every measure of scores p_i has an expectation without any outcome
(Garg et al. 2022; the estimator is that of NannyML's "confidence-based performance estimation"):

    log loss   - mean(c ln p + (1 - c) ln(1 - p))
    AUC        sum of c_i (1 - c_j) over pairs with p_i > p_j, ties half, / sum of c_i (1 - c_j)
    precision  mean of c over rows with p >= t;   recall  sum of those c / sum of all c

c is the score on the level that older outcomes bear out: a logistic regression on the score's logit and two bends
of it, held to the score itself by a ridge (isotonic regression is too sure at its ends: of 60 weeks the realised log
loss lay inside 90 % bounds in 44), in which a row of the past counts as often as rows like it come now (density
ratio; the idea of PAPE, Bialek et al., arXiv 2401.08348). **All of
it rests on the relation of outcomes to inputs being what it was**: of a changed relation it sees nothing, by
construction (:mod:`slipway.stats.residual_change` does, once outcomes have come).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measures = Mapping[str, float]

RIDGE, KNOTS = 1.0, (0.25, 0.75)
"""What the ridge is worth in rows of the past, and the quantiles of the past at which the map may bend."""
EDGE = 1e-6
"""Probabilities are kept this far inside (0, 1), so that no logarithm is infinite."""


class Calibration(NamedTuple):
    """Probabilities of scores: ln(c / (1 - c)) = z + basis(z) @ ``bend`` [4], z the score's logit.

    The basis is 1, z, and z beyond each of two ``knots``.
    """

    knots: tuple[float, float]
    bend: Floats

    def __call__(self, p: ArrayLike) -> Floats:
        """Probabilities of scores [n]."""
        z = _logit(p)
        found: Floats = np.clip(expit(z + _basis(z, self.knots) @ self.bend), EDGE, 1 - EDGE)
        return found


class Expected(NamedTuple):
    """A measure with the bounds between which its realised value should lie."""

    estimate: float
    lower: float
    upper: float


def calibration(p: ArrayLike, y: ArrayLike, weight: ArrayLike, *, steps: int = 30) -> Calibration:
    """Weighted logistic regression of outcomes [n] in {0, 1} on scores [n], by Newton's steps.

    The ridge is worth :data:`RIDGE` and leaves the level free. Raises ValueError without weight.
    """
    w = np.asarray(weight, np.float64)
    if not w.sum() > 0:
        raise ValueError("no row of the past counts")
    z, outcome = _logit(p), np.asarray(y, np.float64)
    low, high = np.quantile(z[w > 0], KNOTS)
    knots = float(low), float(high)
    basis, held = _basis(z, knots), np.diag([EDGE, RIDGE, RIDGE, RIDGE])
    bend = np.zeros(basis.shape[1])
    for _ in range(steps):
        chance = expit(z + basis @ bend)
        slope = basis.T @ (w * (outcome - chance)) - held @ bend
        curve = (basis.T * (w * chance * (1 - chance))) @ basis + held
        step = np.clip(np.linalg.solve(curve, slope), -2.0, 2.0)
        bend = bend + step
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004 - converged
            break
    return Calibration(knots, bend)


def _logit(p: ArrayLike) -> Floats:
    found: Floats = logit(np.clip(np.asarray(p, np.float64), EDGE, 1 - EDGE))
    return found


def _basis(z: Floats, knots: tuple[float, float]) -> Floats:
    return np.column_stack([np.ones_like(z), z, *(np.maximum(z - at, 0.0) for at in knots)])


def measures(p: ArrayLike, c: ArrayLike, threshold: float) -> Measures:
    """Measures of scores ``p`` [n] whose outcomes come with probabilities ``c`` [n]; 0 and 1 give realised ones.

    A measure that is not defined (no row at or above the threshold, outcomes of one kind) is left out.

    >>> dict(measures([0.2, 0.8], [0, 1], 0.5))["auc"]
    1.0
    """
    score, chance = np.clip(np.asarray(p, np.float64), EDGE, 1 - EDGE), np.asarray(c, np.float64)
    if not len(score):
        return MappingProxyType({})
    logs = chance * np.log(score) + (1 - chance) * np.log1p(-score)
    found = {"log_loss": float(-logs.mean()), "positive_rate": float(chance.mean())}
    taken = score >= threshold
    if taken.any():
        found["precision"] = float(chance[taken].mean())
    if chance.sum() > 0:
        found["recall"] = float(chance[taken].sum() / chance.sum())
    auc = _auc(score, chance)
    return MappingProxyType(found | ({"auc": auc} if np.isfinite(auc) else {}))


def expected(
    past: tuple[ArrayLike, ArrayLike, ArrayLike],
    p: ArrayLike,
    *,
    threshold: float,
    level: float,
    draws: int,
    rng: np.random.Generator,
    users: tuple[ArrayLike, ArrayLike] | None = None,
) -> Mapping[str, Expected]:
    """Measures of scores ``p`` [n] without outcomes, from those of the ``past``: scores, outcomes, weights [m].

    Between the bounds the realised value lies with probability ``level``: the past is resampled (what is
    not sure of the calibration) and outcomes are drawn (chance), ``draws`` times with ``rng``. ``users``
    (of the past [m], of now [n]) are resampled whole, and what they differ in widens the bounds.
    """
    score, outcome, weight = (np.asarray(each, np.float64) for each in past)
    now = np.asarray(p, np.float64)
    of_past, of_now = (
        np.unique(np.asarray(each), return_inverse=True)[1]
        for each in users or (np.arange(len(score)), np.arange(len(now)))
    )
    fitted = calibration(score, outcome, weight)
    middle = measures(now, fitted(now), threshold)
    wider = _wider(fitted(score), outcome, of_past, of_now)
    drawn: dict[str, list[float]] = {name: [] for name in middle}
    for _ in range(draws):
        again = rng.poisson(1.0, int(of_past.max(initial=-1)) + 1)[of_past] * weight
        if not again.any():
            continue
        chance = calibration(score, outcome, again)(now)
        mean = measures(now, chance, threshold)
        each = measures(now, (rng.random(len(now)) < chance).astype(np.float64), threshold)
        for name in drawn.keys() & each.keys() & mean.keys():
            found = mean[name] + wider * (each[name] - mean[name])
            drawn[name].append(max(found, 0.0) if name == "log_loss" else min(max(found, 0.0), 1.0))
    tails = (1 - level) / 2, (1 + level) / 2
    return {
        name: Expected(value, *(float(q) for q in np.quantile(drawn[name], tails)))
        for name, value in middle.items()
        if drawn[name]
    }


def _wider(chance: Floats, outcome: Floats, of_past: Ints, of_now: Ints) -> float:
    """How much wider outcomes scatter than if each were a chance of its own: users differ in more than scores say.

    sqrt(1 + rho (sum n_g^2 / sum n_g - 1)) over users of now; rho is the mean product of standardised residuals
    of two rows of one user of the past.
    """
    residual = (outcome - chance) / np.sqrt(chance * (1 - chance))
    of_user, size = np.bincount(of_past, weights=residual), np.bincount(of_past)
    pairs = float((size * (size - 1)).sum())
    if not pairs:
        return 1.0
    rho = max(0.0, float((of_user**2).sum() - (residual**2).sum()) / pairs)
    many = np.bincount(of_now).astype(np.float64)
    return float(np.sqrt(1 + rho * ((many**2).sum() / max(many.sum(), 1.0) - 1)))


def effective_rows(weight: ArrayLike) -> float:
    """How many rows of equal weight are worth as much (Kish): (sum w)^2 / sum w^2; 0 of none.

    >>> effective_rows([1, 1, 1, 0])
    3.0
    """
    w = np.asarray(weight, np.float64)
    square = float((w * w).sum())
    return float(w.sum()) ** 2 / square if square > 0 else 0.0


def _auc(score: Floats, chance: Floats) -> float:
    """Over distinct scores: pairs of an outcome and none that are in order, ties half; NaN of one kind."""
    own, place = np.unique(score, return_inverse=True)
    came = np.bincount(place, weights=chance, minlength=len(own))
    not_come = np.bincount(place, weights=1 - chance, minlength=len(own))
    below = np.cumsum(not_come) - not_come
    pairs = came.sum() * not_come.sum()
    return float((came * (below + not_come / 2)).sum() / pairs) if pairs > 0 else float("nan")
