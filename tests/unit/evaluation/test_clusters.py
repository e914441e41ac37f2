"""Why a post moved, and what a damaged state says."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from slipway.domain.cluster import Cluster
from slipway.domain.errors import BadInput
from slipway.evaluation.clusters import SAID, counts, measure, moves, sorted_alike
from slipway.training.clusters import folder
from slipway.training.clusters.sorter import Sorter
from slipway.training.clusters.state import State, Week

CUT = date(2026, 3, 2)
END = datetime(2026, 3, 2, tzinfo=UTC)
SORTER = Sorter(
    np.array(["beer", "wine"]),
    np.ones(2),
    np.eye(2),
    np.array([[1.0, 0.0], [0.0, 1.0]]),
    np.array([1, 2]),
)


def state(labels, texts=None, ids=(1, 2)):
    """A week's state of posts p0, p1, ... in ``labels``."""
    terms = (("beer", 1.0),)
    clusters = tuple(Cluster(i, "beer", CUT, labels.count(i), terms, terms) for i in ids)
    posts = np.array([f"p{n}" for n in range(len(labels))])
    checks = np.array(texts or range(len(labels)))
    return State(CUT, posts, np.array(labels), checks, clusters, 9, SORTER)


def week(now, before, **changes):
    """A week in which posts went from ``before`` to ``now``'s labels."""
    usual = {"born": (), "parents": {}, "merged": {}, "retired": ()} | changes
    return Week(now, np.array(before), inertia=1.0, known_words=1.0, stability={}, **usual)


def test_every_moved_post_has_its_reason():
    """Edited, taken by a new topic, split off, merged, retired, or drifted over: one each."""
    before = [1, 1, 1, 3, 4, 1]
    now = state([2, 5, 6, 1, 1, 2], texts=[99, 1, 2, 3, 4, 5], ids=(1, 2, 5, 6))
    found = moves(
        week(now, before, born=(5,), parents={6: 1}, merged={3: 1}, retired=(4,)),
        state(before),
        ["pale  ale"] * 5 + ["long " * 50],
    )
    whys = " | ".join(move.why for move in found)
    for words in ("edited", "5 was born", "split off", "merged", "retired", "nearer"):
        assert words in whys
    assert sum(posts for _, posts in counts(found)) == 6
    assert found[0].said == "pale ale"
    assert len(found[-1].said) == SAID


def test_a_post_that_came_from_elsewhere_into_a_split_off_cluster_says_so():
    """Only posts of the parent were split off; another one's lie nearer to the new cluster."""
    found = moves(week(state([6, 6], ids=(6,)), [1, 2], parents={6: 1}), state([1, 2]), ["a", "b"])
    assert found[0].why == "cluster 6 was split off from cluster 1"
    assert found[1].why == f"{found[0].why}: this post of cluster 2 lies nearer to it"


def test_posts_that_moved_alike_are_counted_together():
    """What drifted over is one reason wherever it went; a merged cluster's stray post says where."""
    before, now = [1, 1, 3, 3], state([2, 4, 1, 2], ids=(1, 2, 4))
    found = moves(week(now, before, merged={3: 1}), state(before), ["words"] * 4)
    assert counts(found) == [
        ("cluster 3 was merged into cluster 1", 2),
        ("the words around it changed", 2),
    ]
    assert [move.why.endswith("this post lies nearer to cluster 2") for move in found[2:]] == [
        False,
        True,
    ]


def test_kept_counts_common_posts_only():
    """New posts are neither kept nor moved."""
    found = measure(week(state([1, 1, 2, 2]), [1, 2, 2, -1]), "7", END)
    assert (found.common, found.kept) == (3, 2)
    assert sum(posts for *_, posts in found.flows) == 3


def test_a_state_is_read_back_as_it_was_written(tmp_path):
    """The folder holds ids, names and sorter; equal states have equal digests and bytes."""
    one = state([1, 1, 2])
    folder.write(tmp_path / "a", "posts", one, "f", "7")
    folder.write(tmp_path / "b", "posts", one, "f", "7")
    again = folder.read(tmp_path / "a", "posts")
    assert folder.learned(again) == folder.learned(one)
    assert again.clusters == one.clusters
    assert folder.follows(tmp_path / "a", "posts") == "7"
    for file in (folder.MANIFEST, folder.ARRAYS):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert folder.learned(state([1, 2, 2])) != folder.learned(one)


@pytest.mark.parametrize("file", [folder.MANIFEST, folder.ARRAYS])
@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04 half a file"])
def test_a_damaged_state_is_refused(tmp_path, file, content):
    """Empty, foreign and torn files say that last week's clusters stay."""
    folder.write(tmp_path, "posts", state([1, 1, 2]), "f", None)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(BadInput, match="last week's clusters stay"):
        folder.read(tmp_path, "posts")


def test_posts_that_came_later_are_sorted_by_their_words():
    """The sorter puts a text beside its cluster; two equal sorters agree on everything."""
    texts = ["beer beer", "wine of the year"]
    assert SORTER.sort(texts).tolist() == [1, 2]
    assert sorted_alike(texts, state([1, 2]), state([1, 2])) == 2
    assert sorted_alike([], state([1, 2]), state([1, 2])) == 0
