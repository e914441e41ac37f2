"""Split e-processes: against binomial likelihoods, Wald's figures, and simulated error rates."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import binom, hypergeom
from slipway.domain.policy import Policy
from slipway.stats.design_effect import at_least_one
from slipway.stats.eprocess import (
    harm,
    mixture,
    non_inferiority,
    relative_effect,
    split,
    superiority,
)

POLICY = Policy()
MIX = {"effects": POLICY.harm_effects, "weights": POLICY.harm_weights}


def blocks(rng, *, effect=0.0, blocks=200, share=0.05, trials=4000, rate=0.05, drift=0.5):
    """Blocks whose rate wanders for both arms alike."""
    shared = rate * np.exp(drift * np.sin(np.arange(blocks) / 20) + rng.normal(0, 0.1, blocks))
    n1 = rng.binomial(trials, share, blocks)
    n0 = trials - n1
    return split(n0, rng.binomial(n0, shared), n1, rng.binomial(n1, shared * (1 + effect)))


@pytest.mark.parametrize(("null", "ratio"), [(0.98, 1.0), (1.1, 1.7), (1.0, 1.25), (0.9, 0.8)])
def test_equals_the_binomial_likelihood_ratio(null, ratio):
    """Each block's evidence is the ratio of two binomial likelihoods given the block's total."""
    data = blocks(np.random.default_rng(3), blocks=50)
    n0, x0, n1, x1 = data
    share = n1 / (n1 + n0)
    odds = [share * r / (share * r + 1 - share) for r in (ratio, null)]
    logs = [binom.logpmf(x1, x0 + x1, q) for q in odds]
    found = mixture(data, null_ratio=null, ratios=[ratio], weights=[1.0])
    assert found.log_path == pytest.approx(np.cumsum(logs[0] - logs[1]))


def test_safety_and_gain_are_mixtures_of_binomial_likelihoods():
    """By scipy: safety weighs "equal" three to one against "as much better"; gains mirror the harms."""
    data = blocks(np.random.default_rng(4), blocks=50)
    n0, x0, n1, x1 = data

    def told(ratio):
        return binom.logpmf(x1, x0 + x1, n1 * ratio / (n1 * ratio + n0)).sum()

    safe = [told(1) - told(0.98), told(1 / 0.98) - told(0.98)]
    assert non_inferiority(data, margin=0.02).log_e == pytest.approx(
        logsumexp(safe, b=[0.75, 0.25])
    )
    gain = [told(1 / (1 - effect)) - told(1) for effect in MIX["effects"]]
    assert superiority(data, **MIX).log_e == pytest.approx(logsumexp(gain, b=MIX["weights"]))


@pytest.mark.parametrize("divisor", [0.5, 0.0, -1.0, np.nan])
def test_a_divisor_that_would_sharpen_evidence_is_refused(divisor):
    """Clustering can only weaken evidence; and every ratio has a weight."""
    data = split([9], [1], [9], [1])
    with pytest.raises(ValueError, match="design effect"):
        harm(data, **MIX, design_effect=divisor)
    with pytest.raises(ValueError, match="weights"):
        harm(data, effects=(0.1, 0.2), weights=(1.0,))


@pytest.mark.parametrize(
    ("harm_of", "wald"), [(0.2, 2_583), (0.1, 10_703), (0.05, 43_531), (0.02, 274_724)]
)
def test_grows_as_fast_as_wald_allows(harm_of, wald):
    """With the effect known, a 1 % arm reaches Wald's 2.910 nats at Wald's count of impressions."""
    n1, rate = 1e5, 0.05
    data = split([99 * n1], [99 * n1 * rate], [n1], [n1 * rate * (1 - harm_of)])
    grown = mixture(data, null_ratio=1.0, ratios=[1 - harm_of], weights=[1.0]).log_e / n1 * wald
    finite_control = 0.99
    assert grown == pytest.approx(2.910 * finite_control, rel=0.02)


def test_harm_is_fair_and_close_for_every_block():
    """Over all ways to deal a block's successes, harm's factor has mean 1 at most, and nearly."""
    rng, means = np.random.default_rng(5), []
    for _ in range(400):
        total = int(rng.integers(2, 600))
        n1, won = int(rng.integers(1, total)), int(rng.integers(0, total + 1))
        ratio = float(np.exp(-rng.uniform(0.005, 0.3)))
        x1 = np.arange(max(0, n1 + won - total), min(n1, won) + 1)
        each = [
            harm(split([total - n1], [won - x], [n1], [x]), effects=(1 - ratio,), weights=(1.0,))
            for x in x1
        ]
        chance = hypergeom.pmf(x1, total, won, n1)
        means.append(float(chance @ np.exp([process.log_e for process in each])))
    assert max(means) <= 1 + 1e-9
    assert np.median(means) > 0.995


def test_no_data_is_no_evidence():
    """Without blocks, or with one arm only, E is exactly 1."""
    assert harm(split([], [], [], []), **MIX).log_e == 0
    one_arm = harm(split([10, 0], [5, 0], [0, 10], [0, 5]), **MIX)
    assert one_arm.log_e == pytest.approx(0)
    assert one_arm.log_peak == pytest.approx(0)


@pytest.mark.parametrize(
    "bad",
    [
        ([1], [2], [1], [0]),
        ([1], [0], [1], [2]),
        ([1], [np.nan], [1], [0]),
        ([-1], [0], [1], [0]),
        ([1, 2], [0], [1], [0]),
    ],
)
def test_impossible_counts_are_refused(bad):
    """Counts that cannot be are an error, never evidence."""
    with pytest.raises(ValueError, match=r"counts|rows"):
        split(*bad)


def test_false_returns_under_drift_stay_within_alpha():
    """At no effect, peeking at every block of a drifting rate returns at most 5 % of releases."""
    rng = np.random.default_rng(20)
    peaks = [harm(blocks(rng), **MIX).log_peak for _ in range(1500)]
    assert np.mean(np.array(peaks) >= np.log(1 / POLICY.alpha)) <= 0.05


def test_a_release_of_the_margin_stays_within_beta():
    """At exactly the margin of harm, non-inferiority is ever claimed in at most 1 % of releases."""
    rng = np.random.default_rng(21)
    peaks = [
        non_inferiority(
            blocks(rng, effect=-POLICY.margin, share=0.5), margin=POLICY.margin
        ).log_peak
        for _ in range(1500)
    ]
    assert np.mean(np.array(peaks) >= np.log(1 / POLICY.beta)) <= 0.01 + 0.005


def test_harm_is_found_within_reach_of_wald():
    """At -10 % the mean exposure until the return is at most 1.55 times Wald's limit."""
    rng = np.random.default_rng(22)
    used = []
    for _ in range(150):
        data = blocks(rng, effect=-0.1, share=0.01, trials=20_000, blocks=400, drift=0.0)
        over = np.flatnonzero(harm(data, **MIX).log_path >= np.log(1 / POLICY.alpha))
        used.append(data.candidate_trials[: (over[0] + 1 if len(over) else None)].sum())
    assert np.mean(used) / (10_703 / 0.99) <= 1.55


def test_clustered_users_need_their_design_effect():
    """Users with their own rates break the bare process; the control's design effect mends it."""
    rng = np.random.default_rng(23)
    alarms = {"bare": 0, "with the design effect": 0}
    for _ in range(200):
        rates = rng.beta(0.25, 2.25, 500)
        candidate = rng.random(500) < 0.3
        clicks = rng.binomial(10, rates[:, None], (500, 40))
        parts = [
            (np.full(40, 10 * arm.sum()), clicks[arm].sum(axis=0))
            for arm in (~candidate, candidate)
        ]
        data = split(*parts[0], *parts[1])
        divisor = at_least_one(np.full((~candidate).sum(), 400), clicks[~candidate].sum(axis=1))
        for name, k in (("bare", 1.0), ("with the design effect", divisor)):
            alarms[name] += harm(data, **MIX, design_effect=k).log_peak >= np.log(1 / POLICY.alpha)
    assert alarms["bare"] > 40
    assert alarms["with the design effect"] <= 10


def test_bounds_hold_the_true_effect():
    """The confidence sequence misses a true -5 % in at most 5 % of releases."""
    rng = np.random.default_rng(24)
    found = [
        relative_effect(blocks(rng, effect=-0.05, share=0.3, blocks=60), **MIX, alpha=0.05)
        for _ in range(150)
    ]
    missed = [not e.lower <= -0.05 <= e.upper for e in found]
    assert np.mean(missed) <= 0.05
    assert np.mean([e.estimate for e in found]) == pytest.approx(-0.05, abs=0.01)


def test_bounds_are_where_the_evidence_stands_at_two_over_alpha():
    """Both ends of the interval are refuted by their own mixture at 2 / alpha, no more and no less."""
    data = blocks(np.random.default_rng(25), share=0.3, blocks=60)
    found = relative_effect(data, **MIX, alpha=0.05, design_effect=1.5)
    for end, side in ((found.lower, -1), (found.upper, 1)):
        beyond = [(1 + end) * (1 - effect) ** side for effect in MIX["effects"]]
        known = {"null_ratio": 1 + end, "ratios": beyond, "weights": MIX["weights"]}
        assert mixture(data, **known, design_effect=1.5).log_e == pytest.approx(
            np.log(2 / 0.05), abs=1e-6
        )


def test_an_effect_without_control_successes_is_undefined():
    """A ratio to a rate of zero is an error, never a number."""
    with pytest.raises(ValueError, match="undefined"):
        relative_effect(split([10], [0], [10], [5]), **MIX, alpha=0.05)
