"""Distances of two classes along columns and pairs, against other libraries."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import mahalanobis
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from slipway.stats import discriminant


def table(seed, rows=400, columns=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns)) @ rng.normal(size=(columns, columns))
    return x, x[:, 0] + 0.5 * x[:, 1] + rng.normal(size=rows) > 0


def test_a_pair_lies_as_far_apart_as_mahalanobis_says():
    """Every pair agrees with scipy's distance of the class means."""
    x, yes = table(0)
    _, both = discriminant.pairs(x, yes)
    for i, j in ((0, 1), (1, 3), (2, 3)):
        part = x[:, [i, j]]
        inside = (np.cov(part[yes].T, bias=True) + np.cov(part[~yes].T, bias=True)) / 2
        means = part[yes].mean(axis=0), part[~yes].mean(axis=0)
        assert np.isclose(both[i, j], mahalanobis(*means, np.linalg.inv(inside)))


def test_the_best_sum_is_that_of_linear_discriminant_analysis():
    """Scores order the rows as scikit-learn's discriminant does, where classes are as large."""
    x, yes = table(1)
    rows = np.concatenate([np.flatnonzero(yes)[:150], np.flatnonzero(~yes)[:150]])
    theirs = LinearDiscriminantAnalysis().fit(x[rows], yes[rows]).decision_function(x[rows])
    ours = discriminant.score(x[rows], yes[rows])
    assert np.corrcoef(ours, theirs)[0, 1] > 1 - 1e-6


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10), st.floats(-5, 5))
def test_units_do_not_matter(seed, scale, shift):
    """Scaling or shifting a column changes no distance, and a pair is never worse than one."""
    x, yes = table(seed, rows=60)
    alone, both = discriminant.pairs(x, yes)
    again = discriminant.pairs(x * [scale, 1, 1, -1] + [shift, 0, 0, 0], yes)
    assert np.allclose(alone, again[0])
    assert np.allclose(both, again[1], rtol=1e-4)
    assert (both >= np.maximum(alone[:, None], alone) - 1e-6).all()


def test_constants_and_copies_are_no_obstacle():
    """A constant tells nothing, and a copy adds nothing."""
    x, yes = table(2)
    alone, both = discriminant.pairs(np.column_stack([x[:, 0], x[:, 0], np.ones(400)]), yes)
    assert alone[2] == 0
    assert np.allclose(both[0], [alone[0], alone[0], alone[0]], rtol=1e-3)
