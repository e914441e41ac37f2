"""Overlap, mixes, NDCG and calibration: against sets, loops, scikit-learn and simulation."""

import numpy as np
import pytest
from scipy.spatial.distance import cityblock
from sklearn.metrics import ndcg_score
from slipway.stats.calibration import expected_calibration_error
from slipway.stats.ndcg import ndcg
from slipway.stats.overlap import rank_biased_overlap, top_k_overlap, total_variation


def lists(rng, rows=40, k=10, items=25):
    """Random lists of distinct items."""
    return np.array([rng.permutation(items)[:k] for _ in range(rows)])


def test_overlap_equals_python_sets():
    """The share of common items is that of two sets."""
    rng = np.random.default_rng(1)
    a, b = lists(rng), lists(rng)
    by_hand = [len(set(x) & set(y)) / 10 for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert top_k_overlap(a, b) == pytest.approx(by_hand)


def test_rank_biased_overlap_equals_the_papers_sum():
    """RBO is Webber's extrapolated sum over prefixes, done with sets."""
    rng = np.random.default_rng(2)
    a, b = lists(rng), lists(rng)
    p, k = 0.9, 10

    def by_hand(x, y):
        shared = [len(set(x[:d]) & set(y[:d])) / d for d in range(1, k + 1)]
        return shared[-1] * p**k + (1 - p) / p * sum(s * p ** (d + 1) for d, s in enumerate(shared))

    expected = [by_hand(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert rank_biased_overlap(a, b, p=p) == pytest.approx(expected)


def test_disjoint_lists_share_nothing():
    """Disjoint lists have overlap and RBO 0, equal ones 1."""
    a = np.arange(10)[None]
    assert rank_biased_overlap(a, a + 10)[0] == top_k_overlap(a, a + 10)[0] == 0
    assert rank_biased_overlap(a, a)[0] == pytest.approx(1)


def test_total_variation_is_half_the_city_block():
    """The distance of mixes is half of scipy's city block distance of shares."""
    a, b = np.array([3.0, 1, 6]), np.array([2.0, 2, 1])
    assert total_variation(a, b) == pytest.approx(cityblock(a / 10, b / 5) / 2)


@pytest.mark.parametrize(
    "bad", [([0, 0], [1, 1]), ([1], [1, 1]), ([np.nan, 1], [1, 1]), ([-1, 2], [1, 1])]
)
def test_empty_mixes_are_refused(bad):
    """A mix without amounts, or with amounts that cannot be, has no distance."""
    with pytest.raises(ValueError, match="mixes"):
        total_variation(*bad)


def test_lists_of_unequal_shape_are_refused():
    """Lists that do not pair up are an error, and so is a patience outside (0, 1)."""
    with pytest.raises(ValueError, match="shape"):
        top_k_overlap([[1, 2]], [[1]])
    with pytest.raises(ValueError, match="p =="):
        rank_biased_overlap([[1]], [[1]], p=1.0)


def test_ndcg_equals_scikit_learn_also_with_ties():
    """Every list's NDCG at 5 is scikit-learn's, ties averaged."""
    rng = np.random.default_rng(3)
    gains = rng.integers(0, 3, (30, 8)).astype(float)
    gains[:, 0] = 1
    scores = rng.integers(0, 4, (30, 8)).astype(float)
    group = np.repeat(np.arange(30), 8)
    found = ndcg(gains.ravel(), scores.ravel(), group, k=5)
    expected = [ndcg_score(g[None], s[None], k=5) for g, s in zip(gains, scores, strict=True)]
    assert found.values == pytest.approx(expected)


def test_lists_without_gain_are_left_out():
    """NDCG of a list nobody clicked is undefined and not counted as 0 or 1."""
    found = ndcg([0, 0, 1, 0], [1, 2, 3, 4], [5, 5, 6, 6], k=10)
    assert found.groups.tolist() == [6]
    assert ndcg([], [], [], k=10).values.tolist() == []
    with pytest.raises(ValueError, match="finite"):
        ndcg([np.nan], [1], [1], k=1)


def test_calibration_error_equals_a_loop_over_bins():
    """Bins of equal size, weighted: the same as a loop."""
    rng = np.random.default_rng(4)
    p = rng.permutation(np.linspace(0.01, 0.6, 400))
    y = rng.random(400) < p
    order = np.argsort(p)
    by_hand = sum(abs((y[part] - p[part]).sum()) for part in np.array_split(order, 20)) / 400
    assert expected_calibration_error(p, y) == pytest.approx(by_hand)


def test_a_calibrated_model_is_off_by_noise_alone():
    """On 60 000 rows a perfect model stays below .01, one that is 5 points high is found."""
    rng = np.random.default_rng(5)
    p = rng.beta(2, 8, 60_000)
    y = rng.random(60_000) < p
    assert expected_calibration_error(p, y) < 0.01
    assert expected_calibration_error(np.minimum(p + 0.05, 1), y) == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize(("p", "y"), [([], []), ([1.5], [1]), ([np.nan], [1])])
def test_impossible_predictions_are_refused(p, y):
    """Predictions outside [0, 1], or none, have no calibration."""
    with pytest.raises(ValueError, match="outside its range"):
        expected_calibration_error(p, y)
