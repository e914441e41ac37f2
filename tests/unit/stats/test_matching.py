"""One-to-one matching of groups, and what is said about those that found no partner."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import jaccard_score
from slipway.stats.matching import common_members, jaccard, lineage


def groups(largest):
    """Two assignments of the same members to groups."""
    one = st.integers(0, largest)
    return st.lists(st.tuples(one, one), min_size=1, max_size=40)


@given(members=groups(4))
@settings(max_examples=60, deadline=None)
def test_the_matching_is_the_best_of_all_permutations(members):
    """No one-to-one matching has a larger sum of Jaccard indices: compared with trying all."""
    moved = common_members(*zip(*members, strict=True))
    likeness = jaccard(moved)
    wide = likeness if likeness.shape[0] <= likeness.shape[1] else likeness.T
    rows = range(wide.shape[0])
    best = max(
        wide[list(rows), list(columns)].sum()
        for columns in itertools.permutations(range(wide.shape[1]), len(rows))
    )
    pairs = lineage(moved, reject_below=0.0, fair_share=0.25).pairs
    place = (
        {int(i): n for n, i in enumerate(moved.before)},
        {int(i): n for n, i in enumerate(moved.after)},
    )
    assert sum(likeness[place[0][b], place[1][a]] for b, a in pairs) == pytest.approx(best)


@given(members=groups(4))
@settings(max_examples=60, deadline=None)
def test_jaccard_is_scikit_learns(members):
    """The index of each pair of groups is the one that scikit-learn computes from memberships."""
    before, after = map(np.array, zip(*members, strict=True))
    moved = common_members(before, after)
    for i, b in enumerate(moved.before):
        for j, a in enumerate(moved.after):
            assert jaccard(moved)[i, j] == pytest.approx(jaccard_score(before == b, after == a))


@given(members=groups(5), reject=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_every_group_is_paired_born_or_dead(members, reject):
    """Each group before is paired once or dead, each group after paired once or born."""
    moved = common_members(*zip(*members, strict=True))
    found = lineage(moved, reject_below=reject, fair_share=0.25)
    assert sorted([b for b, _ in found.pairs] + list(found.deaths)) == moved.before.tolist()
    assert sorted([a for _, a in found.pairs] + list(found.births)) == moved.after.tolist()


def test_a_split_and_a_merge_are_named():
    """A group that parted in halves is a split; two groups in one are a merge."""
    before = [1] * 10 + [2] * 6 + [3] * 6
    after = [1] * 5 + [9] * 5 + [2] * 12
    found = lineage(common_members(before, after), reject_below=0.3, fair_share=0.25)
    assert found.splits == {1: (1, 9)}
    assert found.merges == {2: (2, 3)}
    assert found.births == (9,)
    assert found.deaths == (3,)


def test_a_pair_that_shares_too_little_is_a_death_and_a_birth():
    """Under the rejection threshold nothing is called the same group."""
    moved = common_members([1] * 9 + [2], [5] + [6] * 9)
    assert lineage(moved, reject_below=0.3, fair_share=0.25).pairs == ((1, 6),)
    assert lineage(moved, reject_below=0.95, fair_share=0.25).pairs == ()


def test_no_member_is_no_comparison():
    """Weeks without a common member are refused."""
    with pytest.raises(ValueError, match="n >= 1"):
        common_members([], [])
