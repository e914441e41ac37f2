"""Which films are offered together: weighted lists without repeats, drawn quickly."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shelf:
    """Films with weights, from which lists of distinct candidates are drawn quickly.

    One film is drawn from each of ``size`` strata of equal weight, so a draw costs
    ``size · log(films)``; no film weighs more than one stratum, so repeats are neighbours and rare.
    """

    order: Ints
    weight: Floats

    @classmethod
    def of(cls, rng: np.random.Generator, pull: Floats) -> Self:
        """A shelf of the films with positive ``pull [films]``."""
        order = np.flatnonzero(pull > 0)
        rng.shuffle(order)
        return cls(order, pull[order])

    def draw(self, rng: np.random.Generator, n: int, size: int) -> Ints:
        """Candidate lists ``[n, size]`` of distinct films (indices); needs at least ``size`` films."""
        edges = np.cumsum(_capped(self.weight, 0.8 / size))
        points = (np.arange(size) + rng.random((n, size))) / size
        place = np.searchsorted(edges, points * edges[-1], side="right")
        for column in range(1, size):  # a repeat takes the next film of the shelf
            place[:, column] = np.maximum(place[:, column], place[:, column - 1] + 1)
        place[:, -1] = np.minimum(place[:, -1], len(edges) - 1)
        for column in range(size - 2, -1, -1):  # ... or the one before, at the end of the shelf
            place[:, column] = np.minimum(place[:, column], place[:, column + 1] - 1)
        return np.asarray(self.order[place])


def _capped(weight: Floats, cap: float) -> Floats:
    """``weight`` rescaled to 1 with no entry above ``cap`` (the rest shares what is cut)."""
    share = weight / weight.sum()
    for _ in range(8):
        over = share >= cap
        rest = share[~over].sum()
        if not over.any() or rest <= 0:
            break
        share = np.where(over, cap, share * (1 - cap * over.sum()) / rest)
    return np.asarray(np.minimum(share, cap))
