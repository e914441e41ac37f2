"""The noise floor holds its error: against scipy, by simulation, and at its edges."""

import numpy as np
import pytest
from scipy import stats
from slipway.stats.calibration import recalibrated
from slipway.stats.noise import EstimatedSd, floor_of, pair_spread, seed_spread, without
from slipway.stats.overlap import discounts, exchange, mix_shift, top_k_overlap, weighted_churn


def test_floor_is_welchs_critical_difference():
    """With two estimated spreads the floor is where scipy's Welch test turns significant."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 5), rng.normal(0, 2, 7)
    parts = [EstimatedSd(x.std(ddof=1) / np.sqrt(len(x)), len(x) - 1) for x in (a, b)]
    floor = floor_of(parts, 0.05)
    shifted = a - a.mean() + b.mean() + floor
    found = stats.ttest_ind(shifted, b, equal_var=False, alternative="greater")
    assert found.pvalue == pytest.approx(0.05)


def test_no_gain_passes_the_floor_in_its_error_only():
    """Spreads estimated from four fits: a null gain exceeds the floor in about 5 of 100 weeks."""
    rng = np.random.default_rng(2)
    passed = 0
    for _ in range(4000):
        spread = rng.normal(0, 0.7, 4).std(ddof=1)
        gain = rng.normal(0, 1.0) + rng.normal(0, 0.7)
        passed += gain > floor_of([EstimatedSd(1.0, np.inf), EstimatedSd(spread, 3)], 0.05)
    assert 0.035 < passed / 4000 < 0.065


def test_floor_grows_with_what_is_not_known():
    """Fewer fits behind a spread, a larger floor; no spread at all, none."""
    floors = [floor_of([EstimatedSd(1.0, df)], 0.05) for df in (1, 3, 30, np.inf)]
    assert floors == sorted(floors, reverse=True)
    assert floor_of([EstimatedSd(0.0, 1)], 0.05) == 0.0


@pytest.mark.parametrize(
    "parts", [[], [EstimatedSd(-1.0, 3)], [EstimatedSd(np.nan, 3)], [EstimatedSd(1.0, 0)]]
)
def test_impossible_parts_are_refused(parts):
    """A floor of nothing, or of what cannot be, is an error."""
    with pytest.raises(ValueError, match="parts"):
        floor_of(parts, 0.05)


def test_pairs_estimate_the_spread_of_one_value():
    """Half the mean squared difference is the variance."""
    rng = np.random.default_rng(3)
    assert pair_spread(rng.normal(0, 2.0, (50_000, 2))) == pytest.approx(2.0, rel=0.02)
    assert pair_spread([[1.0, 3.0]]) == pytest.approx(seed_spread([1.0, 3.0]))
    with pytest.raises(ValueError, match="pairs"):
        pair_spread(np.zeros((0, 2)))


def test_quadrature_never_turns_negative():
    """A part that came out larger than the whole leaves nothing."""
    assert without(1.0, 2.0) == 0.0
    assert np.hypot(without(5.0, 3.0), 3.0) == pytest.approx(5.0)


def test_equal_weights_give_plain_churn():
    """The weighted churn of equal weights is one minus the overlap; disjoint lists churn wholly."""
    rng = np.random.default_rng(4)
    a, b = (np.array([rng.permutation(25)[:10] for _ in range(50)]) for _ in range(2))
    assert weighted_churn(a, b, np.full(10, 0.1)) == pytest.approx(1 - top_k_overlap(a, b))
    assert weighted_churn(a, a + 100, discounts(10)) == pytest.approx(np.ones(50))
    assert discounts(10) == pytest.approx(
        1 / np.log2(np.arange(2, 12)) / (1 / np.log2(np.arange(2, 12))).sum()
    )


def test_losing_the_top_weighs_more_than_losing_the_end():
    """Position-weighted churn tells the first place from the last."""
    a = np.arange(10)[None]
    top, end = a.copy(), a.copy()
    top[0, 0] = end[0, 9] = 99
    assert weighted_churn(a, top, discounts(10)) > weighted_churn(a, end, discounts(10))


def test_exchange_counts_as_sets_do():
    """Gone and new places by class are those of set differences."""
    rng = np.random.default_rng(5)
    a, b = (np.array([rng.permutation(25)[:10] for _ in range(60)]) for _ in range(2))
    found = exchange(a, b, a % 3, b % 3, 3)
    for code in range(3):
        gone = sum(
            sum(i % 3 == code for i in set(x) - set(y))
            for x, y in zip(a.tolist(), b.tolist(), strict=True)
        )
        new = sum(
            sum(i % 3 == code for i in set(y) - set(x))
            for x, y in zip(a.tolist(), b.tolist(), strict=True)
        )
        assert (found.gone[code], found.new[code]) == (gone, new)
    assert found.had.sum() == found.have.sum() == 600


def test_mix_shift_is_each_lists_own_distance():
    """Per list it is half the city block of its class shares."""
    rng = np.random.default_rng(6)
    a, b = rng.integers(0, 4, (2, 30, 10))
    by_hand = [
        np.abs(np.bincount(x, minlength=4) - np.bincount(y, minlength=4)).sum() / 20
        for x, y in zip(a, b, strict=True)
    ]
    assert mix_shift(a, b, 4) == pytest.approx(by_hand)


def test_recalibration_is_logistic_regression():
    """Level and slope are those of scikit-learn's unpenalised logistic regression on the log-odds."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(7)
    p = rng.beta(2, 6, 20_000)
    y = (rng.random(20_000) < p**1.3).astype(float)
    odds = np.log(p / (1 - p))[:, None]
    peer = LogisticRegression(C=np.inf, tol=1e-10).fit(odds, y).predict_proba(odds)[:, 1]
    assert recalibrated(p, y) == pytest.approx(peer, abs=1e-6)
    assert recalibrated(p, y).mean() == pytest.approx(y.mean())


@pytest.mark.parametrize(("p", "y"), [([0.5, 1.0], [0, 1]), ([], []), ([0.5, 0.4], [1, 1])])
def test_what_cannot_be_recalibrated_is_refused(p, y):
    """Certainty, nothing, or outcomes of one kind bear out no level."""
    with pytest.raises(ValueError, match="predictions"):
        recalibrated(p, y)
