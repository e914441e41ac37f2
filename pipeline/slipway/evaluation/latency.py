"""Two rankers timed in turns on the same lists: the ratio is the machine's answer, not its mood."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from slipway.artifact.ranker import Array, Ranker

PAIRS = 300
"""Timed pairs; the ratio of medians is then known to a few percent on a busy machine."""

WARM_UP = 10
RESAMPLES = 400
CONFIDENCE = 0.95
SEED = 7

Timer = Callable[[], float]


class PairedRatio(NamedTuple):
    """Ratio of median times candidate / other, with bootstrap bounds over the pairs."""

    median: float
    lower: float
    upper: float


def paired_ratio(
    candidate: Ranker, other: Ranker, features: Array, rows: int, timer: Timer
) -> PairedRatio:
    """Time both on lists of ``rows`` rows out of ``features``, each first in every other pair.

    ``timer`` gives seconds that only grow. Bounds are the 95 % percentile bootstrap of the pairs.
    """
    lists = [features[at : at + rows] for at in range(0, len(features) - rows + 1, rows)]
    for place in range(WARM_UP):
        for ranker in (candidate, other):
            ranker.score(lists[place % len(lists)])
    seconds = np.empty((PAIRS, 2))
    for place in range(PAIRS):
        order = ((0, candidate), (1, other)) if place % 2 else ((1, other), (0, candidate))
        for column, ranker in order:
            begun = timer()
            ranker.score(lists[place % len(lists)])
            seconds[place, column] = timer() - begun
    return ratio_of(seconds)


def ratio_of(seconds: Array) -> PairedRatio:
    """Ratio of medians of the columns of ``seconds`` float64[pairs, 2], resampling pairs.

    >>> ratio_of(np.array([[2.0, 1.0]] * 9))
    PairedRatio(median=2.0, lower=2.0, upper=2.0)
    """
    rng = np.random.default_rng(SEED)
    drawn = seconds[rng.integers(0, len(seconds), (RESAMPLES, len(seconds)))]
    medians = np.median(drawn, axis=1)
    tail = (1 - CONFIDENCE) / 2
    lower, upper = np.quantile(medians[:, 0] / medians[:, 1], [tail, 1 - tail])
    middle = np.median(seconds, axis=0)
    return PairedRatio(float(middle[0] / middle[1]), float(lower), float(upper))
