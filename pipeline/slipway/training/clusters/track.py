"""Clusters that are the same clusters as last week.

The words' space is fitted again each week, so last week's centres mean nothing in it: what is
carried over is the posts' ids. Their centres are computed in the new space and the new posts sorted
to the nearest, and then: new topics get their own cluster (:mod:`births`), before anything moves,
for many new posts would drag the old centres along → Lloyd's steps → dying clusters retire → what
became worse than a fresh fit is repaired at the fewest changed ids (:mod:`repair`), with posts that
moved for little given back (:func:`partition.stay`). An id that is gone is never given again.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from slipway.domain.clusters import ClusterRecipe
from slipway.domain.errors import BadInput
from slipway.training.clusters import births, choice, naming
from slipway.training.clusters import partition as parts
from slipway.training.clusters import repair as mend
from slipway.training.clusters.changes import Change
from slipway.training.clusters.sorter import sorter
from slipway.training.clusters.space import Space, embed, known_words
from slipway.training.clusters.state import Ints, Posts, State, Week

_DYING = 0.25
"""A cluster with less than this of the usual share of fresh posts, and of the usual size, retires."""

_FRESH_WEEKS = 2


def first(posts: Posts, recipe: ClusterRecipe) -> Week:
    """The first week: as many clusters as are stable, the best of many starts.

    Raises BadInput for posts that cannot be clustered.
    """
    with threadpool_limits(limits=1):
        space = embed_checked(posts, recipe, recipe.min_clusters)
        stability = choice.stabilities(space.vectors, recipe)
        count = choice.choose(stability, recipe.stability_loss)
        labels = parts.restart(space.vectors, count, 3 * recipe.restarts, recipe.seed)
        before = np.full(len(labels), -1)
        return _week(
            posts,
            space,
            labels,
            before,
            recipe=recipe,
            reference=mend.BestFits(space.vectors, recipe),
            stability=stability,
        )


def follow(posts: Posts, last: State, recipe: ClusterRecipe) -> Week:
    """The week after ``last``; the same posts, state and recipe give the same bits.

    Raises BadInput for posts that cannot be clustered, that share no post with last week, or whose
    words turned over.
    """
    with threadpool_limits(limits=1):
        before = carried(posts, last)
        space = embed_checked(posts, recipe, len(np.unique(before[before >= 0])))
        ids = np.unique(before[before >= 0]).tolist()
        own = before >= 0
        centres = parts.means(space.vectors[own], before[own], ids)
        held = np.where(own, before, parts.nearest(space.vectors, centres, ids))
        young = _young(last, posts)
        born = births.find(
            space.vectors, held, posts.age, young, next_id=last.next_id, recipe=recipe
        )
        labels = _settled(space, born.labels)
        labels = _retire(space, labels, posts, recipe)
        next_id = last.next_id + len(born.newborn)
        young += born.newborn
        reference = mend.BestFits(space.vectors, recipe)
        mended = mend.repair(
            space.vectors,
            labels,
            before,
            young,
            next_id=next_id,
            reference=reference,
            recipe=recipe,
        )
        return _week(
            posts,
            space,
            mended.labels,
            before,
            recipe=recipe,
            reference=reference,
            last=last,
            newborn=born.newborn,
            mended=mended,
        )


def carried(posts: Posts, last: State) -> Ints:
    """Last week's id of each post, int64[n]; -1 where the post is new.

    Raises BadInput where no post was there last week.
    """
    place = np.searchsorted(last.posts, posts.ids)
    place = np.minimum(place, len(last.posts) - 1)
    before = np.where(last.posts[place] == posts.ids, last.labels[place], -1)
    if (before < 0).all():
        raise BadInput(
            "posts of last week in this window",
            found=0,
            expected=f"some of the {len(last.posts):,} that were clustered as of {last.cut}",
            next_step="ids cannot be carried over the gap: run the weeks between first",
        )
    return np.asarray(before, np.int64)


def embed_checked(posts: Posts, recipe: ClusterRecipe, clusters: int) -> Space:
    """The space of the posts; raises BadInput, in plain words, for what cannot be clustered."""
    fresh = posts.age == 0
    _refuse_unless(fresh.any(), "posts of this week", 0, "one or more")
    least = clusters * recipe.min_posts
    _refuse_unless(
        len(posts.ids) >= least,
        "posts in the window",
        len(posts.ids),
        f">= {least}: {recipe.min_posts} for each of {clusters} clusters",
    )
    different = len(set(posts.texts))
    _refuse_unless(different >= least, "different posts", different, f">= {least}")
    space = embed(posts.texts, recipe)
    spots = parts.spots(space.vectors)
    _refuse_unless(spots > clusters, "posts with different words", spots, f"> {clusters}")
    said = float((space.weights[fresh].getnnz(axis=1) > 0).mean())
    _refuse_unless(
        said >= recipe.min_known_words,
        "share of this week's posts with words",
        round(said, 3),
        f">= {recipe.min_known_words}",
    )
    known = known_words(space, fresh)
    _refuse_unless(
        known >= recipe.min_known_words,
        "share of this week's words known from before",
        round(known, 3),
        f">= {recipe.min_known_words}",
    )
    return space


def checksums(texts: Sequence[str]) -> Ints:
    """A checksum of each text, to see later that a post was edited."""
    return np.array([zlib.crc32(text.encode()) for text in texts], np.int64)


def _refuse_unless(fine: bool, what: str, found: object, expected: str) -> None:
    if not fine:
        raise BadInput(
            what,
            found=found,
            expected=expected,
            next_step="look at the posts; nothing was trained and last week's clusters stay",
        )


def _settled(space: Space, labels: Ints) -> Ints:
    """Labels after Lloyd's steps from the centres of ``labels``."""
    ids = np.unique(labels).tolist()
    return parts.lloyd(space.vectors, parts.means(space.vectors, labels, ids), ids)


def _retire(space: Space, labels: Ints, posts: Posts, recipe: ClusterRecipe) -> Ints:
    """Labels without the clusters that are small and get hardly any new posts.

    Hardly any is measured against posts that come evenly: where a flood comes in elsewhere, the
    others do not die of it.
    """
    fresh = posts.age < _FRESH_WEEKS
    alive = _DYING * min(fresh.mean(), _FRESH_WEEKS / posts.weeks)
    for cluster in np.unique(labels).tolist():
        ids, own = np.unique(labels), labels == cluster
        usual = _DYING * len(labels) / len(ids)
        dying = fresh[own].mean() <= alive and own.sum() < usual
        if len(ids) > 2 and (dying or own.sum() < recipe.min_posts // 2):  # noqa: PLR2004 - k-means
            left = [i for i in ids.tolist() if i != cluster]
            centres = parts.means(space.vectors[~own], labels[~own], left)
            labels = parts.lloyd(space.vectors, centres, left)
    return labels


def _young(last: State, posts: Posts) -> tuple[int, ...]:
    """Clusters that were born within the window: all their posts are recent."""
    days = {cluster.id: (posts.cut - cluster.born).days for cluster in last.clusters}
    oldest = min(last.clusters, key=lambda cluster: cluster.born).born
    born = {cluster.id: cluster.born > oldest for cluster in last.clusters}
    return tuple(i for i, age in days.items() if born[i] and age < 7 * posts.weeks)


def _week(
    posts: Posts,
    space: Space,
    labels: Ints,
    before: Ints,
    *,
    recipe: ClusterRecipe,
    reference: mend.BestFits,
    last: State | None = None,
    newborn: tuple[int, ...] = (),
    mended: Change | None = None,
    stability: dict[int, float] | None = None,
) -> Week:
    added, merged = (mended.added, mended.merged) if mended else ((), {})
    parents = mended.split_off(before) if mended else {}
    living = np.unique(labels).tolist()
    earlier = [cluster.id for cluster in last.clusters] if last else []
    ever = [*earlier, *newborn, *added, *living]
    state = State(
        posts.cut,
        posts.ids,
        labels,
        checksums(posts.texts),
        naming.clusters(space, labels, last, posts.cut, parents=parents, recipe=recipe),
        max((last.next_id if last else 0), max(ever) + 1),
        sorter(space, labels),
    )
    return Week(
        state,
        before,
        born=tuple(i for i in (*newborn, *added) if i in living and i not in parents),
        parents=parents,
        merged={i: into for i, into in merged.items() if i in earlier},
        retired=tuple(i for i in earlier if i not in living and i not in merged),
        inertia=1 + reference.gap(labels),
        known_words=known_words(space, posts.age == 0),
        stability=stability or {},
    )
