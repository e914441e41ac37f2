"""Several sets of trees that answer as one: the weighted mean of their log-odds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from slipway.artifact.trees import CompiledTrees
from slipway.domain.errors import BadInput

Array = npt.NDArray[np.float64]

TREES, MODEL = "trees.npz", "model.skops"
"""The first set's compiled arrays, and the fitted pipeline that they were compiled from."""


@dataclass(frozen=True, eq=False)
class Ensemble:
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
        from scipy.special import expit  # the very function scikit-learn calls

        probability: Array = expit(self.raw_scores(rows))
        return probability

    def save(self, folder: Path) -> None:
        """Write a file per set."""
        for index, trees in enumerate(self.sets):
            trees.save(folder / file_of(TREES, index))

    @classmethod
    def load(cls, folder: Path, weights: Sequence[float]) -> "Ensemble":
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


def mean_of(scores: Sequence[Array], weights: Sequence[float]) -> Array:
    """Weighted sum of log-odds, added in order."""
    total: Array = scores[0] * weights[0]
    for score, weight in zip(scores[1:], weights[1:], strict=True):
        total = total + score * weight
    return total


def file_of(name: str, index: int) -> str:
    """The file of set ``index``.

    >>> file_of("trees.npz", 0), file_of("trees.npz", 2)
    ('trees.npz', 'trees_2.npz')
    """
    stem, _, suffix = name.partition(".")
    return f"{stem}_{index}.{suffix}" if index else name
