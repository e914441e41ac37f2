"""How many rows equal an earlier one by chance: few columns of few values leave no other choice."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slipway.audit.digest import Column, Digest, distinct, mix, of_rows
from slipway.audit.split_sides import SidePair
from slipway.audit.thresholds import CHANCE_COPIES_OTHERS, CHANCE_COPIES_RICHEST


def expected(columns: Sequence[Column], pair: SidePair) -> float:
    """Late rows that would equal an early one by chance, given how often rows nearly do.

    Rows that differ in one column are no copies of each other: how often these agree in another
    column tells how often any rows do that agree in all the rest. Copied rows agree in every
    column without having near misses; honest rows of few values have as many as they should.
    """
    rows = len(pair.early)
    hashed = [mix(of_rows([c], rows) + np.uint64(k + 1)) for k, c in enumerate(columns)]
    if not hashed:
        return float(pair.late.sum())
    whole: Digest = np.add.reduce(hashed)
    values = np.array([distinct(h) for h in hashed])
    order = np.argsort(-values, kind="stable")
    every = _partners(whole, pair)
    found = [float(pair.late.sum())]
    for j in order[:CHANCE_COPIES_RICHEST]:
        most = max(
            (
                _agreeing(whole, hashed[j], hashed[k], every, pair)
                for k in order[::-1][:CHANCE_COPIES_OTHERS]
                if k != j
            ),
            default=_share_of_equals(hashed[j]),
        )
        near = _partners(whole - hashed[j], pair)
        found.append(float(np.sum(1 - (1 - most) ** near)))
    return min(found)


def _agreeing(
    whole: Digest, one: Digest, other: Digest, every: NDArray[np.int64], pair: SidePair
) -> float:
    """Share of row pairs that agree in ``one``, among those that differ in ``other`` alone or in both."""
    equal = float(every.sum())
    without_one = float(_partners(whole - one, pair).sum())
    without_other = float(_partners(whole - other, pair).sum())
    without_both = float(_partners(whole - one - other, pair).sum())
    differ = without_both - without_one
    return (without_other - equal) / differ if differ else 0.0


def _partners(of: Digest, pair: SidePair) -> NDArray[np.int64]:
    """Early rows of the same digest, for each late row."""
    known, count = np.unique(of[pair.early], return_counts=True)
    here = of[pair.late]
    at = np.minimum(np.searchsorted(known, here), len(known) - 1)
    return np.where(known[at] == here, count[at], 0)


def _share_of_equals(of: Digest) -> float:
    _, count = np.unique(of, return_counts=True)
    return float(np.sum((count / len(of)) ** 2))
