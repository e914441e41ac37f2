"""How much of last week's model goes into this week's ensemble of tree sets.

A running blend with the champion is an exponential average of models: this week's fit and last week's
model, which may be a blend itself. It halves what changes from week to week and, while tastes drift
slowly, is also the better model, because two weeks' noise is averaged. How much the champion may weigh
follows from what was measured. Write z for log-odds, V for the variance of a fresh fit that chance
makes, and D for the mean square of what champion and fresh fit differ by, weighted by p (1 - p), which
is what log-loss feels. Then E|w z_champion + (1 - w) z_fresh - z_true|^2 is least at

    w = (V - C) / D,

with C the covariance of the two that comes of training rows in common. Drift is in D alone: after a
break D grows and w goes to 0.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.ensemble import Ensemble

Array = npt.NDArray[np.float64]

LEAST = 0.05
"""A smaller weight is not worth a set of trees at every request."""


class Lean(NamedTuple):
    """How much the champion weighs in a blend, and what that was decided on.

    ``drift`` is D - chance's share of it: what champion and fresh fit differ by beyond chance, as a
    mean square of log-odds; ``chance`` is V - C.
    """

    weight: float
    drift: float
    chance: float


def lean(
    champion: Array, fresh: Array, halves: tuple[Array, Array], common: float, most: float
) -> Lean:
    """The champion's weight from log-odds float64[n] on the same rows.

    ``halves`` come from fits on disjoint halves of the training rows: a quarter of the mean square
    of their difference is V. ``common`` is the share of training rows that champion and fresh fit
    both saw. ``most`` caps the weight; below :data:`LEAST` it is 0.
    """
    p = 1 / (1 + np.exp(-fresh))
    felt = p * (1 - p)

    def square(difference: Array) -> float:
        return float((felt * difference**2).sum() / felt.sum())

    apart = square(champion - fresh)
    chance = square(halves[0] - halves[1]) / 4 * (1 - common)
    if apart == 0:
        return Lean(most, 0.0, chance)
    weight = min(most, chance / apart)
    return Lean(weight if weight >= LEAST else 0.0, max(0.0, apart - 2 * chance), chance)


def joined(fresh: Ensemble, champion: Ensemble | None, weight: float, most_sets: int) -> Ensemble:
    """``fresh`` and ``champion`` at ``weight``; the oldest sets go, so that serving stays fast."""
    if champion is None or weight <= 0:
        sets, weights = fresh.sets, fresh.weights
    else:
        sets = (*fresh.sets, *champion.sets)
        weights = (
            *((1 - weight) * share for share in fresh.weights),
            *(weight * share for share in champion.weights),
        )
    sets, weights = sets[:most_sets], weights[:most_sets]
    total = sum(weights)
    return Ensemble(sets, tuple(share / total for share in weights))
