"""Evidence on paired losses: right beside an independent computation, honest under peeking, nobody's alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats import paired_loss
from slipway.stats.paired_loss import paired_losses

EFFECTS, WEIGHTS = (0.02, 0.045, 0.09), (0.3, 0.4, 0.3)


def by_hand(rows, null, alternatives, weights):
    """The mixture, cluster by cluster, from the definition of the module's docstring."""
    control, candidate, user, day = rows

    def variance(names):
        total = 0.0
        for name in set(names):
            part = sum(
                (b - a) - null * a
                for a, b, n in zip(control, candidate, names, strict=True)
                if n == name
            )
            total += part * part
        return total

    v = max(variance(user), variance(day))
    w = sum((b - a) - null * a for a, b in zip(control, candidate, strict=True))
    c = sum(control)
    found = 0.0
    for alternative, weight in zip(alternatives, weights, strict=True):
        t = (alternative - null) * c / v
        found += weight * math.exp(t * w - t * t * v / 2)
    return math.log(found)


def mixed(effects, weights, more):
    """The looked-for effects, and ``more`` with their share of the weight."""
    share = {paired_loss.LARGE: 0.3, paired_loss.BETTER: 0.2}[more]
    rest = [(1 - share) * weight for weight in weights]
    return (*effects, *more), rest + [share / len(more)] * len(more)


def test_it_is_the_mixture_of_its_definition():
    """Summed by users and days in one pass, it is what the definition says, to rounding."""
    rng = np.random.default_rng(0)
    control, candidate = rng.gamma(2, 1, 60), rng.gamma(2, 1.1, 60)
    user, day = rng.integers(0, 20, 60), np.repeat(np.arange(5), 12)
    found = paired_losses(control, candidate, user, day)
    rows = control.tolist(), candidate.tolist(), user.tolist(), day.tolist()
    assert paired_loss.harm(found, effects=EFFECTS, weights=WEIGHTS) == pytest.approx(
        by_hand(rows, 0.0, *mixed(EFFECTS, WEIGHTS, paired_loss.LARGE)), rel=1e-9
    )
    assert paired_loss.non_inferiority(found, margin=0.05) == pytest.approx(
        by_hand(rows, 0.05, *mixed((0.0, -0.05), (0.75, 0.25), paired_loss.BETTER)), rel=1e-9
    )


LOSSES = st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1e3)), min_size=1, max_size=40)


@given(LOSSES, st.integers(0, 5))
def test_order_and_unit_change_nothing(pairs, seed):
    """Rows in another order, and losses in another unit, are the same evidence."""
    rng = np.random.default_rng(seed)
    control, candidate = (np.array(part) for part in zip(*pairs, strict=True))
    user, day = rng.integers(0, 9, len(pairs)), rng.integers(0, 3, len(pairs))
    order = rng.permutation(len(pairs))
    one = paired_losses(control, candidate, user, day)
    other = paired_losses(control[order] * 64, candidate[order] * 64, user[order], day[order])
    for null in (0.0, 0.1):
        a, b = (paired_loss._log_e(each, null, [0.2], [1.0]) for each in (one, other))
        assert a == pytest.approx(b, rel=1e-6, abs=1e-6)


@given(st.floats(1e-3, 1e6), st.floats(0.01, 0.5))
def test_no_single_user_decides(extreme, margin):
    """However large one user's losses are, they add at most half a unit of log-evidence."""
    rng = np.random.default_rng(1)
    control = rng.gamma(2, 1, 50)
    user = np.arange(50)
    candidate = control.copy()
    candidate[7] += extreme
    found = paired_losses(control, candidate, user, user)
    assert paired_loss.harm(found, effects=[margin], weights=[1.0]) <= 0.5 + 1e-9
    candidate, control[7] = control.copy(), control[7] + extreme
    found = paired_losses(control, candidate, user, user)
    assert paired_loss.harm(found, effects=[margin], weights=[1.0]) <= 0.5 + 1e-9


def looks(rng, draw, effect, days=28, users=40):
    """Log-evidence of harm and of no loss at the end of each of ``days`` days."""
    control, candidate, who, when, found = [], [], [], [], []
    for day in range(days):
        a, b = draw(rng, users, effect)
        control.append(a), candidate.append(b)
        who.append(rng.integers(0, 400, users)), when.append(np.full(users, day))
        if day < 6:
            continue
        sums = paired_losses(*(np.concatenate(part) for part in (control, candidate, who, when)))
        found.append(
            (
                paired_loss.harm(sums, effects=EFFECTS, weights=WEIGHTS),
                paired_loss.non_inferiority(sums, margin=0.05),
            )
        )
    return np.array(found).max(axis=0)


def squared(rng, n, effect):
    """Squared errors of two models that share the row's noise, and a day's shock on all rows."""
    noise, shock = rng.normal(0, 1, n), rng.normal(0, 0.4)
    mine, theirs = rng.normal(0, 0.3, n), rng.normal(0, 0.3, n)
    return (noise + theirs + shock) ** 2, (1 + effect) * (noise + mine + shock) ** 2


def heavy(rng, n, effect):
    """Absolute errors of amounts with a lognormal tail of sigma 2."""
    amount = rng.lognormal(0, 2, n)
    a, b = (np.abs(amount - np.exp(2) * rng.uniform(0.5, 1.5, n)) for _ in range(2))
    return a, (1 + effect) * b


@pytest.mark.parametrize("draw", [squared, heavy])
def test_false_alarms_and_false_passes_stay_below_what_is_promised(draw):
    """Looked at every day of a month: 5 % alarms without a loss, 1 % passes at the margin, at most."""
    rng = np.random.default_rng(5)
    runs = 300
    none = np.array([looks(rng, draw, 0.0) for _ in range(runs)])
    worse = np.array([looks(rng, draw, 0.05) for _ in range(runs)])
    assert (none[:, 0] >= math.log(1 / 0.05)).mean() <= 0.05
    assert (worse[:, 1] >= math.log(1 / 0.01)).mean() <= 0.01


def test_a_loss_is_found_and_equal_models_pass():
    """Where there is a difference it is seen: the promises above are not kept by silence."""
    rng = np.random.default_rng(6)
    worse = np.array([looks(rng, squared, 0.15) for _ in range(40)])
    equal = np.array([looks(rng, squared, 0.0, users=200) for _ in range(40)])
    assert (worse[:, 0] >= math.log(1 / 0.05)).mean() > 0.8
    assert (equal[:, 1] >= math.log(1 / 0.01)).mean() > 0.5


@pytest.mark.parametrize("effect", [0.5, 3.0, 9.0])
def test_a_larger_loss_is_never_harder_to_see(effect):
    """What a large difference adds to the variance does not hide it: it is proven in three weeks."""
    rng = np.random.default_rng(9)
    found = np.array([looks(rng, squared, effect, days=21) for _ in range(20)])
    assert (found[:, 0] >= math.log(1 / 0.05)).mean() >= 0.95


def test_a_much_better_candidate_passes():
    """A loss is excluded as well where the candidate errs far less."""
    rng = np.random.default_rng(10)
    found = np.array([looks(rng, squared, -0.6) for _ in range(20)])
    assert (found[:, 1] >= math.log(1 / 0.01)).mean() >= 0.9


def test_it_needs_far_fewer_rows_than_a_split():
    """With errors that are mostly the row's own, a split of 50:50 needs over twenty times the rows."""
    rng = np.random.default_rng(7)
    n = 4_000
    noise = rng.normal(0, 1, n)
    a, b = ((noise + rng.normal(0, 0.1, n)) ** 2 for _ in range(2))
    paired = paired_losses(a, b, np.arange(n), np.arange(n))
    half = n // 2
    gap = a[:half].var() / half + b[half:].var() / half
    assert gap / (paired.variance(0.0) / n**2) > 20


def test_nothing_seen_is_no_evidence_and_nonsense_is_refused():
    """No row gives E = 1; a negative or infinite loss is an error, not evidence."""
    nothing = paired_losses([], [], [], [])
    assert paired_loss.non_inferiority(nothing, margin=0.02) == 0.0
    with pytest.raises(ValueError, match="no loss"):
        _ = nothing.effect
    for bad in (-1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="finite and not negative"):
            paired_losses([1.0], [bad], [1], [1])
    with pytest.raises(ValueError, match="do not vary"):
        paired_loss.bounds(paired_losses([1.0], [1.0], [1], [1]), alpha=0.05, scale=0.02)


def test_bounds_hold_the_truth_at_all_looks():
    """The truth stays inside the bounds of every look of a release in at least 95 % of releases."""
    rng = np.random.default_rng(8)
    missed = 0
    for _ in range(200):
        control, candidate = squared(rng, 2_000, 0.03)
        user = rng.integers(0, 500, 2_000)
        day = np.repeat(np.arange(20), 100)
        for end in range(600, 2_001, 200):
            sums = paired_losses(control[:end], candidate[:end], user[:end], day[:end])
            _, lower, upper = paired_loss.bounds(sums, alpha=0.05, scale=0.02)
            if not lower <= 0.03 <= upper:
                missed += 1
                break
    assert missed <= 10
