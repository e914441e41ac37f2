"""Sums, thresholds on sums, and label means: found when they are exact, and only then."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from slipway.audit.threshold import threshold_of
from slipway.stats import exact_sum, target_encoding


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.sets(st.integers(0, 7), min_size=1, max_size=4))
def test_exactly_the_summands_are_found(seed, parts):
    """Of eight correlated columns just the summands come back, in any scale."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 8)) @ (np.eye(8) + 0.3) * 10.0 ** rng.integers(-2, 3, 8)
    weight = {k: rng.uniform(0.5, 2) / x[:, k].std() for k in parts}
    y = sum(weight[k] * x[:, k] for k in parts) + 5
    assert exact_sum.sum_of(x, y, most=4) == sorted(parts)


@pytest.mark.parametrize("noise", [0.01, 0.3])
def test_a_sum_with_noise_is_none(noise):
    """One per cent of noise, and it is a good model, no identity."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, 5))
    assert exact_sum.sum_of(x, x.sum(axis=1) + noise * rng.normal(size=500), most=5) == []


def budgets(decimals, seed=4):
    """Five shares of a budget and what is left of it, as a survey writes them down."""
    shares = np.random.default_rng(seed).dirichlet(np.arange(2, 8), 800)
    return shares.round(decimals)


@pytest.mark.parametrize("decimals", [3, 4, 6])
def test_a_sum_of_rounded_shares_is_found(decimals):
    """What rounding leaves open is no noise, however few decimals there are."""
    shares = budgets(decimals)
    assert exact_sum.sum_of(shares[:, :5], shares[:, 5], most=5) == [0, 1, 2, 3, 4]


@given(st.integers(0, 2**31))
def test_whole_numbers_that_go_well_together_are_no_sum(seed):
    """Counts have steps, too: a good model of them stays a model."""
    rng = np.random.default_rng(seed)
    x = rng.poisson(20, (500, 3)).astype(float)
    y = rng.poisson(x.sum(axis=1)).astype(float)
    close = x.sum(axis=1) + rng.integers(-1, 2, 500)
    assert exact_sum.sum_of(x, y, most=3) == exact_sum.sum_of(x, close, most=3) == []


def test_what_rounding_leaves_open_is_a_twelfth_of_the_squared_step():
    """The share is what a simulation of rounding finds."""
    exact = np.random.default_rng(5).normal(size=(40_000, 1))
    found = ((exact.round(2) - exact) ** 2).mean() / exact.var()
    assert exact_sum.rounding(exact.round(2))[0] == pytest.approx(found, rel=0.03)


def test_a_threshold_on_a_sum_is_found():
    """Yes if a - b > 1: both columns, and no other."""
    x = np.random.default_rng(2).normal(size=(3000, 6))
    assert threshold_of(x, x[:, 1] - x[:, 4] > 1, most=4) == [1, 4]


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_a_threshold_with_noise_is_none(noise):
    """A label that is noisy near the limit was not computed."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3000, 6))
    yes = x[:, 1] - x[:, 4] + noise * rng.normal(size=3000) > 0
    assert threshold_of(x, yes, most=4) == []


def test_classes_that_lie_far_apart_are_no_threshold():
    """Two clusters that a line parts perfectly are an easy problem, no computed label."""
    x, y = make_blobs(3000, centers=[[0] * 4, [8] * 4], random_state=1)
    assert threshold_of(x, y == 1, most=4) == []


def grouped(seed, groups=60, rows=3000):
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(0, groups, rows))
    chance = rng.beta(2, 5, groups)
    label = (rng.random(rows) < chance[group]).astype(float)
    n, total = np.bincount(group, minlength=groups), np.bincount(group, label, groups)
    return rng, group, chance, label, (total + 10 * label.mean()) / (n + 10)


@given(st.integers(0, 2**31))
@settings(deadline=None, max_examples=25)
def test_a_mean_of_these_rows_has_no_noise_and_one_of_others_has_all(seed):
    """Smoothed means of the rows themselves: ratio 0; of the truth or of other rows: about 1 or more."""
    rng, group, chance, label, mean = grouped(seed)
    other = rng.binomial(50, chance) / 50
    assert target_encoding.share_of_noise(mean[group], group, label) < 0.001
    assert target_encoding.share_of_noise(chance[group], group, label) > 0.4
    assert target_encoding.share_of_noise(other[group], group, label) > 0.4


def test_steps_tell_own_from_previous_label():
    """A growing mean with the own label steps with it, without it with the previous one."""
    _, group, _, label, _ = grouped(5)
    start = np.searchsorted(group, group)
    total = np.concatenate([[0.0], np.cumsum(label)])
    here = np.arange(len(label))
    past = (total[here] - total[start] + 1) / (here - start + 3)
    own = (total[here + 1] - total[start] + 1) / (here - start + 4)
    history = target_encoding.History(label, group)
    with_own, without = history.echo(own), history.echo(past)
    assert min(with_own.own, without.previous) > 0.95
    assert max(abs(with_own.previous), abs(without.own)) < 0.2
    assert history.echo(past).ahead < 0.1


def test_a_window_around_the_row_needs_later_labels():
    """A centred mean is explained by later labels, a trailing one is not."""
    rng = np.random.default_rng(6)
    label = (rng.random(4000) < 0.3).astype(float)
    total = np.concatenate([[0.0], np.cumsum(label)])
    here = np.arange(20, 3980)
    one = np.zeros(len(here), dtype=np.int64)
    history = target_encoding.History(label[here], one)
    assert history.echo((total[here + 11] - total[here - 10]) / 21).ahead > 0.8
    assert history.echo((total[here] - total[here - 20]) / 20).ahead < 0.1


def test_one_column_that_decides_is_no_sum():
    """What a limit on one column says needs no second one, however much a fit leans on it."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 4))
    yes = rng.random(300) < 0.4
    x[:, 2] = np.where(yes, rng.integers(1, 99, 300) * 100, 0)
    assert threshold_of(x, yes, most=4) == []


@given(st.integers(0, 2**31), st.floats(0.2, 2))
@settings(deadline=None, max_examples=25)
def test_what_goes_with_the_own_label_needs_no_later_one(seed, noise):
    """A feature of a number: nothing ahead; the mean of all other rows: exactly against the own label."""
    rng, group, chance, label, _ = grouped(seed)
    number = label + chance[group] + rng.normal(0, 0.3, len(label))
    n, total = np.bincount(group), np.bincount(group, number)
    history = target_encoding.History(number, group)
    feature = history.echo(number + noise * rng.normal(size=len(label)))
    others = history.echo((total[group] - number) / np.maximum(n[group] - 1, 1))
    assert feature.ahead < 0.1
    assert feature.against > 0
    assert others.against < -0.99
