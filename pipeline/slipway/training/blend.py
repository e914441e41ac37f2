"""Several sets of trees that answer as one: the weighted mean of their log-odds.

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

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput
from slipway.training.compiled import CompiledTrees

Array = npt.NDArray[np.float64]

TREES, MODEL = "trees.npz", "model.skops"
LEAST = 0.05
"""A smaller weight is not worth a set of trees at every request."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Tree sets of equal width with ``weights`` that sum to 1; the newest one first."""

    sets: tuple[CompiledTrees, ...]
    weights: tuple[float, ...] = (1.0,)

    @property
    def width(self) -> int:
        """Number of input columns."""
        return self.sets[0].width

    def raw_scores(self, rows: npt.ArrayLike) -> Array:
        """Log-odds, float64[n]: set by set, added in their order, so that every bit is fixed."""
        total = self.sets[0].raw_scores(rows)
        return total if len(self.sets) == 1 else mean_of([total, *self._others(rows)], self.weights)

    def _others(self, rows: npt.ArrayLike) -> list[Array]:
        return [trees.raw_scores(rows) for trees in self.sets[1:]]

    def predict_proba(self, rows: npt.ArrayLike) -> Array:
        """Probability of class 1, float64[n]."""
        from scipy.special import expit  # noqa: PLC0415 - the very function scikit-learn calls

        probability: Array = expit(self.raw_scores(rows))
        return probability

    def save(self, folder: Path) -> None:
        """Write a file per set."""
        for place, trees in enumerate(self.sets):
            trees.save(folder / file_of(TREES, place))

    @classmethod
    def load(cls, folder: Path, weights: Sequence[float]) -> "Blend":
        """Read what :meth:`save` wrote; raises BadInput for damage, or sets that do not fit."""
        shares = tuple(weights) or (1.0,)
        sets = tuple(CompiledTrees.load(folder / file_of(TREES, k)) for k in range(len(shares)))
        widths = {trees.width for trees in sets}
        if len(widths) > 1 or not np.isfinite(shares).all() or min(shares) <= 0:
            raise BadInput(
                f"tree sets of {folder.name}",
                found=f"widths {sorted(widths)}, weights {list(shares)}",
                expected="sets of one width with weights above 0",
                next_step="train the interval again; the last good version goes on",
            )
        return cls(sets, shares)


class Lean(NamedTuple):
    """How much the champion weighs in a blend, and what that was decided on.

    ``drift`` is D - chance's share of it: what champion and fresh fit differ by beyond chance, as a
    mean square of log-odds; ``chance`` is V - C.
    """

    weight: float
    drift: float
    chance: float


def mean_of(scores: Sequence[Array], weights: Sequence[float]) -> Array:
    """Weighted sum of log-odds, added in order."""
    total: Array = scores[0] * weights[0]
    for score, weight in zip(scores[1:], weights[1:], strict=True):
        total = total + score * weight
    return total


def file_of(name: str, place: int) -> str:
    """The file of set ``place``.

    >>> file_of("trees.npz", 0), file_of("trees.npz", 2)
    ('trees.npz', 'trees_2.npz')
    """
    stem, _, suffix = name.partition(".")
    return f"{stem}_{place}.{suffix}" if place else name


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


def joined(fresh: Blend, champion: Blend | None, weight: float, most_sets: int) -> Blend:
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
    return Blend(sets, tuple(share / total for share in weights))
