"""AUC inside strata and decided corners, against scikit-learn, scipy and known truths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score
from slipway.audit.knobs import KNOBS
from slipway.stats import pure_bins, separation
from slipway.stats.proportion import wilson_bounds


def counted(score, yes, stratum):
    """Negatives, positives and scores [S, B] of rows."""
    values, code = np.unique(score, return_inverse=True)
    strata = stratum.max() + 1
    key = stratum * len(values) + code
    shape = (strata, len(values))
    pos = np.bincount(key[yes], minlength=strata * len(values)).reshape(shape).astype(float)
    rows = np.bincount(key, minlength=strata * len(values)).reshape(shape).astype(float)
    return rows - pos, pos, np.tile(values.astype(float), (strata, 1))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(2, 12))
def test_one_stratum_is_scikit_learns_auc(seed, levels):
    """With a single stratum, ties half, the AUC is that of scikit-learn."""
    rng = np.random.default_rng(seed)
    yes = np.append(rng.random(200) < 0.3, [True, False])
    score = rng.integers(0, levels, 202) + yes
    found = separation.within(*counted(score, yes, np.zeros(202, int)), np.zeros(1, dtype=np.intp))
    assert found.auc == pytest.approx(roc_auc_score(yes, score))


def test_strata_are_weighed_by_their_pairs():
    """Several strata give the pair-weighted mean of their AUCs, and the error covers the truth."""
    rng = np.random.default_rng(1)
    stratum = rng.integers(0, 8, 4000)
    yes = rng.random(4000) < (stratum + 1) / 10
    score = np.round(rng.normal(size=4000) + yes + 10 * stratum, 1)
    found = separation.within(*counted(score, yes, stratum), np.arange(8))
    part = [stratum == s for s in range(8)]
    aucs = [roc_auc_score(yes[p], score[p]) for p in part]
    pairs = [yes[p].sum() * (~yes[p]).sum() for p in part]
    assert found.auc == pytest.approx(np.average(aucs, weights=pairs))
    assert abs(found.auc - stats.norm.cdf(1 / np.sqrt(2))) < 4 * found.se < 0.1


def test_a_score_that_knows_only_the_stratum_is_worth_nothing():
    """What differs between strata only has an AUC of one half within them."""
    stratum = np.repeat(np.arange(5), 100)
    yes = np.random.default_rng(2).random(500) < (stratum + 1) / 7
    found = separation.within(*counted(stratum * 1.0, yes, stratum), np.arange(5))
    assert found.auc == 0.5


def test_no_pairs_is_no_knowledge():
    """Strata of one class each: AUC one half, and nobody can be sure of anything."""
    zeros, ones = np.zeros((2, 3)), np.ones((2, 3))
    found = separation.within(zeros, ones, np.tile([0.0, 1, 2], (2, 1)), np.arange(2))
    assert (found.auc, found.se, found.above(3)) == (0.5, np.inf, 0.5)


def test_standard_error_is_the_spread_of_repeats():
    """Over 200 repeats the AUC spreads as its standard error says."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(200):
        stratum = rng.integers(0, 20, 1500)
        yes = rng.random(1500) < 0.3
        score = np.round(rng.normal(size=1500) + 0.7 * yes, 1)
        found.append(separation.within(*counted(score, yes, stratum), np.arange(20)))
    spread = np.std([f.auc for f in found])
    assert np.mean([f.se for f in found]) == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize(("auc", "n0", "n1"), [(0.7, 80, 40), (0.8, 200, 50)])
def test_hanley_mcneil_is_careful(auc, n0, n1):
    """For two normal classes Hanley and McNeil's error is not below the simulated one, nor far above."""
    rng = np.random.default_rng(4)
    gap = separation.distance(auc)
    yes = np.repeat([False, True], [n0, n1])
    drawn = [roc_auc_score(yes, rng.normal(size=n0 + n1) + gap * yes) for _ in range(600)]
    assert 0.95 < separation.hanley_mcneil(auc, n0, n1) / np.std(drawn) < 1.4


@given(st.integers(0, 400), st.integers(1, 400), st.floats(0.5, 5))
def test_wilson_is_scipys(successes, more, z):
    """The bounds are those of scipy at the same confidence."""
    trials = successes + more
    lower, upper = wilson_bounds(successes, trials, z=z)
    level = 1 - 2 * stats.norm.sf(z)
    known = stats.binomtest(successes, trials).proportion_ci(level, "wilson")
    assert (lower, upper) == pytest.approx((known.low, known.high), abs=1e-9)


def test_wilson_without_trials_knows_nothing_and_refuses_nonsense():
    """Nothing tried gives (0, 1); more successes than trials are refused."""
    assert [float(b) for b in wilson_bounds(0, 0, z=3)] == [0.0, 1.0]
    with pytest.raises(ValueError, match="successes"):
        wilson_bounds(5, 4, z=3)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.01, 0.99))
def test_odds_multiple_is_the_same_for_yes_and_no(yes, no, expected):
    """Swapping the classes changes nothing; it is never below 1."""
    n = yes + no
    forth = pure_bins.odds_multiple(yes, n, expected, z=3)
    back = pure_bins.odds_multiple(no, n, 1 - expected, z=3)
    assert forth == pytest.approx(back, rel=1e-6)
    assert forth >= 1


def test_odds_multiple_hardly_errs():
    """A bin of the expected rate is told apart from it less often than z allows (two sides)."""
    rng = np.random.default_rng(5)
    hits = rng.binomial(300, 0.2, 20_000)
    assert np.mean(pure_bins.odds_multiple(hits, 300, 0.2, z=2.5) > 1) < 2.5 * stats.norm.sf(2.5)


@pytest.mark.parametrize("icc", [0.02, 0.05, 0.1, 0.3, 0.6])
def test_the_spread_of_the_others_is_that_of_beta_binomial_rates(icc):
    """Rates of a Beta distribution of this intraclass correlation: found again while they are nearly
    normal, and no less than it where they pile up at both ends.
    """
    rng = np.random.default_rng(6)
    p, size = 0.4, 1 / icc - 1
    rows = rng.integers(50, 400, 2000).astype(float)
    hits = rng.binomial(rows.astype(int), rng.beta(p * size, (1 - p) * size, 2000)).astype(float)
    found = pure_bins.others_spread(hits, rows, np.full(2000, p), 7)
    assert found == pytest.approx(icc, rel=0.35) or 0.1 < icc <= found


@given(st.integers(0, 2**32), st.integers(9, 40))
def test_bins_of_the_expected_rate_hardly_spread(seed, bins):
    """Chance alone stays below the knob, and the bin in question changes nothing."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(60, 300, bins).astype(float)
    hits = rng.binomial(rows.astype(int), 0.3).astype(float)
    expected = np.full(bins, 0.3)
    found = pure_bins.others_spread(hits, rows, expected, 0)
    assert 0 <= found < KNOBS.mixed
    hits[0] = rows[0]
    assert pure_bins.others_spread(hits, rows, expected, 0) == found


def test_few_bins_say_nothing_of_the_usual_spread():
    """With fewer than eight others, or none of 20 rows, it is 0."""
    hits, rows = np.array([0.0, 90.0] * 4), np.full(8, 90.0)
    assert pure_bins.others_spread(hits, rows, np.full(8, 0.5), 0) == 0
    few = np.full(30, 19.0)
    assert pure_bins.others_spread(few, few, np.full(30, 0.5), 0) == 0
