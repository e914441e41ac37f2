"""Means: against regression and normal likelihoods, and simulated errors with and without history."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import norm
from slipway.domain.policy import Policy
from slipway.stats import means
from slipway.stats.means import MeanEvidence, MeanSums, Spread, evidence, log_e, mean_sums

POLICY = Policy()
MIX = {"effects": POLICY.harm_effects, "weights": POLICY.harm_weights}
ADD = lambda sums: MeanSums(*(sum(part) for part in zip(*sums, strict=True)))  # noqa: E731


def visits(rng, *, effect=0.0, users=600, hours=20, per_hour=0.5, spread_of=1.0, share=0.3):
    """Hours of lists of users with means of their own: lists, amounts [H, U], arm and history [U]."""
    taste = rng.normal(4.0, spread_of, users)
    arm = (rng.random(users) < share).astype(int)
    lists = rng.poisson(per_hour, (hours, users)).astype(float)
    drift = np.sin(np.arange(hours) / 3)[:, None]
    amount = lists * (taste + drift) * (1 + effect * arm) + np.sqrt(lists) * rng.normal(
        0, 2, lists.shape
    )
    return lists, amount, arm, taste + rng.normal(0, 0.3, users)


def spread(lists, amount, history):
    """From control users [U]: their lists, and how amount and history deviate from the block's mean."""
    n, r, q = (np.asarray(part, dtype=float) for part in (lists, amount, history))
    return Spread(*(float(x) for x in (r @ r, r @ q, q @ q, n.sum(), (n > 0).sum())))


def compared(lists, amount, arm, history, *, cuped=True):
    """Evidence of one comparison, hours as blocks, as a look computes it."""
    past = history if cuped else np.zeros_like(history)
    rows = np.stack((lists, amount, lists * past), axis=-1)
    sides = [rows[:, arm == place].sum(axis=1) for place in (0, 1)]
    control = rows[:, arm == 0]
    level = sides[0][:, 1:] / np.maximum(sides[0][:, :1], 1)
    away = (control[..., 1:] - level[:, None] * control[..., :1]).sum(axis=0)
    return evidence(mean_sums(*sides), spread(control[..., 0].sum(axis=0), *away.T))


def test_equals_the_normal_likelihood_ratio():
    """E is the mixture of ratios of normal densities of the estimated difference."""
    found = MeanEvidence(score=3.0, information=2.0, level=1.0)
    gap, sd = 3.0 / 2.0, 2.0**-0.5
    ratios = [norm.pdf(gap, a, sd) / norm.pdf(gap, -0.1, sd) for a in (0.5, 1.0)]
    mixed = np.log(0.3 * ratios[0] + 0.7 * ratios[1])
    assert log_e(found, null=-0.1, alternatives=[0.5, 1.0], weights=[0.3, 0.7]) == pytest.approx(
        mixed
    )


def test_harm_and_safety_are_mixtures_of_normal_likelihoods():
    """Relative to the control's level: harm against "equal", safety against the margin, both ways."""
    found, sd = MeanEvidence(score=-3.0, information=2.0, level=-4.0), 2.0**-0.5
    gap = found.score / found.information

    def told(at, null):
        return norm.logpdf(gap, at, sd) - norm.logpdf(gap, null, sd)

    worse = [told(-4.0 * effect, 0.0) for effect in MIX["effects"]]
    assert means.harm(found, **MIX) == pytest.approx(logsumexp(worse, b=MIX["weights"]))
    safe = [told(0.0, -0.4), told(0.4, -0.4)]
    found_safe = means.non_inferiority(found, margin=0.1, weights=(0.75, 0.25))
    assert found_safe == pytest.approx(logsumexp(safe, b=[0.75, 0.25]))


def test_the_difference_is_that_of_a_regression_on_blocks():
    """Weighted over blocks, the difference is least squares with a dummy for every block."""
    rng = np.random.default_rng(2)
    n = rng.integers(1, 30, (6, 2))
    y = rng.normal(3, 1, (6, 2))
    rows = np.stack((n, n * y, n * 0.0), axis=-1).astype(float)
    sums = mean_sums(rows[:, 0], rows[:, 1])
    design = np.zeros((12, 7))
    for block, arm in np.ndindex(6, 2):
        design[2 * block + arm, [block, 6]] = 1, arm
    root = np.sqrt(n.reshape(-1))
    slope = np.linalg.lstsq(design * root[:, None], y.reshape(-1) * root, rcond=None)[0][6]
    assert float(sums.difference / sums.weight) == pytest.approx(slope)


def test_cuped_is_the_residual_of_a_regression():
    """The variance left is that of users' residuals after regression on their history."""
    rng = np.random.default_rng(3)
    r, q = rng.normal(0, 2, 400), rng.normal(0, 1, 400)
    r = r + 1.5 * q
    of = spread(np.full(400, 10.0), r, q)
    slope = np.linalg.lstsq(q[:, None], r, rcond=None)[0][0]
    left = ((r - slope * q) ** 2).sum() / 4000 * 400 / 398
    sums = mean_sums([[10, 30, 5]], [[10, 20, 4]])
    found = evidence(sums, of)
    assert found.information == pytest.approx(5 / left)
    assert found.score == pytest.approx(5 * (-1.0 - slope * -0.1) / left)


def test_history_sharpens_and_changes_no_mean():
    """CUPED leaves the estimate where it is on average and multiplies the information."""
    rng = np.random.default_rng(4)
    gaps, gains = [], []
    for _ in range(40):
        scene = visits(rng, effect=-0.02)
        bare, sharp = compared(*scene, cuped=False), compared(*scene)
        gaps.append([f.score / f.information / f.level for f in (bare, sharp)])
        gains.append(sharp.information / bare.information)
    assert np.mean(gaps, axis=0) == pytest.approx([-0.02, -0.02], abs=0.012)
    assert np.std(gaps, axis=0)[1] < 0.8 * np.std(gaps, axis=0)[0]
    assert np.mean(gains) > 1.5


@pytest.mark.parametrize("cuped", [True, False])
def test_false_returns_under_clusters_and_drift_stay_within_alpha(cuped):
    """Peeked at every hour, users with tastes of their own: at most 5 % of releases reach 1 / .05."""
    rng, alarms, runs = np.random.default_rng(5), 0, 150
    for _ in range(runs):
        lists, amount, arm, history = visits(rng, users=300)
        peak = max(
            means.harm(compared(lists[:h], amount[:h], arm, history, cuped=cuped), **MIX)
            for h in range(2, 21, 2)
        )
        alarms += peak >= np.log(20)
    assert alarms / runs <= 0.05


def test_harm_is_found_and_safety_proven():
    """-10 % is found, and at no effect a loss of 10 % is excluded, on the same traffic."""
    rng = np.random.default_rng(6)
    worse = compared(*visits(rng, effect=-0.1, users=2000))
    equal = compared(*visits(rng, users=2000))
    assert means.harm(worse, **MIX) > np.log(20) > means.harm(equal, **MIX)
    proof = [means.non_inferiority(f, margin=0.1, weights=(0.75, 0.25)) for f in (worse, equal)]
    assert proof[1] > np.log(100) > proof[0]


def test_bounds_hold_the_truth_at_every_look():
    """The confidence sequence misses a true -3 % at any of ten looks in at most 5 % of releases."""
    rng, missed, runs = np.random.default_rng(7), 0, 150
    for _ in range(runs):
        scene = visits(rng, effect=-0.03, users=300)
        for h in range(2, 21, 2):
            lists, amount, arm, history = scene
            found = compared(lists[:h], amount[:h], arm, history)
            middle, lower, upper = means.bounds(found, alpha=0.05, scale=0.05)
            assert lower < middle < upper
            if not lower <= -0.03 <= upper:
                missed += 1
                break
    assert missed / runs <= 0.05


def test_bounds_are_where_the_normal_mixture_stands_at_one_over_alpha():
    """Integrated over the effects expected, both ends are refuted at exactly 1 / alpha."""
    found = MeanEvidence(score=-7.0, information=60.0, level=-2.0)
    middle, *ends = means.bounds(found, alpha=0.05, scale=0.1)
    assert middle == pytest.approx(-7.0 / 60.0 / 2.0)
    tau = 0.1 * 2.0
    for end in ends:
        away = found.score - end * 2.0 * found.information

        def ratio(effect, away=away):
            return np.exp(effect * away - effect**2 * found.information / 2) * norm.pdf(
                effect, 0, tau
            )

        assert quad(ratio, -3, 3, points=[-0.5, 0, 0.5])[0] == pytest.approx(1 / 0.05, rel=1e-6)


def test_sums_of_disjoint_times_add_and_less_can_be_better():
    """Hours' sums add up to the day's; with sign -1 more is harm."""
    rng = np.random.default_rng(8)
    rows = np.abs(rng.normal(5, 1, (2, 10, 3)))
    parts = [mean_sums(rows[0][a : a + 2], rows[1][a : a + 2]) for a in range(0, 10, 2)]
    assert ADD(parts) == pytest.approx(mean_sums(*rows))
    of = spread([5.0] * 50, rng.normal(0, 1, 50), np.zeros(50))
    sums = mean_sums([[10, 30, 0]], [[10, 40, 0]])
    up, down = evidence(sums, of), evidence(sums, of, sign=-1)
    assert means.harm(down, **MIX) > 0 > means.harm(up, **MIX)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_broken_amounts_are_refused(bad):
    """NaN and infinity are errors wherever they stand; nothing to compare is an error too."""
    for place in range(3):
        row = np.array([[5.0, 3.0, 1.0]])
        row[0, place] = bad
        with pytest.raises(ValueError, match="finite"):
            mean_sums(row, [[5.0, 3.0, 1.0]])
    nobody = mean_sums([[0, 0, 0]], [[5, 1, 0]])
    with pytest.raises(ValueError, match="undefined"):
        evidence(nobody, spread([1.0, 1], [1.0, 2], [0, 0]))
    with pytest.raises(ValueError, match="vary"):
        evidence(mean_sums([[5, 1, 0]], [[5, 1, 0]]), spread([1.0, 1], [0.0, 0], [0, 0]))
