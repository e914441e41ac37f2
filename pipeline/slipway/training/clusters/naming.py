"""Names from top words, which stay until the cluster means something else."""

from datetime import date

import numpy as np

from slipway.domain.cluster import Cluster
from slipway.domain.clusters import ClusterRecipe
from slipway.training.clusters.space import Space, heaviest
from slipway.training.clusters.state import Ints, State

Terms = tuple[tuple[str, float], ...]

TOP = 30
"""Words that make up a cluster's meaning."""

_IN_NAME = 3


def clusters(
    space: Space,
    labels: Ints,
    last: State | None,
    cut: date,
    *,
    parents: dict[int, int],
    recipe: ClusterRecipe,
) -> tuple[Cluster, ...]:
    """The living clusters, ascending by id, named."""
    found = []
    for number in np.unique(labels).tolist():
        terms: Terms = tuple(heaviest(space, labels == number, TOP))
        known = last.cluster(number) if last else None
        keeps = known is not None and likeness(terms, known.named_for) >= recipe.same_meaning
        found.append(
            Cluster(
                id=number,
                name=known.name if known and keeps else name(terms),
                born=known.born if known else cut,
                posts=int((labels == number).sum()),
                terms=terms,
                named_for=known.named_for if known and keeps else terms,
                parent=known.parent if known else parents.get(number),
            )
        )
    return tuple(found)


def name(terms: Terms) -> str:
    """The heaviest words.

    >>> name((("beer", 0.4), ("hops", 0.2), ("malt", 0.1), ("the", 0.0)))
    'beer, hops, malt'
    """
    return ", ".join(word for word, _ in terms[:_IN_NAME]) or "no words of its own"


def likeness(first: Terms, second: Terms) -> float:
    """Cosine of two weighted lists of words, in [0, 1]; 1 for two empty ones.

    >>> likeness((("beer", 1.0),), (("beer", 2.0),))
    1.0
    """
    a, b = dict(first), dict(second)
    if not a or not b:
        return float(a == b)
    norm = np.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return float(sum(weight * b.get(word, 0.0) for word, weight in a.items()) / norm)
