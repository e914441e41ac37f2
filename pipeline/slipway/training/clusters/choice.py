"""How many clusters? As many as other posts of the same kind would give again.

For each number the posts are drawn several times (four in five), clustered, and all partitions
compared on all posts (Ben-Hur, Elisseeff and Guyon 2002; adjusted Rand index of Hubert and Arabie
1985). Too few or too many clusters part the posts differently from draw to draw.
"""

from itertools import combinations

import numpy as np

from slipway.domain.clusters import ClusterRecipe
from slipway.training.clusters.partition import SAMPLE, Floats

_DRAWS = 5
_SHARE = 0.8
_STARTS = 3
_STEP = 0.12  # from number to number, relative: stability is smooth


def stabilities(points: Floats, recipe: ClusterRecipe) -> dict[int, float]:
    """Mean adjusted Rand index between draws, for each number of clusters that was looked at."""
    room = len(points) // recipe.posts_of_cluster
    most = max(recipe.min_clusters, min(recipe.max_clusters, room))
    counts, count = [], recipe.min_clusters
    while count <= most:
        counts.append(count)
        count = max(count + 1, round(count * (1 + _STEP)))
    rng = np.random.default_rng(recipe.seed)
    pool = rng.choice(len(points), min(len(points), SAMPLE), replace=False)
    seen = points[np.sort(pool)]
    draws = [
        np.sort(rng.choice(len(seen), int(_SHARE * len(seen)), replace=False))
        for _ in range(_DRAWS)
    ]
    return {count: _stability(seen, count, draws, recipe.seed) for count in counts}


def _stability(
    points: Floats, count: int, draws: "list[np.ndarray[tuple[int], np.dtype[np.int64]]]", seed: int
) -> float:
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    places = [
        KMeans(count, n_init=_STARTS, random_state=seed).fit(points[rows]).predict(points)
        for rows in draws
    ]
    return float(np.mean([adjusted_rand_score(a, b) for a, b in combinations(places, 2)]))


def choose(stability: dict[int, float], loss: float) -> int:
    """The largest number whose stability is within ``loss`` of the best.

    >>> choose({6: 0.7, 8: 0.9, 10: 0.87, 12: 0.6}, 0.05)
    10
    """
    best = max(stability.values())
    return max(count for count, value in stability.items() if value >= best - loss)
