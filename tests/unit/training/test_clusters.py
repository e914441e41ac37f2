"""Clusters that keep their ids: what stays, what is new, what is refused."""

import itertools
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from slipway.domain.cluster import Cluster
from slipway.domain.clusters import ClusterRecipe
from slipway.domain.errors import BadConfig, BadInput
from slipway.training.clusters import births, changes, choice, folder, naming, partition
from slipway.training.clusters.state import Posts
from slipway.training.clusters.track import first, follow
from support.topics import TopicWorld, generate

RECIPE = ClusterRecipe("test", restarts=5, dimensions=40, min_clusters=4, max_clusters=10)
SCENE = TopicWorld(weeks=16, topics=6, beginning=1, ending=1, posts_a_week=90, clear=(0.45, 0.6))
WINDOW = 6
START = date(2026, 1, 5)


def posts_of(stream, week, order=None):
    """The posts of the window that ends with ``week``."""
    rows = np.flatnonzero((stream.week > week - WINDOW) & (stream.week <= week))
    rows = rows if order is None else rows[order(len(rows))]
    ids = np.array([f"{row:06d}" for row in rows])
    texts = tuple(stream.texts[row] for row in rows)
    age = (week - stream.week[rows]).astype(np.int64)
    return Posts(ids, age, texts, START + timedelta(weeks=week + 1), WINDOW)


@pytest.fixture(scope="module")
def weeks():
    """Eleven weeks of tracked clusters, and the stream they come from."""
    stream = generate(SCENE, 3)
    found = [first(posts_of(stream, WINDOW - 1), RECIPE)]
    for week in range(WINDOW, SCENE.weeks):
        found.append(follow(posts_of(stream, week), found[-1].state, RECIPE))
    return stream, found


def test_posts_keep_their_ids_where_a_fixed_seed_loses_them(weeks):
    """98 % of the posts keep their cluster's id from week to week; fixed-seed k-means does not."""
    _, found = weeks
    kept = []
    for week in found[1:]:
        known = week.before >= 0
        kept.append((week.before[known] == week.state.labels[known]).mean())
    assert np.mean(kept) >= 0.98


def test_the_clusters_are_the_topics(weeks):
    """Clusters agree with the topics the posts were generated from."""
    stream, found = weeks
    truth = stream.topic[[int(post) for post in found[-1].state.posts]]
    assert adjusted_rand_score(truth, found[-1].state.labels) > 0.8


def test_a_new_topic_is_born_once_and_in_time(weeks):
    """The topic that begins has one new id within two weeks, and quiet weeks have no births."""
    stream, found = weeks
    begun = int(stream.begins.max())
    born = [WINDOW - 1 + n for n, week in enumerate(found) for _ in week.born]
    assert len(born) == 1
    assert 0 <= born[0] - begun <= 2


def test_ids_are_never_given_twice(weeks):
    """An id that is gone stays gone, and the next free id only grows."""
    _, found = weeks
    gone = set()
    for earlier, later in itertools.pairwise(found):
        old = {c.id for c in earlier.state.clusters}
        new = {c.id for c in later.state.clusters}
        gone |= old - new
        assert not gone & new
        assert all(i >= earlier.state.next_id for i in new - old)
        assert later.state.next_id >= earlier.state.next_id
    assert gone


def test_inertia_is_that_of_the_best_restarts(weeks):
    """Inertia is within 1 % of the best of 20 fresh fits of scikit-learn with as many clusters."""
    _, found = weeks
    assert all(week.inertia <= 1.01 for week in found)


def test_names_stay(weeks):
    """A cluster's name changes only where its words did, and that is rare."""
    _, found = weeks
    stayed = []
    for earlier, later in itertools.pairwise(found):
        for cluster in later.state.clusters:
            known = earlier.state.cluster(cluster.id)
            if known is not None:
                stayed.append(known.name == cluster.name)
                same = naming.likeness(cluster.terms, known.named_for) >= RECIPE.same_meaning
                assert stayed[-1] == same
    assert np.mean(stayed) > 0.9


def test_a_name_goes_when_the_meaning_moved():
    """A cluster whose words are others gets another name, and keeps its id and birthday."""
    old = (("beer", 1.0), ("hops", 0.5))
    new = (("wine", 1.0), ("grape", 0.5))
    assert naming.likeness(old, new) < RECIPE.same_meaning
    assert naming.name(new) == "wine, grape"
    assert Cluster(1, "beer, hops", START, 5, old, old).name != naming.name(new)


def test_another_process_gives_the_same_bits():
    """Hash seed and thread count change neither ids nor names nor centres."""
    code = (
        "from test_clusters import *\n"
        "stream = generate(SCENE, 5)\n"
        "one = first(posts_of(stream, 5), RECIPE)\n"
        "two = follow(posts_of(stream, 6), one.state, RECIPE)\n"
        "print(two.state.labels.tolist(), two.state.clusters, two.inertia)\n"
    )
    here, said = Path(__file__).parent, []
    for seed, threads in (("1", "1"), ("77", "2")):
        path = os.pathsep.join([str(here), str(here.parents[1])])
        extra = {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | extra, capture_output=True, check=True
        )
        said.append(done.stdout)
    assert said[0] == said[1]


def test_lloyd_is_scikit_learns():
    """From the same centres, Lloyd's steps end where scikit-learn's do."""
    points = np.random.default_rng(0).normal(size=(200, 5))
    start = points[:4]
    mine = partition.lloyd(points, start, [3, 5, 8, 9])
    theirs = KMeans(4, init=start, n_init=1, tol=0).fit(points)
    assert mine.tolist() == np.array([3, 5, 8, 9])[theirs.labels_].tolist()
    assert partition.inertia(points, mine) == pytest.approx(theirs.inertia_)


def test_a_post_goes_back_only_as_far_as_the_budget():
    """Moves over a border are taken back, cheapest first, and the inertia stays in its budget."""
    points = np.array([[0.0], [0.1], [0.49], [0.51], [0.9], [1.0]])
    labels, before = np.array([1, 1, 1, 2, 2, 2]), np.array([1, 1, 2, 1, 1, 2])
    free = partition.stay(points, labels, before, 0.0)
    some = partition.stay(points, labels, before, 0.3)
    assert free.tolist() == labels.tolist()
    assert some.tolist() == [1, 1, 2, 1, 2, 2]


def test_posts_go_back_as_long_as_the_inertia_allows():
    """What is given back may make room for more, and the budget on the inertia is never overdrawn."""
    rng = np.random.default_rng(4)
    points = rng.normal(size=(300, 3))
    before, labels = rng.integers(0, 4, 300), partition.restart(points, 4, 3, 1)
    for budget in (0.01, 0.1, 0.5):
        stayed = partition.stay(points, labels, before, budget)
        assert partition.inertia(points, stayed) <= (1 + budget) * partition.inertia(points, labels)
        assert (stayed == before).sum() > (labels == before).sum()


def test_a_flood_of_new_posts_leaves_the_old_ones_where_they_were():
    """Posts that a flood had dragged along go back to their clusters, and the flood gets its own."""
    of = np.repeat([0, 3, 20], [40, 40, 400])
    points = of[:, None] + np.random.default_rng(5).normal(size=(480, 2)) / 4
    old = of < 20
    before = np.where(old, of // 3, -1)
    dragged = partition.lloyd(points, partition.means(points[old], before[old], [0, 1]), [0, 1])
    assert (dragged[old] != before[old]).any()
    for way in changes.arrivals(points, dragged, before, 7, RECIPE):
        assert way.labels[old].tolist() == before[old].tolist()
        assert min(way.added) == 7


def test_a_cluster_was_split_off_from_the_one_it_took_most_posts_of():
    """Of two new clusters the one of new posts alone is a new topic; one that is gone is neither."""
    labels, before = np.array([1, 7, 7, 7, 7, 8, 8]), np.array([1, 1, 2, 2, -1, -1, -1])
    assert changes.Change(labels, (7, 8, 9), {}).split_off(before) == {7: 2}


def test_a_new_cluster_of_the_posts_of_one_that_is_gone_is_that_one():
    """It gets its id back, once; a new cluster of posts whose own cluster lives stays new."""
    before = np.array([1, 1, 2, 2, 3, 3, 3, -1])
    labels = np.array([1, 7, 8, 8, 9, 9, 10, 9])
    kept = changes.Change(labels, (7, 8, 9, 10), {3: 1, 2: 1}).reclaimed(before)
    assert kept.labels.tolist() == [1, 7, 2, 2, 3, 3, 10, 3]
    assert (kept.added, kept.merged) == ((7, 10), {})


def test_a_fresh_fit_takes_over_the_names():
    """The same partition under other numbers gets its ids back; what is new gets a new id."""
    labels = np.repeat([3, 5, 9], 30)
    again = changes.renamed(np.repeat([2, 0, 1], 30), labels, 12)
    assert again.labels.tolist() == labels.tolist()
    assert (again.added, again.merged) == ((), {})
    halves = changes.renamed(np.repeat([0, 0, 1, 2], [30, 30, 20, 10]), labels, 12)
    assert halves.added == (12,)
    assert len(halves.merged) == 1
    assert halves.smallest == 10


def test_quiet_weeks_have_no_births():
    """Of 40 windows of posts that come evenly, none is said to have a new topic."""
    false = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        centres = rng.normal(size=(5, 8)) * 3
        of = rng.integers(0, 5, 400)
        points = centres[of] + rng.normal(size=(400, 8))
        age = rng.integers(0, 8, 400)
        found = births.find(points, of, age, (), next_id=5, recipe=RECIPE)
        false += len(found.newborn)
    assert false == 0


def new_words(kept):
    """Five topics' points, labels and ages; the first one's new posts keep ``kept`` of its words."""
    rng = np.random.default_rng(7)
    of, age = rng.integers(0, 5, 500), rng.integers(0, 4, 500)
    centres = np.eye(8)[of]
    late = (of == 0) & (age == 0)
    centres[late] = kept * np.eye(8)[0] + (1 - kept) * np.eye(8)[6]
    points = centres + rng.normal(size=(500, 8)) / 12
    return points / np.linalg.norm(points, axis=1, keepdims=True), of, age, late


@pytest.mark.parametrize(("kept", "born"), [(1.0, 0), (0.5, 0), (0.1, 1), (0.0, 1)])
def test_new_words_of_an_old_topic_are_no_new_topic(kept, born):
    """A topic that takes new words beside its old ones is not born again; other words are new."""
    points, of, age, late = new_words(kept)
    found = births.find(points, of, age, (), next_id=5, recipe=RECIPE)
    assert len(found.newborn) == born
    if born:
        assert (late == (found.labels == 5)).mean() > 0.99


@pytest.mark.parametrize(("kept", "belongs"), [(1.0, 1.0), (0.0, 0.0)])
def test_belonging_is_one_for_members_and_none_for_strangers(kept, belongs):
    """Posts as near as the cluster's own belong wholly, posts as far as others' not at all."""
    points, of, _, late = new_words(kept)
    assert births.belonging(points, of, late) == pytest.approx(belongs, abs=0.1)


def test_a_flood_of_one_text_is_no_more_than_one_cluster():
    """Equal posts are given one new cluster at most: there is nothing to part them by."""
    points = np.repeat([[0.0, 1.0], [1.0, 0.0], [5.0, 5.0]], [30, 30, 90], axis=0)
    before = np.repeat([0, 1, -1], [30, 30, 90])
    labels = np.repeat([0, 1, 1], [30, 30, 90])
    ways = list(changes.arrivals(points, labels, before, 2, RECIPE))
    assert [way.smallest for way in ways] == [90]


def test_a_stable_number_of_clusters_is_found():
    """Well-parted groups are counted right."""
    rng = np.random.default_rng(2)
    points = rng.normal(size=(7, 10))[rng.integers(0, 7, 600)] * 4 + rng.normal(size=(600, 10))
    assert choice.choose(choice.stabilities(points, RECIPE), RECIPE.stability_loss) == 7


@pytest.mark.parametrize(
    ("texts", "ages", "words"),
    [
        (("beer hops malt",) * 120, (0, 1) * 60, "different posts"),
        (tuple(f"beer hops w{i}x" for i in range(10)), (0,) * 10, "posts in the window"),
        (tuple(f"beer hops w{i}x" for i in range(60)), (1,) * 60, "posts of this week"),
        (tuple(f"x{i}y" for i in range(60)), (0,) * 60, "words of the posts"),
    ],
)
def test_posts_that_cannot_be_clustered_are_refused(texts, ages, words):
    """All alike, fewer than clusters, an empty week, no common word: one clear line."""
    ids = np.array([f"{i:04d}" for i in range(len(texts))])
    with pytest.raises(BadInput, match=words):
        first(Posts(ids, np.array(ages), texts, START, WINDOW), RECIPE)


@pytest.mark.parametrize("kind", ["an empty week", "too few", "all alike", "no words"])
def test_a_later_week_that_cannot_be_clustered_leaves_the_last_one(weeks, kind):
    """The same holds for a week that follows one, and last week's state is what it was."""
    stream, found = weeks
    last, now = found[-2].state, posts_of(stream, SCENE.weeks - 1)
    learned = folder.learned(last)
    age, texts, few = now.age, now.texts, slice(None)
    if kind == "an empty week":
        age = np.maximum(now.age, 1)
    elif kind == "no words":
        texts = tuple("" if age == 0 else text for text, age in zip(texts, age, strict=True))
    elif kind == "all alike":
        texts = ("beer hops malt",) * len(texts)
    else:
        few = slice(20)
    with pytest.raises(BadInput, match="last week's clusters stay"):
        follow(Posts(now.ids[few], age[few], texts[few], now.cut, WINDOW), last, RECIPE)
    assert folder.learned(last) == learned


def test_a_vocabulary_that_turned_over_is_refused(weeks):
    """Posts in other words than before are not forced into last week's clusters."""
    stream, found = weeks
    now = posts_of(stream, SCENE.weeks - 1)
    foreign = tuple(
        text.replace("w", "q") if age == 0 else text
        for text, age in zip(now.texts, now.age, strict=True)
    )
    with pytest.raises(BadInput, match="words known from before"):
        follow(Posts(now.ids, now.age, foreign, now.cut, WINDOW), found[-2].state, RECIPE)


def test_a_gap_of_weeks_is_refused(weeks):
    """Where no post of last week is left, ids are not made up."""
    stream, found = weeks
    with pytest.raises(BadInput, match="posts of last week"):
        follow(posts_of(stream, SCENE.weeks - 1), found[0].state, RECIPE)


def test_the_range_of_clusters_is_checked():
    """More at least than at most is a wrong recipe."""
    with pytest.raises(BadConfig, match="max_clusters"):
        ClusterRecipe("wrong", min_clusters=9, max_clusters=4)
