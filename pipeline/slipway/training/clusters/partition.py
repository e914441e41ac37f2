"""A partition of points: its centres, its inertia, Lloyd's steps, the best of some restarts.

Labels are public cluster ids int64[n], not places; ``ids`` are ascending.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SAMPLE = 50_000
"""Restarts beyond this many points are made on a sample and finished on all of them."""

_MAX_STEPS = 300
_DECIMALS = 9  # equal texts differ in the last bits
_ROUNDS = 5  # of giving back: what came back moves the centres and makes room for more


def means(points: Floats, labels: Ints, ids: Sequence[int] | Ints) -> Floats:
    """Centre of each of ``ids``, float64[k, d]."""
    place = np.searchsorted(np.asarray(ids), labels)
    sums = np.zeros((len(ids), points.shape[1]))
    np.add.at(sums, place, points)
    return np.asarray(sums / np.bincount(place, minlength=len(ids))[:, None])


def square_distances(points: Floats, centres: Floats) -> Floats:
    """Squared distance of every point to every centre, float64[n, k]."""
    cross = points @ centres.T
    gap: Floats = (points**2).sum(axis=1)[:, None] - 2 * cross + (centres**2).sum(axis=1)
    return gap.clip(min=0.0)


def inertia(points: Floats, labels: Ints) -> float:
    """Sum of squared distances of the points to the centre of their own cluster."""
    ids, place = np.unique(labels, return_inverse=True)
    rest = points - means(points, labels, ids)[place]
    return float((rest**2).sum())


def nearest(points: Floats, centres: Floats, ids: Sequence[int]) -> Ints:
    """The id int64[n] of the nearest of ``centres`` float64[k, d] of ``ids``."""
    return np.asarray(np.asarray(ids, np.int64)[square_distances(points, centres).argmin(axis=1)])


def lloyd(points: Floats, centres: Floats, ids: Sequence[int]) -> Ints:
    """Labels int64[n] after Lloyd's steps from ``centres`` float64[k, d] of ``ids``, to the end.

    An id whose cluster ran empty is not given to other posts: it is missing in the answer.
    """
    from sklearn.cluster import KMeans

    used = np.unique(
        square_distances(points, centres).argmin(axis=1)
    )  # scikit-learn would move an empty centre to far posts
    fit = KMeans(len(used), init=centres[used], n_init=1, max_iter=_MAX_STEPS, tol=0).fit(points)
    return np.asarray(np.asarray(ids, np.int64)[used][fit.labels_])


def spots(points: Floats) -> int:
    """How many different points there are: no fit can have more clusters."""
    return len(np.unique(points.round(_DECIMALS), axis=0))


def restart(
    points: Floats, count: int, tries: int, seed: int, weights: Floats | None = None
) -> Ints:
    """Places int64[n] of the best of ``tries`` fresh k-means fits (k-means++ starts)."""
    from sklearn.cluster import KMeans

    few, own = points, weights
    if len(points) > SAMPLE:
        rows = np.random.default_rng(seed).choice(len(points), SAMPLE, replace=False)
        few, own = points[rows], None if weights is None else weights[rows]
    fit = KMeans(count, n_init=tries, random_state=seed).fit(few, sample_weight=own)
    if few is not points:
        fit = KMeans(count, init=fit.cluster_centers_, n_init=1).fit(points, sample_weight=weights)
    return np.asarray(fit.labels_, np.int64)


def stay(points: Floats, labels: Ints, before: Ints, budget: float) -> Ints:
    """``labels`` with last week's id given back to posts that moved for little.

    ``before`` int64[n] are last week's ids (-1: none). The cheapest moves are taken back first, as
    long as the inertia grows by at most ``budget``, relative: a move over the border between two
    clusters is chance, a long one is not.
    """
    allowed, kept = (1 + budget) * inertia(points, labels), labels
    for _ in range(_ROUNDS):
        spent = inertia(points, kept)
        back = _cheapest(points, kept, before, allowed - spent)
        if not len(back):
            break
        kept = kept.copy()
        kept[back] = before[back]
    return kept


def _cheapest(points: Floats, labels: Ints, before: Ints, budget: float) -> Ints:
    """Posts int64[m] that go back for at most ``budget`` more inertia, all together."""
    ids = np.unique(labels)
    moved = np.flatnonzero((before != labels) & np.isin(before, ids))
    gap = square_distances(points[moved], means(points, labels, ids))
    row = np.arange(len(moved))
    cost = gap[row, np.searchsorted(ids, before[moved])]
    cost = np.maximum(cost - gap[row, np.searchsorted(ids, labels[moved])], 0.0)
    order = np.argsort(cost, kind="stable")
    return np.asarray(moved[order[cost[order].cumsum() <= budget]])
