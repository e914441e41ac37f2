"""New topics: groups of posts that are too recent to be chance.

A challenger k-means with more clusters, which counts recent posts more, proposes groups. A group is
a new topic when no living cluster is it already, when its posts lie in their clusters as strangers do
(else a cluster is speaking in new words), and when they are far more often recent than the others: a
binomial test over all groups and horizons tried (Bonferroni), and an odds ratio, so that a topic that
merely has a busy week is none.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.domain.clusters import ClusterRecipe
from slipway.training.clusters.partition import Floats, Ints, lloyd, means, restart, spots

Mask = npt.NDArray[np.bool_]

FADE = 0.5
"""Weight of a post for the challenger, per week of age."""

_TRIES = 2
_MAX_BASE = 0.75  # where most posts are recent anyway, being recent says nothing
_LOOKS = 8


class Births(NamedTuple):
    """Labels int64[n] with the newborn clusters, and their ids."""

    labels: Ints
    newborn: tuple[int, ...]


class _Proposal(NamedTuple):
    p_value: float
    members: Mask


def find(
    points: Floats,
    labels: Ints,
    age: Ints,
    young: tuple[int, ...],
    *,
    next_id: int,
    recipe: ClusterRecipe,
) -> Births:
    """Give new topics a cluster of their own, strongest evidence first.

    Args:
        points: float64[n, d].
        labels: living clusters int64[n].
        age: whole weeks since each post came, int64[n]; 0 is this week.
        young: clusters whose posts are all recent still, for the same topic is not born twice.
        next_id: the first id that was never used.
        recipe: the knobs.
    """
    groups = _groups(points, len(np.unique(labels)), age, recipe)
    alpha = recipe.birth_alpha / max(len(groups) * len(recipe.horizons_weeks), 1)
    newborn: tuple[int, ...] = ()
    while True:
        proposals = _proposals(groups, labels, age, young + newborn, alpha=alpha, recipe=recipe)
        for proposal in proposals[:_LOOKS]:
            ids = [*np.unique(labels).tolist(), next_id]
            centres = means(points, labels, ids[:-1])
            centres = np.vstack([centres, points[proposal.members].mean(axis=0)])
            tried = lloyd(points, centres, ids)
            own = tried == next_id
            accepted = len(np.unique(tried)) == len(ids) and own.sum() >= recipe.min_posts
            accepted = accepted and _recent(own, labels, age, young + newborn, recipe) < alpha
            if accepted and belonging(points, labels, own) < recipe.same_topic:
                break
        else:
            return Births(labels, newborn)
        labels, newborn, next_id = tried, (*newborn, next_id), next_id + 1


def _groups(points: Floats, living: int, age: Ints, recipe: ClusterRecipe) -> list[Mask]:
    """Groups of several sizes: a topic that is small yet shows only among many clusters."""
    weights = FADE ** np.minimum(age, 30).astype(np.float64)
    most = min(len(points) // recipe.min_posts, spots(points))
    sizes = sorted({min(size, most) for size in (living + 4, 2 * living, 4 * living)})
    places = [restart(points, size, _TRIES, recipe.seed, weights) for size in sizes if size > 1]
    masks = [place == group for place in places for group in range(int(place.max()) + 1)]
    return [mask for mask in masks if mask.sum() >= recipe.min_posts]


def _proposals(
    groups: list[Mask],
    labels: Ints,
    age: Ints,
    young: tuple[int, ...],
    *,
    alpha: float,
    recipe: ClusterRecipe,
) -> list[_Proposal]:
    size = np.bincount(labels)
    found = []
    for group in groups:
        shared = np.bincount(labels[group], minlength=len(size))
        likeness = (shared / np.maximum(size + group.sum() - shared, 1)).max()
        if likeness < recipe.same_group:
            p_value = _recent(group, labels, age, young, recipe)
            if p_value < alpha:
                found.append(_Proposal(p_value, group))
    return sorted(found, key=lambda proposal: proposal.p_value)


def belonging(points: Floats, labels: Ints, group: Mask) -> float:
    """How far the posts of ``group`` bool[n] lie in their clusters ``labels``, without each other.

    1: as near the centre as the cluster's other posts are, on average; 0: as far as all other posts.
    New words of an old topic come with old ones, those of a new topic do not.
    """
    near, usual, rest = 0.0, 0.0, ~group
    for cluster in np.unique(labels[group]).tolist():
        own = labels == cluster
        others, strangers = own & rest, ~own & rest
        if others.any() and strangers.any():
            likeness = points @ points[others].mean(axis=0)
            far = likeness[strangers].mean()
            near += (likeness[own & group] - far).sum()
            usual += (likeness[others].mean() - far) * (own & group).sum()
    return float(near / usual) if usual > 0 else 0.0


def _recent(
    group: Mask, labels: Ints, age: Ints, young: tuple[int, ...], recipe: ClusterRecipe
) -> float:
    """Smallest p-value, over the horizons, of this many recent posts in ``group`` by chance.

    The usual share of recent posts is that of all others; for posts of a young cluster that of the
    rest of it, for there being recent is nothing new. 1 where the odds ratio is too small.
    """
    from scipy.stats import binom

    smallest, n = 1.0, int(group.sum())
    for weeks in recipe.horizons_weeks:
        recent = age < weeks
        usual = base = recent[~group].mean()
        for cluster in young:
            own = labels == cluster
            rest = own & ~group
            there = max((recent[rest].sum() + base) / (rest.sum() + 1), base)
            usual += (group & own).sum() / n * (there - base)
        odds = recipe.recency_odds * usual / max(1 - usual, 1e-12)
        count = int(recent[group].sum())
        if 0 < usual < _MAX_BASE and count / n >= odds / (1 + odds):
            smallest = min(smallest, float(binom.sf(count - 1, n, usual)))
    return smallest
